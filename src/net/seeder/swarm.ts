import { NODE_HASHES } from '../node-hashes.ts'
import { localHandshake, PeerSession, type SessionRole } from '../../session/peer/session.ts'
import { PieceHashServer } from '../../session/upload/piece-hash-server.ts'
import { FrameMemory, servedFrameLimit } from '../../session/upload/served-frames.ts'
import type { FrameLimit } from '../../wire/message/length-prefix.ts'
import { TorrentOffer } from '../../session/upload/torrent-offer.ts'
import { systemClock, type Clock } from '../clock.ts'
import { ConnectionManager } from './connection-manager.ts'
import { SEEDER_LIMITS, type SeederEvent, type SeederLimits, type SeederOptions } from './options.ts'
import { ServedPeer } from './served-peer.ts'
import { timerWheel } from './timer-wheel.ts'
import { encodeHandshake } from '../../wire/handshake/handshake.ts'
import type { Endpoint, Transport, TransportEnd } from '../transport.ts'
import { UploadSlots } from './upload-slots.ts'

/** How a peer connected, and who is notified when it disconnects. */
interface Arrival {
  readonly role: SessionRole['type']
  readonly handshakeIsSent?: boolean
  readonly onClosed?: (end: TransportEnd) => void
}

/** All peers of one torrent. */
export class Swarm {
  readonly #options: SeederOptions
  readonly #limits: SeederLimits
  readonly #clock: Clock
  readonly #manager: ConnectionManager<ServedPeer>
  readonly #hashes: PieceHashServer
  readonly #offer: TorrentOffer
  readonly #slots: UploadSlots
  readonly #frameLimit: FrameLimit
  readonly #frames = new FrameMemory<ServedPeer>()
  #peers = 0

  constructor(options: SeederOptions) {
    const { torrent, client, random } = options
    this.#options = options
    this.#limits = { ...SEEDER_LIMITS, ...options.limits }
    this.#clock = timerWheel(options.clock ?? systemClock)
    this.#manager = new ConnectionManager(this.#limits)
    this.#hashes = new PieceHashServer(torrent.metainfo, NODE_HASHES.sha256)
    this.#offer = new TorrentOffer(torrent, { client, queueLength: this.#limits.queueLength })
    this.#frameLimit = servedFrameLimit(torrent.metainfo.pieceCount)
    this.#slots = new UploadSlots({
      slots: this.#limits.uploadSlots,
      peers: this.#manager,
      clock: this.#clock,
      random,
    })
  }

  take(transport: Transport, arrival: Arrival): void {
    const { role, onClosed } = arrival
    const peer = ++this.#peers
    const at = this.#clock.now()
    const { remote } = transport
    let reason = this.#manager.refusal(transport)
    if (reason === 'too-many-connections' && this.#makeRoom()) reason = this.#manager.refusal(transport)
    if (reason !== undefined) {
      this.#emit({ at, peer, type: 'refused', remote, reason })
      transport.abort()
      onClosed?.({ by: 'us', kind: null })
      return
    }
    this.#emit({ at, peer, type: 'connected', dialled: role === 'initiator', transport })
    const served = this.#serve(transport, peer, arrival)
    if (served.closed) return
    this.#manager.add(served, transport)
    this.#slots.peerCame()
  }

  /** The first bytes that a dialled peer gets. */
  handshakeFor({ address }: Endpoint): Uint8Array {
    const { peerId } = this.#options
    return encodeHandshake(localHandshake(this.#offer.toAnyone(address), peerId, this.#offer.features))
  }

  /** Disconnects the peer that has been idle the longest, so that idle peers cannot lock out others. */
  #makeRoom(): boolean {
    for (const peer of this.#manager.connections) {
      if (peer.interested) continue
      this.#manager.remove(peer)
      peer.giveWay()
      return true
    }
    return false
  }

  async close(how: 'end' | 'abort'): Promise<void> {
    this.#slots.close()
    await this.#manager.closeAll(how)
  }

  #serve(transport: Transport, number: number, { role, handshakeIsSent, onClosed }: Arrival): ServedPeer {
    const { torrent, peerId } = this.#options
    const { handshakeTimeoutMs, queueLength } = this.#limits
    const { remote } = transport
    const session = new PeerSession({
      role:
        role === 'acceptor'
          ? { type: 'acceptor', find: (head) => this.#offer.answerTo(head, remote.address) }
          : { type: 'initiator', torrent: this.#offer.toAnyone(remote.address) },
      peerId,
      features: this.#offer.features,
      handshakeIsSent,
      handshakeTimeoutMs,
      frameLimit: this.#frameLimit,
    })
    return new ServedPeer({
      transport,
      session,
      torrent,
      hashes: this.#hashes,
      allowedFast: () => {
        const offered = session.torrent
        const isIpv6 = remote.family === 6
        return isIpv6 || offered === undefined ? [] : this.#offer.allowedFast(remote.address, offered)
      },
      queueLength,
      deadlines: this.#limits,
      clock: this.#clock,
      onEvent: (event) => this.#emit({ at: event.at, peer: number, type: 'session', event }),
      onFrame: (peer, bytes) => this.#frames.take(peer, bytes)?.dropFrame(),
      onRefused: (reason, answered) =>
        this.#emit({ at: this.#clock.now(), peer: number, type: 'request-refused', reason, answered }),
      onInterest: () => this.#slots.interestChanged(),
      onClosed: (peer, end, error) => {
        const { bytesSent, bytesReceived } = transport
        this.#manager.remove(peer)
        this.#frames.take(peer, 0)
        const pending = session.pendingLength
        const { uploaded, refusals } = peer
        const answered = session.state.negotiated('fast')
        const refused = Array.from(refusals, ([why, count]) => ({ reason: why, count, answered }))
        const { phase } = session.state
        const totals = { phase, bytesSent, bytesReceived, pending, uploaded, refused }
        this.#emit({ at: this.#clock.now(), peer: number, type: 'closed', end, error, ...totals })
        this.#slots.interestChanged()
        onClosed?.(end)
      },
    })
  }

  #emit(event: SeederEvent): void {
    this.#options.onEvent?.(event)
  }
}
