import { PeerError } from '../../base/errors.ts'
import { StrictWatch } from '../../diagnose/strict.ts'
import { FaultyTransport } from '../../net/seeder/faulty-transport.ts'
import type { SeededTorrent, SeederEvent } from '../../net/seeder/options.ts'
import { renderEndpoint } from '../../wire/address.ts'
import type { Endpoint } from '../../net/transport.ts'
import type { ServeReport, ServedPeerReport } from '../../report/model/serve.ts'
import type { SentEvent } from '../../session/faults/sent-stream.ts'
import { renderFault } from '../../session/faults/table.ts'
import type { TraceEntry } from '../../trace/event.ts'
import { HANDSHAKE_LENGTH } from '../../wire/handshake/handshake.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { servedView } from './served-view.ts'
import type { TorrentTarget } from '../options.ts'
import type { ServeOptions } from './options.ts'
import { ReportRoom } from './report-room.ts'
import { Judgement } from './judgement.ts'
import { sentEntries, servedEntries, servingEntries } from './trace.ts'
import { ServedPeerLog, type UntimedEvent } from './peer-log.ts'
import { round } from '../../base/round.ts'
import { targetEvent, torrentReport } from '../session/target-event.ts'
import { errorReport } from '../../report/error-report.ts'

/** Maximum number of peers in the report; the rest are counted. */
export const MAX_PEERS = 1000

type Of<Type extends SeederEvent['type']> = Extract<SeederEvent, { readonly type: Type }>

/**
 * Follows all peers of a seeder: emits events, finds violations in strict mode, reports at the end. Memory is
 * bounded.
 */
export class ServeLog {
  readonly #options: ServeOptions
  readonly #torrent: SeededTorrent
  readonly #trace: ServeOptions['trace']
  #tracedAt = 0
  readonly #startedAt: number
  readonly #onDone: () => void
  readonly #open = new Map<number, ServedPeerLog>()
  /** The connections whose faults change what is sent. */
  readonly #faulty = new Map<number, FaultyTransport>()
  readonly #closed: ServedPeerReport[] = []
  readonly #room = new ReportRoom()
  #now: number
  #connections = 0
  #refused = 0
  #bytesSent = 0
  #bytesReceived = 0
  /** Bytes uploaded to peers that have disconnected. */
  #uploadedBefore = 0
  #violationsBefore = 0

  /** @param onDone called when the condition of `once` is met */
  constructor(options: ServeOptions, torrent: SeededTorrent, startedAt: number, onDone: () => void) {
    this.#options = options
    this.#torrent = torrent
    this.#startedAt = startedAt
    this.#now = startedAt
    this.#onDone = onDone
    this.#trace = options.trace
    if (options.trace === undefined) return
    const target = targetEvent(torrentTarget(torrent.metainfo), 0)
    for (const entry of [target, ...servingEntries(torrent, options.strict)])
      options.trace({ ...entry, at: 0 })
  }

  emit(event: UntimedEvent): void {
    this.#options.onEvent?.({ ...event, atMs: round(this.#now - this.#startedAt) })
  }

  event(event: SeederEvent): void {
    this.#now = event.at
    switch (event.type) {
      case 'connected':
        this.#connected(event)
        return
      case 'refused':
        this.#refused++
        this.emit({
          type: 'refused',
          peer: event.peer,
          remote: renderEndpoint(event.remote),
          reason: event.reason,
        })
        return
      case 'request-refused':
        this.#traced(event.peer, event.at, () => servedEntries(event))
        return
      case 'session':
        this.#session(event)
        return
      case 'closed':
        this.#ended(event)
    }
  }

  #connected(event: Of<'connected'>): void {
    this.#connections++
    const { peer, dialled, transport } = event
    const { encryption } = transport
    const connection = {
      peer,
      remote: renderEndpoint(transport.remote),
      transport: transport.kind === 'utp' ? 'utp' : 'tcp',
      encryption,
    } as const
    const emit = (emitted: UntimedEvent) => this.emit(emitted)
    const judgement = this.#options.strict
      ? new Judgement(this.#strictWatch(), this.#room, (type, violation) =>
          emit({ type, peer, ...violation }),
        )
      : undefined
    const log = new ServedPeerLog({ ...connection, at: this.#since(event.at) }, judgement, emit)
    this.#open.set(peer, log)
    if (transport instanceof FaultyTransport) this.#faulty.set(peer, transport)
    this.emit({ type: 'connected', ...connection, dialled })
    this.#traced(event.peer, event.at, () => servedEntries(event))
  }

  /** A faulty connection sent something that the seeder did not just write. */
  lateSent(transport: FaultyTransport): void {
    for (const [peer, faulty] of this.#faulty) if (faulty === transport) this.#takeSent(peer, faulty)
  }

  #session({ peer, event }: Of<'session'>): void {
    // a fault may close the connection while the seeder writes
    if (!this.#open.has(peer)) return
    const faulty = this.#faulty.get(peer)
    const written = writtenBy(event)
    if (faulty === undefined || written === undefined) this.#said(peer, event)
    else this.#takeSent(peer, faulty, written)
  }

  /** What really left, in place of what the seeder wrote. */
  #takeSent(peer: number, faulty: FaultyTransport, before?: number): void {
    for (const event of faulty.takeSent(before)) {
      this.#now = event.at
      this.#said(peer, event)
    }
  }

  #said(peer: number, event: SentEvent): void {
    this.#traced(peer, event.at, () => sentEntries(event))
    const log = this.#open.get(peer)
    if (log === undefined) return
    if (event.type === 'handshake-received') log.shookHands(event.handshake.peerId)
    else if (event.type === 'received') for (const { type } of event.messages) log.received(type)
    else if (event.type === 'sent')
      for (const message of event.messages)
        log.sent(message.type, message.type === 'piece' ? message.block.length : 0)
  }

