import { isIP } from 'node:net'
import { PeerError } from '../base/errors.ts'
import { localLimit, systemCode } from './socket-errors.ts'

/** A literal address, IPv6 without brackets. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

/**
 * Resolves a host to addresses, in the order in which to try them. A literal address is returned unchanged.
 * @throws PeerError E_NAME_NOT_FOUND
 */
export type Resolve = (host: string, family: 4 | 6 | undefined) => Promise<readonly ResolvedAddress[]>

/** Loads what looks up names. An address needs none of it. */
export function loadLookup() {
  return import('node:dns/promises')
}

/** Uses the resolver of the system, like other programs. */
export const systemResolve: Resolve = async (host, family) => {
  const literal = isIP(host)
  if (literal === 4 || literal === 6) {
    if (family === undefined || family === literal) return [{ address: host, family: literal }]
    throw notFound(`${host} is not an IPv${family} address`)
  }
  try {
    const { lookup } = await loadLookup()
    const found = await lookup(host, { all: true, family: family ?? 0 })
    return found.map(({ address, family: version }) => ({ address, family: version === 6 ? 6 : 4 }))
  } catch (cause) {
    const limit = localLimit(cause)
    if (limit !== undefined) {
      throw new PeerError('E_BIND', `cannot look up ${host}: no socket can be opened`, {
        phase: 'resolve',
        hint: limit,
        cause,
      })
    }
    // an error that the system did not report is a bug, not a problem of the name
    if (systemCode(cause) === undefined) throw cause
    throw notFound(
      `${host} does not resolve to ${family === undefined ? 'an' : `an IPv${family}`} address`,
      cause,
    )
  }
}

function notFound(message: string, cause?: unknown): PeerError {
  return new PeerError('E_NAME_NOT_FOUND', message, {
    phase: 'resolve',
    hint: 'check the spelling of the host name',
    cause,
  })
}
