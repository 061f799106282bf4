import { PeerError } from '../base/errors.ts'

/** The `code` of an error of Node's, such as ECONNREFUSED. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

const UNREACHABLE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EPERM', 'ENETDOWN', 'EHOSTDOWN'])
const LOCAL_ADDRESS = new Set(['EADDRNOTAVAIL', 'EADDRINUSE', 'EINVAL', 'EMFILE', 'ENFILE', 'ENOBUFS'])

/** What a failed connection attempt means. */
export function dialError(cause: unknown, address: string): PeerError {
  const code = systemCode(cause)
  const details = { phase: 'connect', cause } as const
  if (code === 'ECONNREFUSED') {
    return new PeerError('E_CONNECT_REFUSED', `${address} refused the connection: nothing listens there`, {
      ...details,
      hint: 'is the client running, and on this port? it may listen on uTP or another address family only',
    })
  }
  // a connection that is refused never stood; this one did, and was reset before anybody looked
  if (code === 'ECONNRESET')
    return new PeerError('E_HANDSHAKE_RESET', `${address} reset the connection as soon as it stood`, {
      ...details,
      phase: 'handshake',
    })
  if (code === 'ETIMEDOUT') return connectTimeout(address, undefined)
  if (code !== undefined && UNREACHABLE.has(code)) {
    return new PeerError('E_CONNECT_UNREACHABLE', `no route to ${address} (${code})`, {
      ...details,
      hint: 'check that this machine has an address of that family and a route',
    })
  }
  if (code !== undefined && LOCAL_ADDRESS.has(code)) {
    return new PeerError('E_BIND', `the local side of the connection cannot be set up (${code})`, {
      ...details,
      hint: 'check --source: it must be an address of this machine, of the family of the peer',
    })
  }
  return new PeerError(
    'E_CONNECT_UNREACHABLE',
    `the connection to ${address} failed (${code ?? String(cause)})`,
    details,
  )
}

export function connectTimeout(address: string, timeoutMs: number | undefined): PeerError {
  const time = timeoutMs === undefined ? 'the time of the system' : `${timeoutMs} ms`
  return new PeerError('E_CONNECT_TIMEOUT', `${address} did not answer in ${time}: filtered, or down`, {
    phase: 'connect',
    hint: 'a firewall or a router without a port forward looks like this',
  })
}
