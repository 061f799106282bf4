import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { PeerError } from '../base/errors.ts'
import { localLimit, systemCode } from './socket-errors.ts'

/** A literal address, IPv6 without brackets. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: 4 | 6
}

/**
 * Addresses of a host in the order in which they are to be tried; a literal is its own answer.
 * @throws PeerError E_NAME_NOT_FOUND
 */
export type Resolve = (host: string, family: 4 | 6 | undefined) => Promise<readonly ResolvedAddress[]>

/** Asks the system, as every other program on it does. */
export const systemResolve: Resolve = async (host, family) => {
  const literal = isIP(host)
  if (literal === 4 || literal === 6) {
    if (family === undefined || family === literal) return [{ address: host, family: literal }]
    throw notFound(`${host} is no IPv${family} address`)
  }
  try {
    const found = await lookup(host, { all: true, family: family ?? 0 })
    return found.map(({ address, family: version }) => ({ address, family: version === 6 ? 6 : 4 }))
  } catch (cause) {
    const limit = localLimit(cause)
    if (limit !== undefined) {
      throw new PeerError('E_BIND', `${host} cannot be looked up: no socket can be opened`, {
        phase: 'resolve',
        hint: limit,
        cause,
      })
    }
    // what the system did not report is a bug, for which the name is not to blame
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
