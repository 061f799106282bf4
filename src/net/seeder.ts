import { createHash } from 'node:crypto'
import { toHex } from '../base/bytes.ts'
import type { PeerError } from '../base/errors.ts'
import { SERVE_QUEUE_LENGTH } from '../base/limits.ts'
import type { BlockStore } from '../session/block-store.ts'
import { ChokingAlgorithm, type ChokingDecision } from '../session/choking.ts'
import {
  PeerSession,
  type SessionEvent,
  type SessionRole,
  type SessionTorrent,
} from '../session/peer-session.ts'
import { UT_METADATA_ID, type ServedTorrent } from '../session/peer-upload.ts'
import { PieceHashServer } from '../session/piece-hash-server.ts'
import { generateAllowedFastSet } from '../wire/allowed-fast.ts'
import type { ExtensionHandshakeFields } from '../wire/extension/handshake.ts'
import type { HandshakeHead } from '../wire/handshake.ts'
import type { NamedFeature } from '../wire/reserved-bits.ts'
import { systemClock, type Clock } from './clock.ts'
import { ConnectionManager, type ConnectionLimits, type RefusedConnection } from './connection-manager.ts'
import { ServedPeer, type PeerDeadlines } from './served-peer.ts'
import { timerWheel } from './timer-wheel.ts'
import type { Endpoint, Listen, Listener, Transport, TransportEnd } from './transport.ts'

/** A torrent, the part of it that we say to have, and where its bytes come from. */
export interface SeededTorrent extends ServedTorrent {
  readonly store: BlockStore
}

export interface SeederLimits extends ConnectionLimits, PeerDeadlines {
  /** Peers that are unchoked at a time. */
  readonly uploadSlots: number
  /** Requests of one peer that may wait; our `reqq`. */
  readonly queueLength: number
  /** How long the peer's whole handshake may take, in milliseconds. */
  readonly handshakeTimeoutMs: number
}

export const SEEDER_LIMITS: SeederLimits = {
  total: 1024,
  perAddress: 256,
  idleMs: 150_000,
  stalledMs: 60_000,
  uploadSlots: 8,
  queueLength: SERVE_QUEUE_LENGTH,
  handshakeTimeoutMs: 10_000,
}

/** What a seeder tells. `peer` numbers the connections from 1; `at` is milliseconds on the seeder's clock. */
export type SeederEvent = { readonly at: number; readonly peer: number } & (
  | {
      readonly type: 'connected'
      /** True when the connection is one of ours. */
      readonly dialled: boolean
      readonly transport: Pick<Transport, 'kind' | 'encryption' | 'local' | 'remote'>
    }
  | { readonly type: 'refused'; readonly remote: Endpoint; readonly reason: RefusedConnection }
  /** Messages both ways, in wire order. Byte arrays are borrowed until the call returns. */
  | { readonly type: 'session'; readonly event: SessionEvent }
  | {
      readonly type: 'closed'
      readonly end: TransportEnd
      /** Why we closed; undefined when the peer did, or the seeder was told to. */
      readonly error: PeerError | undefined
      readonly bytesSent: number
      readonly bytesReceived: number
      /** Bytes of blocks. */
      readonly uploaded: number
    }
)

export interface SeederOptions {
  /** Port 0 takes a free one. */
  readonly listen: Endpoint
  readonly torrent: SeededTorrent
  /** Each listens on the same address and port. */
  readonly transports: readonly Listen[]
  /** 20 bytes. */
  readonly peerId: Uint8Array
  /** As Math.random. */
  readonly random: () => number
  /** `v` of our extension handshake. */
  readonly client?: string
  readonly limits?: Partial<SeederLimits>
  readonly clock?: Clock
  readonly onEvent?: ((event: SeederEvent) => void) | undefined
}

export interface Seeder {
  readonly address: Endpoint
  /** Serves a peer that we have dialled: not started yet, and ours to close from here on. */
  serve(transport: Transport): void
  /** Stops listening, and closes all connections: in an orderly way, or at once. The store stays open. */
  close(how?: 'end' | 'abort'): Promise<void>
}

/**
 * Serves one torrent to whoever connects: answers handshakes, unchokes by rounds, sends blocks, metadata and hashes.
 * @throws PeerError E_BIND
 */
export async function startSeeder(options: SeederOptions): Promise<Seeder> {
  const swarm = new Swarm(options)
  const { listeners, address } = await listenOnOnePort(options, (transport) =>
    swarm.take(transport, 'acceptor'),
  )
  return {
    address,
    serve: (transport) => swarm.take(transport, 'initiator'),
    close: async (how = 'end') => {
      const stopped = listeners.map((listener) => listener.close())
      await swarm.close(how)
      await Promise.all(stopped)
    },
  }
}

