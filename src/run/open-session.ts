import { PeerError } from '../base/errors.ts'
import { PeerConnection } from '../net/peer-connection.ts'
import type { ResolvedAddress } from '../net/resolve.ts'
import type { Endpoint, Transport } from '../net/transport.ts'
import type { SessionOptions } from './options.ts'
import { ourFeatures, ourPeerId, ourTorrent } from './our-side.ts'
import type { Ports } from './ports.ts'
import type { Attempt, SessionLog } from './session-log.ts'

/** A session past both handshakes. */
export interface OpenSession {
  readonly connection: PeerConnection
  readonly attempt: Attempt
}

/**
 * Resolves the peer, connects to its addresses in turn until one accepts, and does the handshakes there. Every
 * attempt stands in the log, the failed one with its error.
 *
 * @throws PeerError with the phase in which it ended
 */
export async function openSession(
  options: SessionOptions,
  ports: Ports,
  log: SessionLog,
): Promise<OpenSession> {
  const addresses = await resolvePeer(options, ports, log)
  let failure: unknown
  for (const { address, family } of addresses) {
    const attempt = log.beginAttempt({ address, family, port: options.peer.port }, ports.clock.now())
    try {
      return await openAttempt(attempt, options, ports, log)
    } catch (error) {
      endAttempt(attempt, error, ports)
      // another address may still accept; whoever accepted and then failed is the peer that was meant
      if (attempt.transport !== undefined || ports.signal?.aborted === true) throw error
      failure ??= error
    }
  }
  throw failure
}

/** Writes the end of an attempt into it. */
export function endAttempt(attempt: Attempt, error: unknown, ports: Ports): void {
  attempt.endedAt = ports.clock.now()
  if (attempt.state !== undefined) attempt.phase = attempt.state.phase
  if (error instanceof PeerError) {
    attempt.error = error
    attempt.phase = error.phase ?? attempt.phase
  }
}

async function resolvePeer(
  { peer, family }: SessionOptions,
  ports: Ports,
  log: SessionLog,
): Promise<readonly ResolvedAddress[]> {
  try {
    const addresses = await untilAborted(() => ports.resolve(peer.host, family), ports.signal)
    const literal = addresses.length === 1 && addresses[0]?.address === peer.host
    if (!literal) log.mark('dns', ports.clock.now())
    if (addresses.length > 0) return addresses
    throw new PeerError('E_NAME_NOT_FOUND', `${peer.host} has no address`, { phase: 'resolve' })
  } catch (error) {
    endAttempt(log.beginAttempt(undefined, log.startedAt), error, ports)
    throw error
  }
}

async function openAttempt(
  attempt: Attempt,
  options: SessionOptions,
  ports: Ports,
  log: SessionLog,
): Promise<OpenSession> {
  const { signal, clock } = ports
  const { source, connectTimeoutMs } = options
  const transport = await ports.dial(attempt.to as Endpoint, { timeoutMs: connectTimeoutMs, source, signal })
  log.connected(attempt, transport, clock.now())
  const connection = await handshake(transport, attempt, options, ports, log)
  return { connection, attempt }
}

async function handshake(
  transport: Transport,
  attempt: Attempt,
  options: SessionOptions,
  { clock, random, signal }: Ports,
  log: SessionLog,
): Promise<PeerConnection> {
  return PeerConnection.connect(transport, {
    torrent: ourTorrent(options.torrent),
    peerId: ourPeerId(options.peerId, random),
    features: ourFeatures(options),
    handshakeTimeoutMs: options.handshakeTimeoutMs,
    clock,
    signal,
    onEvent: (event, state) => {
      log.sessionEvent(event, state)
      attempt.state = state
    },
    onEnd: (end, pending) => log.closed(attempt, end, pending, clock.now()),
  })
}

/** Waits for what it begins, but gives way to an abort; what was begun goes on and is forgotten. */
async function untilAborted<T>(begin: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return begin()
  signal.throwIfAborted()
  let abort: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([begin(), aborted])
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort)
  }
}
