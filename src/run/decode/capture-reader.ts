import { equalBytes } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { round } from '../../base/round.ts'
import { connectionError } from '../../net/connection/connection-end.ts'
import { errorReport } from '../../report/error-report.ts'
import type { DecodedConnection } from '../../report/model/decode.ts'
import type { SessionReport } from '../../report/model/session.ts'
import { ConnectionTable } from '../../session/observe/connection-table.ts'
import type {
  ConnectionFigures,
  ConnectionSink,
  ObservedConnection,
} from '../../session/observe/connection.ts'
import { DissectorMemory } from '../../session/observe/dissector-memory.ts'
import type { ConnectionObserver, ObservedHandshake } from '../../session/observe/observer.ts'
import { eventsOf, type TraceStep } from '../../trace/transfers.ts'
import { renderEndpoint } from '../../wire/address.ts'
import { CaptureReader } from '../../wire/capture/reader.ts'
import { handshakeHash } from '../../wire/torrent/info-hash.ts'
import { decodePeerId, describePeerId } from '../../wire/peer-id/peer-id.ts'
import { sessionReport } from '../session/report.ts'
import { targetEvent } from '../session/target-event.ts'
import { FollowedConnection, type TakeStep } from './followed-connection.ts'
import type { TorrentTarget } from '../options.ts'
import type { DecodeOptions } from './options.ts'
import type { Decoded, InputReader } from './reader.ts'
import { CaptureRewriter } from './rewrite/capture-rewriter.ts'
import { errorOfReport } from './report-error.ts'

/** Reads a pcap or pcapng file: lists its connections, and reports on one. */
export class CaptureInputReader implements InputReader {
  readonly format: 'pcap' | 'pcapng'
  readonly #options: DecodeOptions
  readonly #followed = new Map<number, FollowedConnection>()
  readonly #table = new ConnectionTable((connection) => this.#open(connection))
  readonly #memory = new DissectorMemory()
  readonly #take: TakeStep = (followed, step) => this.#step(followed, step)
  readonly #reader = new CaptureReader((packet) => this.#table.packet(packet))
  readonly #rewriter: CaptureRewriter | undefined
  #isRead = false
  #firstAt: number | undefined
  /** Connections of BitTorrent that match. */
  #candidates = 0
  /** The only one of them. Nothing is recorded of the others: a record may take megabytes. */
  #chosen: FollowedConnection | undefined

  constructor(format: 'pcap' | 'pcapng', options: DecodeOptions) {
    this.format = format
    this.#options = options
    this.#rewriter = options.rewrite && new CaptureRewriter(options.rewrite)
  }

  push(chunk: Uint8Array): void {
    this.#reader.push(chunk)
  }

  end(): void {
    this.#reader.end()
    this.#isRead = true
  }