/** A port that is free for one transport may be taken for the next; then another is tried, if any will do. */
async function listenOnOnePort(
  { listen: wanted, transports }: SeederOptions,
  accepted: (transport: Transport) => void,
): Promise<{ readonly listeners: readonly Listener[]; readonly address: Endpoint }> {
  for (let attempt = 1; ; attempt++) {
    const listeners: Listener[] = []
    let address = wanted
    try {
      for (const listen of transports) {
        const listener = await listen(address, accepted)
        listeners.push(listener)
        address = listener.address
      }
      return { listeners, address }
    } catch (error) {
      await Promise.all(listeners.map((listener) => listener.close()))
      if (wanted.port !== 0 || listeners.length === 0 || attempt === MAX_PORTS_TRIED) throw error
    }
  }
}

const MAX_PORTS_TRIED = 10

/** All peers of one torrent, and who of them is unchoked. */
class Swarm {
  readonly #options: SeederOptions
  readonly #limits: SeederLimits
  readonly #clock: Clock
  readonly #manager: ConnectionManager<ServedPeer>
  readonly #hashes: PieceHashServer
  readonly #choking: ChokingAlgorithm<ServedPeer>
  readonly #hashesOfHandshakes: readonly Uint8Array[]
  readonly #features: readonly NamedFeature[]
  #peers = 0
  #lastRound: number
  #roundDue = false
  #cancelRound: (() => void) | undefined

