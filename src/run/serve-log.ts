import { equalBytes, toHex } from '../base/bytes.ts'
import { PeerError } from '../base/errors.ts'
import { PeerJudge, type JudgeContext } from '../diagnose/strict/peer-judge.ts'
import { SEEDER_LIMITS, type SeededTorrent, type SeederEvent } from '../net/seeder.ts'
import { renderEndpoint } from '../net/tcp.ts'
import type { Encryption, Endpoint } from '../net/transport.ts'
import type { ServeReport, ServedPeerReport, ServeDeviationReport } from '../report/model.ts'
import type { SessionEvent } from '../session/peer-session.ts'
import { servedLength, UT_METADATA_ID } from '../session/peer-upload.ts'
import { renderFault } from '../session/faults/table.ts'
import { traceSessionEvent } from '../session/session-trace.ts'
import { BLOCK_LENGTH } from '../base/limits.ts'
import { merkleHeight } from '../wire/merkle.ts'
import type { Metainfo } from '../wire/metainfo.ts'
import { decodePeerId } from '../wire/peer-id.ts'
import type { TorrentTarget } from './options.ts'
import type { ServeNews, ServeOptions } from './serve-options.ts'
import { round } from './session-log.ts'
import { errorReport, torrentReport } from './session-report.ts'

/** Most peers kept for the report; more are only counted. */
const MAX_PEERS = 1000

/** Most deviations kept of one peer, and told; more are only counted. */
const MAX_DEVIATIONS = 100

const EXTENSION_NAMES = {
  received: (id: number) => (id === UT_METADATA_ID ? 'ut_metadata' : undefined),
  sent: () => undefined,
}

interface OpenPeer {
  readonly number: number
  readonly remote: string
  readonly transport: 'tcp' | 'utp'
  readonly encryption: Encryption
  readonly connectedAt: number
  readonly judge: PeerJudge | undefined
  readonly deviations: ServeDeviationReport[]
  deviationCount: number
  handshake: { readonly peerIdHex: string; readonly client: string | null } | undefined
  extensionClient: string | undefined
  requests: number
  uploaded: number
  uploadedBefore: number
}

type Connected = Extract<SeederEvent, { readonly type: 'connected' }>

type NewsBody = ServeNews extends infer News ? (News extends unknown ? Omit<News, 'atMs'> : never) : never

/** Follows all peers of a seeder: news as it comes, deviations in strict mode, a report at the end. All of it bounded. */
export class ServeLog {
  readonly #options: ServeOptions
  readonly #torrent: SeededTorrent
  readonly #startedAt: number
  readonly #onDone: () => void
  readonly #open = new Map<number, OpenPeer>()
  readonly #closed: ServedPeerReport[] = []
  readonly #context: JudgeContext
  #now: number
  #connections = 0
  #refused = 0
  #uploaded = 0
  #bytesSent = 0
  #bytesReceived = 0
  #deviations = 0

  /** @param onDone called when `once` is fulfilled */
  constructor(options: ServeOptions, torrent: SeededTorrent, startedAt: number, onDone: () => void) {
    this.#options = options
    this.#torrent = torrent
    this.#startedAt = startedAt
    this.#now = startedAt
    this.#onDone = onDone
    this.#context = judgeContext(torrent)
  }

  tell(news: NewsBody): void {
    this.#options.onNews?.({ ...news, atMs: round(this.#now - this.#startedAt) })
  }

  event(event: SeederEvent): void {
    this.#now = event.at
    switch (event.type) {
      case 'connected': {
        this.#connections++
        this.#connected(event)
        return
      }
      case 'refused':
        this.#refused++
        this.tell({
          type: 'refused',
          peer: event.peer,
          remote: renderEndpoint(event.remote),
          reason: event.reason,
        })
        return
      case 'session': {
        const peer = this.#open.get(event.peer)
        if (peer !== undefined) this.#session(peer, event.event)
        return
      }
      case 'closed':
        this.#ended(event)
    }
  }

