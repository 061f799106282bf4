import { PeerError } from '../base/errors.ts'
import { isLoopback } from '../wire/address.ts'
import type { DialOptions, TransportEnd } from './transport.ts'

/** The error code of the system, such as ECONNREFUSED or ENOTFOUND; undefined for Node's own `ERR_...` and for bugs. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^E(?!RR_)[A-Z0-9_]+$/.test(code) ? code : undefined
}

const UNREACHABLE = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EHOSTDOWN'])

/** The system refuses to send, because of a packet filter or a sandbox on this machine. */
const BLOCKED = new Set(['EACCES', 'EPERM'])

/** Local limits, with what to do about each. */
const LOCAL_LIMITS: { readonly [code: string]: string } = {
  EMFILE: 'this process has too many open files: raise its limit (ulimit -n)',
  ENFILE: 'this machine has too many open files',
  ENOBUFS: 'this machine has run out of memory for sockets',
  ENOMEM: 'this machine has run out of memory for sockets',
}

/** What to do about a limit of this machine or process; undefined for any other error. */
export function localLimit(cause: unknown): string | undefined {
  const code = systemCode(cause)
  return code === undefined ? undefined : LOCAL_LIMITS[code]
}

/** Reasons why an address cannot be bound, with what to do about each. */
const BIND_HINTS: { readonly [code: string]: string } = {
  EADDRINUSE: 'another program uses this port: use another, or 0 for a free one',
  EADDRNOTAVAIL: 'use an address of this machine, or 0.0.0.0 for all of them',
  EACCES: 'ports below 1024 are for privileged users: use a higher one',
}

/** What to do about an address that cannot be bound. */
export function bindHint(cause: unknown): string {
  return localLimit(cause) ?? BIND_HINTS[systemCode(cause) ?? ''] ?? 'use another port or address'
}

export const BUG_HINT = 'this is a bug in peerwire: run again with -v and report it'

const LOCAL_ADDRESS = new Set(['EADDRNOTAVAIL', 'EADDRINUSE', 'EINVAL'])

/** The other side sent a reset; EPIPE means that we wrote after it. */
const RESET = new Set(['ECONNRESET', 'EPIPE'])

export const FIREWALL_HINT =
  'check the firewall, sandbox and routes of this machine, which refuses to send to that address'

/** An ICMP error within this time was sent without waiting for a machine to answer, in milliseconds. */
const AT_ONCE_MS = 1000

/** How the failed attempt was made. */
export interface FailedDial extends Pick<DialOptions, 'source'> {
  /** Including the port. */
  readonly address: string
  readonly elapsedMs: number
}

/** What a failed connection attempt means. */
export function dialError(cause: unknown, dial: FailedDial): PeerError {
  const { address } = dial
  const code = systemCode(cause)
  const details = { phase: 'connect', cause } as const
  if (code === 'ECONNREFUSED') return connectRefused(address, cause)
  // this is not a refusal: the connection was established, and was reset immediately
  if (code === 'ECONNRESET')
    return new PeerError(
      'E_HANDSHAKE_RESET',
      `the connection to ${address} was reset as soon as it was established`,
      {
        ...details,
        phase: 'handshake',
      },
    )
  if (code === 'ETIMEDOUT') return connectTimeout(address, undefined)
  // an error that the system did not report is a bug, not the fault of the network
  if (code === undefined)
    return new PeerError('E_INTERNAL', `the connection to ${address} was not attempted: ${String(cause)}`, {
      ...details,
      hint: BUG_HINT,
    })
  if (BLOCKED.has(code)) {
    const message = `this machine blocks the outgoing connection to ${address} (${code})`
    return new PeerError('E_LOCAL_FIREWALL', message, { ...details, hint: FIREWALL_HINT })
  }
  const limit = localLimit(cause)
  if (limit !== undefined)
    return new PeerError('E_BIND', `cannot open a socket (${code})`, { ...details, hint: limit })
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
      ? `this machine cannot connect to ${address}`
      : `cannot connect to ${address} from ${source}`
  const isScoped = source === undefined && address.includes('%')
  return new PeerError('E_BIND', `${what} (${code})`, {
    phase: 'connect',
    cause,
    hint: isScoped
      ? 'check that this machine has the network interface that the address names after its %'
      : source === undefined
        ? 'it may lack an address of that family or a free port, or a route may drop everything'
        : 'check --source: it must be an address of this machine, of the same family as the peer',
  })
}

/** The time shows who reported it: for a machine that does not answer on the link, the system waits about three seconds. */
function unreachable(
  code: string,
  { address, elapsedMs }: FailedDial,
): { readonly what: string; readonly hint: string } {
  const isAtOnce = elapsedMs < AT_ONCE_MS
  if (code === 'ENETDOWN')
    return {
      what: `the network interface for ${address} is down`,
      hint: 'check the network of this machine',
    }
  if (code === 'ENETUNREACH' && isAtOnce)
    return {
      what: `the system reports that there is no route to ${address}`,
      hint: 'check that this machine has an address of that family and a route',
    }
  if (isAtOnce)
    return {
      what: `the connection to ${address} was rejected at once`,
      hint: 'a firewall that rejects is likely; a router that knows no way to that machine and a block on this machine look the same',
    }
  return {
    what: `no machine was found at ${address}`,
    hint: 'the report came late, as after a search on the link: check the address, and that the machine is running',
  }
}

/** @param address including the port */
function isOnLoopback(address: string): boolean {
  return isLoopback(address.replace(/^\[?(.*?)\]?:\d+$/, '$1'))
}

/** The port is closed, or a firewall says so. */
export function connectRefused(address: string, cause?: unknown): PeerError {
  return new PeerError('E_CONNECT_REFUSED', `${address} refused the connection`, {
    phase: 'connect',
    cause,
    hint: isOnLoopback(address)
      ? 'is the client running, on this port and over this transport? one that listens on another address of this machine looks the same'
      : 'is the client running, on this port, for this address family and this transport? a firewall that rejects looks the same',
  })
}

export function connectTimeout(address: string, timeoutMs: number | undefined): PeerError {
  const time = timeoutMs === undefined ? 'the time limit of the system' : `${timeoutMs} ms`
  return new PeerError('E_CONNECT_TIMEOUT', `${address} did not answer within ${time}`, {
    phase: 'connect',
    hint: isOnLoopback(address)
      ? 'a client that hangs and a firewall on this machine look the same'
      : 'a firewall, a router without a port forward, a machine that is down and a client that hangs look the same',
  })
}

const LOST: { readonly [code: string]: string } = {
  ETIMEDOUT: 'the system timed out, because our data was not acknowledged',
  EHOSTUNREACH: 'the network reports that the machine of the peer is unreachable',
  EHOSTDOWN: 'the network reports that the machine of the peer is down',
  ENETUNREACH: 'the route to the peer is gone',
  ENETDOWN: 'the network interface of this machine went down',
  ENETRESET: 'the network dropped the connection',
  ECONNABORTED: 'the system aborted the connection',
  ECONNREFUSED: 'the network reports that the port of the peer is no longer in use',
}

/** Which side ended an open connection, by the error: only a reset is from the peer. */
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
