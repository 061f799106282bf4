import { encryptTransport } from '../../net/mse/encryption.ts'
import { PeerConnection } from '../../net/connection/peer-connection.ts'
import type { Endpoint, Transport } from '../../net/transport.ts'
import { ourHandshake, type SessionTorrent } from '../../session/peer/session.ts'
import { encodeHandshake } from '../../wire/handshake/handshake.ts'
import type { SessionOptions } from '../options.ts'
import type { NamedFeature } from '../../wire/handshake/reserved-bits.ts'
import { ourFeatures, ourPeerId, ourTorrent } from './local-peer.ts'
import type { Ports } from '../ports.ts'
import type { Attempt, SessionLog } from './log.ts'

/**
 * One connection, from nothing to both handshakes, all its state and its peer id new; what happens is written into
 * the attempt. On failure the connection is closed.
 *
 * @param to where to; a name when a proxy resolves it
 * @throws PeerError with the phase in which it ended
 */
export async function tryConnection(
  attempt: Attempt,
  to: Endpoint,
  options: SessionOptions,
  ports: Ports,
  log: SessionLog,
): Promise<PeerConnection> {
  const { clock, signal } = ports
  const { source, connectTimeoutMs, transport, proxy } = options
  let connectedAt: number | undefined
  const onConnected = () => {
    connectedAt = clock.now()
  }
  const timeoutMs = connectTimeoutMs
  const dialled = await ports.dial(to, { timeoutMs, source, signal, transport, proxy, onConnected })
  log.connected(attempt, dialled, connectedAt ?? clock.now())
  const localPeer: LocalPeer = {
    torrent: ourTorrent(options.torrent),
    peerId: ourPeerId(options.peerId, ports.random),
    features: ourFeatures(options),
  }
  if (attempt.variant !== 'plaintext')
    attempt.transport = await encrypt(dialled, attempt, localPeer, options, ports, log)
  return await handshake(attempt.transport ?? dialled, attempt, localPeer, options, ports, log)
}

/** Who we are on this connection. */
interface LocalPeer {
  readonly torrent: SessionTorrent
  readonly peerId: Uint8Array
  readonly features: readonly NamedFeature[]
}

function encrypt(
  transport: Transport,
  attempt: Attempt,
  { torrent, peerId, features }: LocalPeer,
  { handshakeTimeoutMs }: SessionOptions,
  { clock, random, signal }: Ports,
  log: SessionLog,
): Promise<Transport> {
  const inside = attempt.variant === 'mse-with-handshake'
  return encryptTransport(transport, {
    infoHash: torrent.infoHash,
    ...(inside
      ? { provide: ['rc4'], initialPayload: encodeHandshake(ourHandshake(torrent, peerId, features)) }
      : {}),
    stepTimeoutMs: handshakeTimeoutMs,
    clock,
    random,
    signal,
    onEvent: (event) => log.encryptionEvent(attempt, event),
    onEnd: (end) => {
      const { bytesSent, bytesReceived } = transport
      log.closed(attempt, { ...end, phase: 'encryption', bytesSent, bytesReceived }, 0, clock.now())
    },
  })
}

function handshake(
  transport: Transport,
  attempt: Attempt,
  localPeer: LocalPeer,
  { handshakeTimeoutMs }: SessionOptions,
  { clock, signal }: Ports,
  log: SessionLog,
): Promise<PeerConnection> {
  return PeerConnection.connect(transport, {
    ...localPeer,
    handshakeIsSent: attempt.variant === 'mse-with-handshake',
    handshakeTimeoutMs,
    clock,
    signal,
    onEvent: (event, state) => {
      log.sessionEvent(event, state)
      attempt.state = state
    },
    onEnd: (end, pending) => log.closed(attempt, end, pending, clock.now()),
  })
}