  progress(now: number): void {
    this.#now = now
    if (this.#open.size === 0) return
    const peers = [...this.#open.values()].map((peer) => {
      const bytesPerSecond = peer.uploaded - peer.uploadedBefore
      peer.uploadedBefore = peer.uploaded
      return { peer: peer.number, uploaded: peer.uploaded, bytesPerSecond }
    })
    this.tell({ type: 'progress', peers, uploaded: this.#uploaded })
  }

  report(address: string, interrupted: PeerError | undefined): Omit<ServeReport, 'schema' | 'version'> {
    const { strict, faults, seed } = this.#options
    const failed = strict && this.#deviations > 0
    const exitCode = interrupted?.exitCode ?? (failed ? 1 : 0)
    return {
      ok: exitCode === 0,
      exitCode,
      error: interrupted === undefined ? null : errorReport(interrupted),
      address,
      torrent: torrentReport(torrentTarget(this.#torrent.metainfo)),
      strict,
      faults: faults.map((fault) => renderFault(fault)),
      seed,
      connections: this.#connections,
      refusedConnections: this.#refused,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#bytesReceived,
      uploaded: this.#uploaded,
      deviations: this.#deviations,
      durationMs: round(this.#now - this.#startedAt),
      peers: this.#closed,
    }
  }

  /** A connection that ended in its encryption handshake; one that we cut off ourselves is not told. */
  noPeer(remote: Endpoint, error: unknown, at: number): void {
    if (!(error instanceof PeerError)) return
    this.#now = at
    this.#refused++
    this.tell({ type: 'no-peer', remote: renderEndpoint(remote), reason: error.message })
  }

  dialFailed(remote: string, error: unknown, at: number): void {
    this.#now = at
    const reason = error instanceof Error ? error.message : String(error)
    this.tell({ type: 'dial-failed', remote, reason })
  }

  #connected({ peer: number, transport, dialled, at }: Connected): void {
    const { encryption } = transport
    const kind = transport.kind === 'utp' ? 'utp' : 'tcp'
    const remote = renderEndpoint(transport.remote)
    this.#open.set(number, {
      number,
      remote,
      transport: kind,
      encryption,
      connectedAt: at,
      judge: this.#options.strict ? new PeerJudge(this.#context) : undefined,
      deviations: [],
      deviationCount: 0,
      handshake: undefined,
      extensionClient: undefined,
      requests: 0,
      uploaded: 0,
      uploadedBefore: 0,
    })
    this.tell({ type: 'connected', peer: number, remote, transport: kind, encryption, dialled })
  }

  #session(peer: OpenPeer, event: SessionEvent): void {
    this.#judge(peer, event)
    if (event.type === 'handshake-received') {
      const { client, version } = decodePeerId(event.handshake.peerId)
      const name = client === null ? null : [client, version].filter((part) => part !== null).join(' ')
      peer.handshake = { peerIdHex: toHex(event.handshake.peerId), client: name }
      this.tell({ type: 'handshake', peer: peer.number, client: name })
    }
    if (event.type !== 'sent' && event.type !== 'received') return
    for (const message of event.messages) {
      switch (message.type) {
        case 'piece':
          if (event.type !== 'sent') break
          peer.uploaded += message.block.length
          this.#uploaded += message.block.length
          break
        case 'request':
          peer.requests++
          break
        case 'choke':
        case 'unchoke':
          if (event.type === 'sent')
            this.tell({ type: message.type === 'choke' ? 'choked' : 'unchoked', peer: peer.number })
          break
        case 'interested':
        case 'not-interested':
          if (event.type === 'received') this.tell({ type: message.type, peer: peer.number })
          break
        default:
      }
    }
  }

  #judge(peer: OpenPeer, event: SessionEvent): void {
    if (peer.judge === undefined) return
    if (event.type === 'failed') this.#deviated(peer, peer.judge.failed(event.error))
    for (const traced of traceSessionEvent(event, EXTENSION_NAMES))
      this.#deviated(peer, peer.judge.step(traced))
  }

  #deviated(peer: OpenPeer, deviations: readonly ServeDeviationReport[]): void {
    for (const deviation of deviations) {
      this.#deviations++
      if (++peer.deviationCount > MAX_DEVIATIONS) continue
      peer.deviations.push(deviation)
      this.tell({ type: 'deviation', peer: peer.number, ...deviation })
    }
  }

  #ended(event: Extract<SeederEvent, { readonly type: 'closed' }>): void {
    const peer = this.#open.get(event.peer)
    if (peer === undefined) return
    const { end, error, bytesSent, bytesReceived, at } = event
    this.#open.delete(event.peer)
    this.#bytesSent += bytesSent
    this.#bytesReceived += bytesReceived
    if (peer.judge !== undefined) {
      const cut = peer.judge.messages === 0 && bytesReceived > 0 && bytesReceived < 68 && end.by === 'peer'
      const pending = cut ? bytesReceived : 0
      const closed = {
        at,
        type: 'closed',
        by: end.by,
        kind: end.kind,
        phase: 'handshake',
        bytesSent,
        bytesReceived,
        pending,
      } as const
      this.#deviated(peer, peer.judge.step(closed))
    }
    const report: ServedPeerReport = {
      peer: peer.number,
      remote: peer.remote,
      transport: peer.transport,
      encryption: peer.encryption,
      peerId: peer.handshake?.peerIdHex ?? null,
      client: peer.handshake?.client ?? null,
      durationMs: round(at - peer.connectedAt),
      bytesSent,
      bytesReceived,
      requests: peer.requests,
      uploaded: peer.uploaded,
      closedBy: end.by,
      closeKind: end.kind,
      error: error === undefined ? null : errorReport(error),
      deviationCount: peer.deviationCount,
      deviations: peer.deviations,
    }
    if (this.#closed.length < MAX_PEERS) this.#closed.push(report)
    this.tell({ type: 'closed', report })
    // an attempt with encryption that we do not answer is not yet the peer
    if (this.#options.once && (peer.handshake !== undefined || this.#options.faults.length > 0))
      this.#onDone()
  }
}

/** The torrent in the form in which a probe has it. */
export function torrentTarget(metainfo: Metainfo): TorrentTarget {
  return { infoHashes: metainfo.infoHashes, name: undefined, metainfo }
}

function judgeContext({ metainfo, have }: SeededTorrent): JudgeContext {
  return {
    pieceCount: metainfo.pieceCount,
    private: metainfo.private,
    infoHashes: metainfo.infoHashes,
    lengthOf: (piece) => servedLength(metainfo, piece),
    has: (piece) => have === 'all' || have.has(piece),
    queueLength: SEEDER_LIMITS.queueLength,
    treeHeightOf: (piecesRoot) => treeHeight(metainfo, piecesRoot),
  }
}

function treeHeight({ files }: Metainfo, piecesRoot: Uint8Array): number | undefined {
  const file = files.find(
    (known) => known.piecesRoot !== undefined && equalBytes(known.piecesRoot, piecesRoot),
  )
  return file === undefined ? undefined : merkleHeight(Math.ceil(file.length / BLOCK_LENGTH))
}
