import { isIP } from 'node:net'
import { PeerError } from '../../base/errors.ts'
import { familyOf } from '../../net/address-family.ts'
import type { Endpoint } from '../../net/transport.ts'
import type { Ports } from '../ports.ts'
import { untilAborted } from '../until-aborted.ts'
import type { ReachOptions } from './options.ts'

/** An address over a transport; without one, the name has no address of that family. */
export interface Place {
  readonly transport: 'tcp' | 'utp'
  readonly family: 4 | 6
  readonly to: Endpoint | undefined
}

/** Most addresses of a name that are tried. */
const MAX_ADDRESSES = 4

/**
 * The ways to a peer: each address of its name over TCP, then over uTP.
 * @throws PeerError E_NAME_NOT_FOUND
 */
export async function findPlaces(
  { peer: { host, port }, family, source }: ReachOptions,
  { resolve, signal }: Pick<Ports, 'resolve' | 'signal'>,
): Promise<readonly Place[]> {
  // from an address of one family only that family of a name can be reached
  const wanted = family ?? (source === undefined || isIP(host) !== 0 ? undefined : familyOf(source))
  const found = await untilAborted(() => resolve(host, wanted), signal)
  if (found.length === 0)
    throw new PeerError('E_NAME_NOT_FOUND', `${host} has no address`, { phase: 'resolve' })
  const isLiteral = found.length === 1 && found[0]?.address === host
  return ([4, 6] as const).flatMap((one) => {
    const addresses = found.filter((resolved) => resolved.family === one).slice(0, MAX_ADDRESSES)
    const endpoints = addresses.map(({ address }) => ({ address, port, family: one }))
    if (endpoints.length > 0) return endpoints.flatMap((to) => placesAt(one, to))
    return isLiteral || (wanted !== undefined && wanted !== one) ? [] : placesAt(one, undefined)
  })
}

function placesAt(family: 4 | 6, to: Endpoint | undefined): readonly Place[] {
  return [
    { transport: 'tcp', family, to },
    { transport: 'utp', family, to },
  ]
}