  /** Judges and traces what happened on a connection, if anybody wants that. */
  #traced(peer: number, happenedAt: number, entries: () => readonly TraceEntry[]): void {
    const { strict } = this.#options
    if (!strict && this.#trace === undefined) return
    const at = this.#since(happenedAt)
    this.#tracedAt = at
    const log = this.#open.get(peer)
    for (const entry of entries()) {
      const traced = { ...entry, at, connection: peer }
      log?.judge(traced)
      this.#trace?.(traced)
    }
  }

  /** Milliseconds since the start, rounded to microseconds as in a trace file. */
  #since(at: number): number {
    return Math.max(this.#tracedAt, Math.round((at - this.#startedAt) * 1000) / 1000)
  }

  #strictWatch(): StrictWatch {
    return new StrictWatch(targetEvent(torrentTarget(this.#torrent.metainfo), 0), servedView(this.#torrent))
  }

  progress(now: number): void {
    this.#now = now
    if (this.#open.size === 0) return
    const peers = [...this.#open.values()].map((peer) => peer.progress())
    this.emit({ type: 'progress', peers, uploaded: this.#uploaded })
  }

  report(
    address: string,
    interrupted: PeerError | undefined,
  ): Omit<ServeReport, 'schema' | 'version' | 'verdict' | 'startedAt' | 'redacted'> {
    const { strict, faults, seed } = this.#options
    const failed = strict && this.#violations > 0
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
      violations: this.#violations,
      durationMs: round(this.#now - this.#startedAt),
      peers: this.#closed,
    }
  }

  /** Reports a connection that ended in its encryption handshake, unless we closed it ourselves. */
  noPeer(remote: Endpoint, error: unknown, at: number): void {
    if (!(error instanceof PeerError)) return
    this.#now = at
    this.#refused++
    this.emit({ type: 'no-peer', remote: renderEndpoint(remote), reason: error.message })
    // with a fault in the encryption handshake, this connection was the one to test
    const { once, faults } = this.#options
    if (once && faults.some(({ fault }) => fault.phase === 'encryption')) this.#onDone()
  }

  dialFailed(remote: string, error: unknown, at: number): void {
    this.#now = at
    const reason = error instanceof Error ? error.message : String(error)
    this.emit({ type: 'dial-failed', remote, reason })
  }

  get #uploaded(): number {
    let sum = this.#uploadedBefore
    for (const { uploaded } of this.#open.values()) sum += uploaded
    return sum
  }

  get #violations(): number {
    let sum = this.#violationsBefore
    for (const { violationCount } of this.#open.values()) sum += violationCount
    return sum
  }

  #ended(event: Of<'closed'>): void {
    const peer = this.#open.get(event.peer)
    if (peer === undefined) return
    const faulty = this.#faulty.get(event.peer)
    if (faulty !== undefined) this.#takeSent(event.peer, faulty)
    this.#faulty.delete(event.peer)
    this.#traced(event.peer, event.at, () => servedEntries(event))
    const { end, error, refused, bytesSent, bytesReceived } = event
    const closed = { ...end, at: this.#since(event.at), bytesSent, bytesReceived }
    const report = peer.report(closed, refused, error === undefined ? null : errorReport(error))
    this.emit({ type: 'closed', report })
    this.#open.delete(event.peer)
    this.#bytesSent += event.bytesSent
    this.#bytesReceived += event.bytesReceived
    this.#uploadedBefore += peer.uploaded
    this.#violationsBefore += peer.violationCount
    if (this.#closed.length < MAX_PEERS) this.#closed.push(report)
    // an encrypted attempt that we do not answer does not count as the peer yet
    if (this.#options.once && (peer.hasShakenHands || this.#options.faults.length > 0)) this.#onDone()
  }
}

/** Where what the seeder wrote ends in its stream; undefined for other events. */
function writtenBy(event: Of<'session'>['event']): number | undefined {
  if (event.type === 'handshake-sent') return HANDSHAKE_LENGTH
  return event.type === 'sent' ? event.end : undefined
}

/** The torrent in the form that a probe uses. */
export function torrentTarget(metainfo: Metainfo): TorrentTarget {
  return { infoHashes: metainfo.infoHashes, name: undefined, metainfo }
}
