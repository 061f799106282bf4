import { fromHex } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import type { ServedView } from '../../diagnose/conversation.ts'
import { StrictWatch } from '../../diagnose/strict.ts'
import { SEEDER_LIMITS } from '../../net/seeder/options.ts'
import type { DecodeReport } from '../../report/model/decode.ts'
import type { ErrorReport } from '../../report/model/envelope.ts'
import type { TracedPeerReport } from '../../report/model/serve.ts'
import type { TraceEvent } from '../../trace/event.ts'
import { renderEndpoint } from '../../wire/address.ts'
import { Judgement } from '../serve/judgement.ts'
import { MAX_PEERS } from '../serve/log.ts'
import { ServedPeerLog } from '../serve/peer-log.ts'
import { ReportRoom } from '../serve/report-room.ts'
import { badInput } from './bad-input.ts'
import type { DecodeOptions } from './options.ts'
import { ServedTorrent } from './served-torrent.ts'

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { readonly type: Type }>

interface OpenPeer {
  readonly connected: Of<'connected'>
  /** Undefined until its first message: its encryption is reported before. */
  log: ServedPeerLog | undefined
  encryption: 'plaintext' | 'rc4' | 'mse-plaintext'
  readonly judgement: Judgement
  readonly bytes: { sent: number; received: number }
  refused: TracedPeerReport['refused']
  closed: Of<'closed'> | undefined
  lastAt: number
}

/** Folds the trace of a seeder into reports on its peers, which are those of `serve --strict`. Memory is bounded. */
export class ServedTrace {
  readonly #target: Of<'target'>
  readonly #torrent: ServedTorrent
  readonly #options: Pick<DecodeOptions, 'connection' | 'filter' | 'trace'>
  readonly #open = new Map<number, OpenPeer>()
  readonly #peers: TracedPeerReport[] = []
  readonly #room = new ReportRoom()
  #connections = 0
  #last = 0
  #violations = 0

  constructor(
    target: Of<'target'>,
    serving: Of<'serving'>,
    options: Pick<DecodeOptions, 'connection' | 'filter' | 'trace'>,
  ) {
    this.#target = target
    this.#torrent = new ServedTorrent(serving)
    this.#options = options
  }

  /** What was served. */
  get view(): ServedView {
    return this.#torrent.view
  }

  /** Whether an event is about a connection that matches; call it before `step`. */
  follows(event: TraceEvent): boolean {
    const { connection = 0 } = event
    return event.type === 'connected' ? this.#matches(connection, event.remote) : this.#open.has(connection)
  }

  /** @throws PeerError E_BAD_CAPTURE for events that do not belong together */
  step(event: TraceEvent): void {
    const { connection } = event
    if (connection === undefined) {
      if (event.type === 'served-pieces' || event.type === 'served-trees') this.#torrent.add(event)
      this.#options.trace?.(event)
      return
    }
    if (event.type === 'connected') this.#connected(connection, event)
    const peer = this.#open.get(connection)
    if (peer === undefined) return
    this.#options.trace?.(event)
    this.#follow(connection, peer, event)
  }

  /** @throws PeerError E_USAGE when the chosen connection is not in the trace */
  result(): NonNullable<DecodeReport['served']> {
    const { connection } = this.#options
    if (connection !== undefined && this.#connections === 0)
      throw new PeerError('E_USAGE', `the trace has no connection ${connection}`, {
        hint: this.#last === 0 ? 'it has no connection' : `type a number from 1 to ${this.#last}`,
      })
    // the trace of a seeder that was killed has no end
    for (const [number, peer] of this.#open) this.#end(number, peer, null)
    return {
      strict: this.#torrent.strict,
      connections: this.#connections,
      peers: this.#peers,
      violations: this.#violations,
    }
  }

  #connected(number: number, event: Of<'connected'>): void {
    this.#last = Math.max(this.#last, number)
    if (!this.#matches(number, event.remote)) return
    if (this.#open.size >= SEEDER_LIMITS.total)
      throw badInput(`more than ${SEEDER_LIMITS.total} connections are open at once`, 0)
    this.#connections++
    const watch = new StrictWatch(this.#target, this.#torrent.view)
    this.#open.set(number, {
      connected: event,
      log: undefined,
      encryption: 'plaintext',
      judgement: new Judgement(watch, this.#room, () => undefined),
      bytes: { sent: 0, received: 0 },
      refused: [],
      closed: undefined,
      lastAt: event.at,
    })
  }

  #matches(number: number, remote: string): boolean {
    const { connection, filter } = this.#options
    if (connection !== undefined && connection !== number) return false
    if (filter === undefined) return true
    const { address, port } = filter
    return remote === renderEndpoint({ address, port })
  }

  #follow(number: number, peer: OpenPeer, event: TraceEvent): void {
    peer.lastAt = event.at
    peer.judgement.step(event)
    switch (event.type) {
      case 'encryption':
        peer.encryption = event.encryption ?? peer.encryption
        return
      case 'sent':
      case 'received':
        peer.bytes[event.type] = event.offset + event.length
        this.#said(logOf(number, peer), event)
        return
      case 'requests-refused':
        peer.refused = event.requests
        return
      case 'closed':
        peer.closed = event
        return
      case 'ended':
        this.#end(number, peer, event.error)
        return
      default:
    }
  }

  #said(log: ServedPeerLog, event: Extract<TraceEvent, { readonly what: 'handshake' | 'message' }>): void {
    if (event.what === 'handshake') {
      if (event.type === 'received') log.shookHands(fromHex(event.handshake.peerId))
      return
    }
    const { message } = event
    if (event.type === 'received') log.received(message.type)
    else log.sent(message.type, message.type === 'piece' ? message.length : 0)
  }

  #end(number: number, peer: OpenPeer, error: ErrorReport | null): void {
    this.#open.delete(number)
    const { closed, bytes, lastAt, refused } = peer
    const end = closed ?? {
      at: lastAt,
      by: 'us',
      kind: null,
      bytesSent: bytes.sent,
      bytesReceived: bytes.received,
    }
    const report = logOf(number, peer).report(end, refused, error)
    this.#violations += report.violationCount
    if (this.#peers.length < MAX_PEERS) this.#peers.push({ ...report, closedBy: closed?.by ?? null })
  }
}

function logOf(number: number, peer: OpenPeer): ServedPeerLog {
  if (peer.log !== undefined) return peer.log
  const { connected, encryption, judgement } = peer
  const { remote, at } = connected
  const transport = connected.transport === 'utp' ? 'utp' : 'tcp'
  const log = new ServedPeerLog(
    { peer: number, remote, transport, encryption, at },
    judgement,
    () => undefined,
  )
  peer.log = log
  return log
}