  /**
   * @throws PeerError E_USAGE when the capture was read to its end and no connection matches, and for a .torrent that is not
   * the one of the connection
   */
  result(): Decoded {
    this.#table.end()
    this.#rewriter?.end()
    const { packets, otherPackets, leftOut } = this.#table.figures
    const connections = [...this.#table.connections()].flatMap(({ connection, figures }) => {
      const followed = this.#followed.get(connection.number)
      if (followed === undefined || !this.#hasEnd(connection)) return []
      return [this.#describe(connection, figures, followed)]
    })
    if (this.#isRead) this.#checkChoice(connections.length)
    const chosen = this.#chosen
    if (chosen !== undefined) this.#checkTorrent(chosen)
    const report = chosen === undefined ? null : this.#report(chosen)
    return {
      capture: { packets, otherPackets, leftOut, connections },
      connection: chosen?.observer.connection.number ?? null,
      report,
      served: null,
      stream: null,
      error: errorOfReport(report),
    }
  }

  #open(connection: ObservedConnection): ConnectionSink {
    this.#firstAt ??= connection.startedAt
    const { torrent } = this.#options
    const followed = new FollowedConnection(
      connection,
      this.#take,
      torrent && { infoHashes: torrent.infoHashes, pieceCount: torrent.metainfo?.pieceCount },
      this.#memory,
    )
    this.#followed.set(connection.number, followed)
    if (this.#rewriter === undefined || !this.#matches(connection)) return followed.observer
    return this.#rewriter.open(connection, followed.observer)
  }

  #step(followed: FollowedConnection, step: TraceStep): void {
    followed.lastAt = step.at
    if (!followed.isBegun && step.type !== 'sent' && step.type !== 'received') {
      followed.before = [...followed.before, step]
      return
    }
    // connections of other protocols are not traced
    if (!followed.isBegun) this.#begin(followed)
    this.#traceStep(followed, step)
    if (followed === this.#chosen) followed.recorded().step(step)
  }

  #begin(followed: FollowedConnection): void {
    const { torrent } = this.#options
    const isOther = torrent !== undefined && isOfAnother(torrent, followed.observer)
    followed.isBegun = true
    followed.before = [
      ...(torrent === undefined || isOther ? [] : [targetEvent(torrent, 0)]),
      ...followed.observer.opening,
      ...followed.before,
    ]
    for (const earlier of followed.before) this.#traceStep(followed, earlier)
    this.#nominate(followed)
    if (followed !== this.#chosen) followed.before = []
  }

  /** Chooses the first candidate, and none once there are two. */
  #nominate(followed: FollowedConnection): void {
    if (!this.#matches(followed.observer.connection)) return
    this.#candidates++
    if (this.#chosen !== undefined) this.#chosen.record = undefined
    this.#chosen = this.#candidates === 1 ? followed : undefined
  }

  #traceStep(followed: FollowedConnection, step: TraceStep): void {
    const { observer } = followed
    this.#rewriter?.step(observer.connection.number, step, followed.isComplete)
    const { trace } = this.#options
    if (trace !== undefined && this.#matches(observer.connection))
      for (const event of eventsOf(step)) trace(event)
  }

  #matches(observed: ObservedConnection): boolean {
    const { connection } = this.#options
    return (connection === undefined || connection === observed.number) && this.#hasEnd(observed)
  }

  /** Whether it has the end that the filter asks for. */
  #hasEnd({ ends }: ObservedConnection): boolean {
    const { filter } = this.#options
    if (filter === undefined) return true
    return Object.values(ends).some(({ address, port }) => address === filter.address && port === filter.port)
  }

  /** @param matching number of connections that pass the filter */
  #checkChoice(matching: number): void {
    const { connection, filter } = this.#options
    const count = this.#followed.size
    if (connection !== undefined && !this.#followed.has(connection))
      throw new PeerError('E_USAGE', `the capture has no connection ${connection}`, {
        hint: count === 0 ? 'it has no TCP or uTP connection' : `use a number from 1 to ${count}`,
      })
    if (filter === undefined || matching > 0) return
    throw new PeerError('E_USAGE', `no connection in the capture has the end ${renderEndpoint(filter)}`, {
      hint: count === 0 ? 'it has no TCP or uTP connection' : 'leave out --filter to list those that it has',
    })
  }

  /** Only for a .torrent: a hash alone may be the other one of a hybrid torrent, and says nothing that could be held against a peer. */
  #checkTorrent({ observer }: FollowedConnection): void {
    const { torrent } = this.#options
    if (torrent?.metainfo === undefined || !isOfAnother(torrent, observer)) return
    const { number } = observer.connection
    throw new PeerError('E_USAGE', `connection ${number} is about another torrent than the .torrent`, {
      hint: 'use the .torrent of that connection, or leave out -t',
    })
  }

