import { PeerError } from '../base/errors.ts'
import type { DialOptions, TransportEnd } from './transport.ts'

/** What the system reported, such as ECONNREFUSED or ENOTFOUND; undefined for Node's own `ERR_...` and for bugs, which report nothing. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^E(?!RR_)[A-Z0-9_]+$/.test(code) ? code : undefined
}

const UNREACHABLE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EHOSTDOWN'])

/** The system refuses to send: a packet filter or a sandbox of this machine. */
const BLOCKED = new Set(['EACCES', 'EPERM'])

/** Each with what to do about it. */
const LOCAL_LIMITS: { readonly [code: string]: string } = {
  EMFILE: 'this process has too many files open: raise its limit (ulimit -n)',
  ENFILE: 'this machine has too many files open',
  ENOBUFS: 'this machine has no memory left for sockets',
  ENOMEM: 'this machine has no memory left for sockets',
}

/** What to do about a limit of this machine or process; undefined for any other error. */
export function localLimit(cause: unknown): string | undefined {
  const code = systemCode(cause)
  return code === undefined ? undefined : LOCAL_LIMITS[code]
}

export const BUG_HINT = 'this is a bug in peerwire: run again with -v and report it'

const LOCAL_ADDRESS = new Set(['EADDRNOTAVAIL', 'EADDRINUSE', 'EINVAL'])

/** The other side resets: on EPIPE we wrote after it had. */
const RESET = new Set(['ECONNRESET', 'EPIPE'])

export const FIREWALL_HINT =
  'check the firewall, sandbox and routes of this machine: it refuses to send to that address'

/** What an ICMP error within this time means: nobody has waited for a machine to answer, in milliseconds. */
const AT_ONCE_MS = 1000

/** How the failed attempt was made. */
export interface FailedDial extends Pick<DialOptions, 'source'> {
  /** With the port. */
  readonly address: string
  readonly elapsedMs: number
}

/** What a failed connection attempt means. */
export function dialError(cause: unknown, dial: FailedDial): PeerError {
  const { address } = dial
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
  // what the system did not report is a bug, for which the network is not to blame
  if (code === undefined)
    return new PeerError('E_INTERNAL', `the connection to ${address} was not tried: ${String(cause)}`, {
      ...details,
      hint: BUG_HINT,
    })
  if (BLOCKED.has(code)) {
    const message = `this machine does not let the connection to ${address} out (${code})`
    return new PeerError('E_LOCAL_FIREWALL', message, { ...details, hint: FIREWALL_HINT })
  }
  const limit = localLimit(cause)
  if (limit !== undefined)
    return new PeerError('E_BIND', `no socket can be opened (${code})`, { ...details, hint: limit })
  if (LOCAL_ADDRESS.has(code)) return localAddressError(code, dial, cause)
  const { what, hint } = UNREACHABLE.has(code)
    ? unreachable(code, dial)
    : { what: `the connection to ${address} failed`, hint: undefined }
  return new PeerError('E_CONNECT_UNREACHABLE', `${what} (${code})`, {
    ...details,
    hint,
  })
}

function localAddressError(code: string, { address, source }: FailedDial, cause: unknown): PeerError {
  const what =
    source === undefined
      ? `this machine cannot make a connection to ${address}`
      : `the connection to ${address} cannot be made from ${source}`
  return new PeerError('E_BIND', `${what} (${code})`, {
    phase: 'connect',
    cause,
    hint:
      source === undefined
        ? 'it may have no address of that family, no free port, or a route that drops everything'
        : 'check --source: it must be an address of this machine, of the family of the peer',
  })
}

/** Who says so shows in how long it took: a machine that does not answer on the link is waited for, some three seconds. */
function unreachable(
  code: string,
  { address, elapsedMs }: FailedDial,
): { readonly what: string; readonly hint: string } {
  const isAtOnce = elapsedMs < AT_ONCE_MS
  if (code === 'ENETDOWN')
    return {
      what: `the network interface towards ${address} is down`,
      hint: 'check the network of this machine',
    }
  if (code === 'ENETUNREACH' && isAtOnce)
    return {
      what: `there is no route to ${address}`,
      hint: 'check that this machine has an address of that family and a route',
    }
  if (isAtOnce)
    return {
      what: `a firewall or a router rejects connections to ${address}`,
      hint: 'the rejection came at once, so no machine was waited for: a firewall is likely',
    }
  return {
    what: `no machine answers at ${address}: the last router, or this machine itself, does not find it on the link`,
    hint: 'check the address, and that the machine is on',
  }
}

export function connectTimeout(address: string, timeoutMs: number | undefined): PeerError {
  const time = timeoutMs === undefined ? 'the time of the system' : `${timeoutMs} ms`
  return new PeerError('E_CONNECT_TIMEOUT', `${address} did not answer in ${time}`, {
    phase: 'connect',
    hint: 'a firewall, a router without a port forward, a machine that is down and a client that hangs look alike',
  })
}

const LOST: { readonly [code: string]: string } = {
  ETIMEDOUT: 'what was sent was not acknowledged for so long that the system gave up',
  EHOSTUNREACH: 'the network says that the machine of the peer cannot be reached',
  EHOSTDOWN: 'the network says that the machine of the peer is down',
  ENETUNREACH: 'there is no route to the peer any more',
  ENETDOWN: 'the network interface of this machine went down',
  ENETRESET: 'the network dropped the connection',
  ECONNABORTED: 'the system gave the connection up',
  ECONNREFUSED: 'the network says that nobody has the port of the peer any more',
}

/** What an error on an open connection says about who ended it: only a reset is the peer's. */
export function connectionFailure(error: Error): TransportEnd {
  const code = systemCode(error)
  if (code !== undefined && RESET.has(code)) return { by: 'peer', kind: 'rst' }
  if (code !== undefined && BLOCKED.has(code)) {
    const detail = `the system refuses to send to the peer (${code})`
    return { by: 'us', kind: null, failure: { type: 'blocked', detail } }
  }
  if (code === undefined) return { by: 'us', kind: null, failure: { type: 'bug', detail: error.message } }
  const text = LOST[code]
  const detail = text === undefined ? code : `${text} (${code})`
  return { by: 'network', kind: null, failure: { type: 'lost', detail } }
}