  constructor(options: SeederOptions) {
    this.#options = options
    this.#limits = { ...SEEDER_LIMITS, ...options.limits }
    this.#clock = timerWheel(options.clock ?? systemClock)
    this.#lastRound = this.#clock.now()
    this.#manager = new ConnectionManager(this.#limits)
    const { metainfo } = options.torrent
    this.#hashes = new PieceHashServer(metainfo, (bytes) => createHash('sha256').update(bytes).digest())
    this.#choking = new ChokingAlgorithm({ slots: this.#limits.uploadSlots })
    const { v1, v2 } = metainfo.infoHashes
    this.#hashesOfHandshakes = [v1, v2?.subarray(0, 20)].filter((hash) => hash !== undefined)
    this.#features = [
      'extension-protocol',
      'fast',
      ...(metainfo.version === 'hybrid' ? (['v2'] as const) : []),
    ]
  }

  take(transport: Transport, role: SessionRole['type']): void {
    const number = ++this.#peers
    const refused = this.#manager.refusal(transport)
    if (refused !== undefined) {
      this.#tell({
        at: this.#clock.now(),
        peer: number,
        type: 'refused',
        remote: transport.remote,
        reason: refused,
      })
      transport.abort()
      return
    }
    this.#tell({
      at: this.#clock.now(),
      peer: number,
      type: 'connected',
      dialled: role === 'initiator',
      transport,
    })
    const peer = this.#serve(transport, number, role)
    if (peer.closed) return
    this.#manager.add(peer, transport)
    this.#scheduleRound()
  }

  async close(how: 'end' | 'abort'): Promise<void> {
    this.#cancelRound?.()
    await this.#manager.closeAll(how)
  }

  #serve(transport: Transport, number: number, role: SessionRole['type']): ServedPeer {
    const { torrent, peerId } = this.#options
    const { handshakeTimeoutMs, queueLength } = this.#limits
    const session = new PeerSession({
      role:
        role === 'acceptor'
          ? { type: 'acceptor', find: (head) => this.#find(head, transport) }
          : { type: 'initiator', torrent: this.#offered(transport) },
      peerId,
      features: this.#features,
      handshakeTimeoutMs,
    })
    return new ServedPeer({
      transport,
      session,
      torrent,
      hashes: this.#hashes,
      allowedFast: () => this.#allowedFast(transport, session),
      queueLength,
      deadlines: this.#limits,
      clock: this.#clock,
      onEvent: (event) => this.#tell({ at: event.at, peer: number, type: 'session', event }),
      onInterest: () => this.#interestChanged(),
      onClosed: (peer, end, error) => {
        const { bytesSent, bytesReceived } = transport
        this.#manager.remove(peer)
        const totals = { bytesSent, bytesReceived, uploaded: peer.uploaded }
        this.#tell({ at: this.#clock.now(), peer: number, type: 'closed', end, error, ...totals })
        this.#interestChanged()
      },
    })
  }

  /** Our side of the session when the peer names our torrent, by either of its hashes. */
  #find(head: HandshakeHead, transport: Transport): SessionTorrent | undefined {
    const { metainfo, have } = this.#options.torrent
    const asked = this.#hashesOfHandshakes.find((hash) => toHex(hash) === toHex(head.infoHash))
    if (asked === undefined) return undefined
    const v2 = metainfo.infoHashes.v2?.subarray(0, 20)
    // BEP 52: to a peer that can, a hybrid's v1 hash is answered with its v2 hash
    const upgrade = metainfo.version === 'hybrid' && head.features.includes('v2') && v2 !== undefined
    return {
      infoHash: upgrade ? v2 : asked,
      isV2: upgrade || (v2 !== undefined && toHex(asked) === toHex(v2)),
      pieceCount: metainfo.pieceCount,
      extensionHandshake: this.#extensionHandshake(transport),
      have,
    }
  }

  /** Our side of a session that we begin: a hybrid is named by its v1 hash, with the v2 hash for those who can. */
  #offered(transport: Transport): SessionTorrent {
    const { metainfo, have } = this.#options.torrent
    const { v1, v2 } = metainfo.infoHashes
    return {
      infoHash: v1 ?? v2?.subarray(0, 20) ?? new Uint8Array(20),
      isV2: v1 === undefined,
      ...(v1 === undefined || v2 === undefined ? {} : { upgradeInfoHash: v2.subarray(0, 20) }),
      pieceCount: metainfo.pieceCount,
      extensionHandshake: this.#extensionHandshake(transport),
      have,
    }
  }

  #extensionHandshake({ remote }: Transport): ExtensionHandshakeFields {
    const { torrent, client } = this.#options
    const { infoBytes, private: isPrivate } = torrent.metainfo
    return {
      extensions: new Map(isPrivate ? [] : [['ut_metadata', UT_METADATA_ID]]),
      ...(isPrivate ? {} : { metadataSize: infoBytes.length }),
      ...(client === undefined ? {} : { client }),
      reqq: this.#limits.queueLength,
      uploadOnly: true,
      yourIp: remote.address,
    }
  }

  #allowedFast({ remote }: Transport, session: PeerSession): readonly number[] {
    const { metainfo, have } = this.#options.torrent
    const infoHash = session.torrent?.infoHash
    if (remote.family === 6 || infoHash === undefined) return []
    const set = generateAllowedFastSet(remote.address, infoHash, metainfo.pieceCount)
    return set.filter((piece) => have === 'all' || have.has(piece))
  }

  /** A free slot is given away at once; who came in one turn of the event loop is looked at together. */
  #interestChanged(): void {
    if (this.#roundDue) return
    this.#roundDue = true
    queueMicrotask(() => {
      this.#roundDue = false
      const peers = [...this.#manager.connections]
      let free = this.#limits.uploadSlots - peers.filter((peer) => !peer.choked).length
      // nobody loses a slot between the rounds
      for (const decision of this.#decide(peers, 0)) {
        if (decision.action === 'unchoke' && free-- > 0) decision.peer.unchoke()
      }
    })
  }

  #scheduleRound(): void {
    if (this.#cancelRound !== undefined) return
    this.#cancelRound = this.#clock.schedule(this.#lastRound + ROUND_MS, () => this.#round())
  }

  #round(): void {
    this.#cancelRound = undefined
    const now = this.#clock.now()
    const seconds = Math.max(1, (now - this.#lastRound) / 1000)
    this.#lastRound = now
    const peers = [...this.#manager.connections]
    for (const { peer, action } of this.#decide(peers, seconds)) peer[action]()
    if (peers.length > 0) this.#scheduleRound()
  }

  /** @param seconds since the last round; 0 between rounds, when rates are not counted */
  #decide(peers: readonly ServedPeer[], seconds: number): readonly ChokingDecision<ServedPeer>[] {
    const stats = peers.map((peer) => ({
      peer,
      interested: peer.interested,
      choked: peer.choked,
      uploadRate: seconds === 0 ? 0 : peer.takeRoundBytes() / seconds,
      downloadRate: 0,
      connectedAt: peer.connectedAt,
    }))
    return this.#choking.round(this.#clock.now(), 'seed', stats, this.#options.random).decisions
  }

  #tell(event: SeederEvent): void {
    this.#options.onEvent?.(event)
  }
}

/** How often slots are given anew, in milliseconds (BEP 3). */
const ROUND_MS = 10_000
