import { extended } from '../../base/extended.ts'
import { PeerError } from '../../base/errors.ts'
import { PeerConnection } from '../../net/connection/peer-connection.ts'
import { dialObserved, type ObservedDial } from '../../net/capture/observed-dial.ts'
import { type CapturePort, type ConnectionTap, tapped } from '../../net/capture/tap.ts'
import type { DialOptions, Endpoint, Transport } from '../../net/transport.ts'
import { localHandshake, type SessionTorrent } from '../../session/peer/session.ts'
import { encodeHandshake } from '../../wire/handshake/handshake.ts'
import type { NamedFeature } from '../../wire/handshake/reserved-bits.ts'
import type { Ports } from '../ports.ts'
import type { EncryptionVariant } from './encryption-plan.ts'
import type { Attempt, SessionLog } from './log.ts'

/** Our identity on one connection. */
export interface LocalPeer {
  readonly torrent: SessionTorrent
  readonly peerId: Uint8Array
  readonly features: readonly NamedFeature[]
}

/** Who we are on one connection, and the ports and the log that it uses. */
export interface ConnectOnce {
  readonly localPeer: LocalPeer
  readonly handshakeTimeoutMs: number
  readonly ports: Pick<Ports, 'dial' | 'clock' | 'random' | 'signal'>
  readonly log: SessionLog
}

/** What `dialOnce` needs of this machine. */
export interface DialOnce extends Pick<ConnectOnce, 'ports' | 'log'> {
  /** Observes the connection. */
  readonly capture: CapturePort | undefined
}

/**
 * Dials an address and logs the established connection.
 * @param to the endpoint; its address is a name if a proxy resolves it
 * @throws as `Dial`
 */
export async function dialOnce(
  attempt: Attempt,
  to: Endpoint,
  options: Omit<DialOptions, 'signal' | 'onConnected' | 'onDialling'>,
  { ports: { clock, dial, signal }, log, capture }: DialOnce,
): Promise<ObservedDial> {
  let connectedAt: number | undefined
  const onConnected = () => {
    connectedAt = clock.now()
  }
  const how = extended(options, { signal, onConnected })
  const observed = await dialObserved(dial, to, how, { capture, clock }).catch((error: unknown) => {
    // the connection was established, and reset before we could use it
    if (error instanceof PeerError && error.code === 'E_HANDSHAKE_RESET') {
      const end = { by: 'peer', kind: 'rst', phase: 'handshake', bytesSent: 0, bytesReceived: 0 } as const
      log.closed(attempt, end, 0, clock.now())
    }
    throw error
  })
  log.connected(attempt, observed.dialled, connectedAt ?? clock.now())
  return observed
}

/**
 * Opens a session over a transport, as the variant of the attempt says: encryption if any, then both handshakes. Closes
 * the transport on failure.
 * @param observed must not be started; its observer has seen nothing of it yet
 * @throws as `encryptTransport` and `PeerConnection.connect`
 */
export async function openOnce(
  attempt: Attempt,
  { dialled, tap }: ObservedDial,
  how: ConnectOnce,
): Promise<PeerConnection> {
  if (attempt.variant === 'plaintext') return shakeHands(attempt, tapped(dialled, tap), how)
  attempt.transport = await encrypt(attempt, dialled, tap, how)
  return shakeHands(attempt, attempt.transport, how)
}

/** Loads what a variant needs, so that loading does not count toward the time of an attempt. */
export async function prepareVariant(variant: EncryptionVariant): Promise<void> {
  if (variant !== 'plaintext') await import('../../net/mse/encryption.ts')
}

async function encrypt(
  attempt: Attempt,
  transport: Transport,
  tap: ConnectionTap | undefined,
  { localPeer, handshakeTimeoutMs, ports, log }: ConnectOnce,
): Promise<Transport> {
  const { torrent, peerId, features } = localPeer
  const { clock, random, signal } = ports
  const inside =
    attempt.variant === 'mse-with-handshake'
      ? encodeHandshake(localHandshake(torrent, peerId, features))
      : undefined
  const { encryptTransport } = await import('../../net/mse/encryption.ts')
  const encrypted = await encryptTransport(transport, {
    infoHash: torrent.infoHash,
    ...(inside === undefined ? {} : { provide: ['rc4'], initialPayload: inside }),
    stepTimeoutMs: handshakeTimeoutMs,
    clock,
    random,
    signal,
    onEvent: (event) => log.encryptionEvent(attempt, event),
    onEnd: (end) => {
      const { bytesSent, bytesReceived } = transport
      tap?.notEncrypted(end)
      log.closed(attempt, { phase: 'encryption', bytesSent, bytesReceived, ...end }, 0, clock.now())
    },
  })
  const observed = tapped(encrypted, tap)
  if (inside !== undefined) tap?.sent(inside)
  return observed
}

function shakeHands(
  attempt: Attempt,
  transport: Transport,
  { localPeer, handshakeTimeoutMs, ports: { clock, signal }, log }: ConnectOnce,
): Promise<PeerConnection> {
  return PeerConnection.connect(transport, {
    torrent: localPeer.torrent,
    peerId: localPeer.peerId,
    features: localPeer.features,
    handshakeIsSent: attempt.variant === 'mse-with-handshake',
    handshakeTimeoutMs,
    clock,
    signal,
    onEvent: (event, state) => {
      log.sessionEvent(event, state)
      attempt.state = state
    },
    onEnd: (end, pending, at) => log.closed(attempt, end, pending, at),
  })
}