  #report(followed: FollowedConnection): SessionReport {
    const { observer, lastAt } = followed
    const record = followed.recorded()
    const error = errorOf(observer)
    const phase = error?.phase ?? observer.phase
    record.step({ at: lastAt, type: 'ended', phase, error: error === undefined ? null : errorReport(error) })
    record.step({ at: lastAt, type: 'finished' })
    const report = sessionReport(record)
    return followed.isComplete ? report : withoutJudgement(report)
  }

  #describe(
    { number, transport, ends, isWhole, startedAt }: ObservedConnection,
    { packets, bytes, durationMs }: ConnectionFigures,
    { observer, losses, lostBytes }: FollowedConnection,
  ): DecodedConnection {
    const { handshakes, counts, end, protocol } = observer
    // where the begin is missing too, it is not known whether there are messages at all
    const lostStreams = isWhole ? observer.lostStreams : 0
    return {
      number,
      transport,
      initiator: renderEndpoint(ends.initiator),
      responder: renderEndpoint(ends.responder),
      whole: isWhole,
      protocol,
      encryption: encryptionOf(observer),
      handshakeHidden: observer.isHandshakeHidden,
      startedMs: round(startedAt - (this.#firstAt ?? startedAt)),
      durationMs: round(durationMs),
      packets: { sent: packets.initiator, received: packets.responder },
      bytes: { sent: bytes.initiator, received: bytes.responder },
      initiatorClient: clientOf(handshakes.initiator),
      responderClient: clientOf(handshakes.responder),
      messages: {
        received: Object.fromEntries(counts.responder),
        sent: Object.fromEntries(counts.initiator),
      },
      closedBy: end?.by ?? null,
      closeKind: end?.kind ?? null,
      losses: losses + lostStreams,
      lostBytes: lostStreams > 0 ? null : (lostBytes ?? null),
    }
  }
}

/** Whether a side named an info hash, and none is one of the torrent. */
function isOfAnother({ infoHashes: { v1, v2 } }: TorrentTarget, { handshakes }: ConnectionObserver): boolean {
  const own = [v1, v2].filter((hash) => hash !== undefined).map(handshakeHash)
  const named = Object.values(handshakes)
  return named.length > 0 && !named.some(({ infoHash }) => own.some((hash) => equalBytes(hash, infoHash)))
}

/**
 * Messages are missing in the capture, so what the peer did with them is not known: a block may have been requested, and a message
 * may have been answered. Nothing is held against it.
 */
function withoutJudgement(report: SessionReport): SessionReport {
  const { byPeerId, byVersionString } = report.identity
  return {
    ...report,
    findings: [],
    causes: [],
    identity: { byPeerId, byVersionString, byBehaviour: null, conflict: false },
  }
}

/** Of the messages; null where none were read, and where the begin is not in the capture. */
function encryptionOf({
  protocol,
  connection,
  isPlaintextAfterMse,
  clearTextOf,
}: ConnectionObserver): DecodedConnection['encryption'] {
  if (clearTextOf !== undefined) return clearTextOf
  if (isPlaintextAfterMse) return 'mse-plaintext'
  return protocol === 'bittorrent' && connection.isWhole ? 'plaintext' : null
}

/** By the peer id; null for one that names no client. */
function clientOf(handshake: ObservedHandshake | undefined): string | null {
  const peerId = handshake === undefined ? undefined : decodePeerId(handshake.peerId)
  return peerId === undefined || peerId.client === null ? null : describePeerId(peerId)
}

/**
 * With what the session of a connection ended, as a live one would say; undefined when the initiator closed it at will. Where the
 * begin is not in the capture, it is not known which side that is, nor what was said before.
 */
function errorOf(observer: ConnectionObserver): PeerError | undefined {
  const { errors, end, isOpen, phase, connection } = observer
  if (errors.responder !== undefined) return errors.responder.with({ phase })
  if (end === undefined || !connection.isWhole || (end.by === 'us' && isOpen)) return undefined
  if (end.by === 'peer') return connectionError(end, isOpen)
  return new PeerError(
    'E_HANDSHAKE_TIMEOUT',
    `no complete handshake came in ${Math.round(end.at)} ms, then the other side closed the connection`,
    { phase: 'handshake' },
  )
}
