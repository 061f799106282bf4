import { equalBytes } from '../../base/bytes.ts'
import { renderIpAddress, unmapIpv4 } from '../../wire/address.ts'
import type {
  ConnectionFigures,
  ConnectionSink,
  ObservedConnection,
  OpenConnection,
  Role,
} from './connection.ts'
import type { StreamSink } from './stream-sink.ts'

/** One end of a packet. */
export interface PacketEnd {
  readonly address: Uint8Array
  readonly port: number
}

/** The ends of a packet, and how long it was. */
export interface PacketWay {
  readonly from: PacketEnd
  readonly to: PacketEnd
  /** In milliseconds since the Unix epoch; 0 where the capture has no times. */
  readonly at: number
  /** Length of the frame, in bytes. */
  readonly length: number
  /** Comments on the packet. */
  readonly comments?: readonly string[]
}

/** What TCP and uTP connections of a capture have in common: who is who, times, and counts. */
export class Flow {
  readonly connection: ObservedConnection
  readonly #initiator: PacketEnd
  readonly #responder: PacketEnd
  readonly #sink: ConnectionSink
  readonly #packets: Record<Role, number> = { initiator: 0, responder: 0 }
  readonly #bytes: Record<Role, number> = { initiator: 0, responder: 0 }
  #lastAt = 0
  #isAccepted = false
  #isClosed = false

  /** @param initiator who opened it, of the ends of its first packet */
  constructor(
    number: number,
    transport: 'tcp' | 'utp',
    { from, to, at }: PacketWay,
    { initiator, isWhole }: { readonly initiator: 'from' | 'to'; readonly isWhole: boolean },
    open: OpenConnection,
  ) {
    const [first, second] = initiator === 'from' ? [from, to] : [to, from]
    // the packet is borrowed
    this.#initiator = { address: first.address.slice(), port: first.port }
    this.#responder = { address: second.address.slice(), port: second.port }
    const ends = { initiator: shownEnd(first), responder: shownEnd(second) }
    this.connection = { number, transport, ends, isWhole, startedAt: at }
    this.#sink = open(this.connection)
  }

  get figures(): ConnectionFigures {
    return { packets: { ...this.#packets }, bytes: { ...this.#bytes }, durationMs: this.#lastAt }
  }

  streamOf(role: Role): StreamSink {
    return new FlowStream(this, role, this.#sink.streams[role])
  }

  /** Counts a packet. Returns its sender, and its time since the first one. */
  count({ from, at, length, comments = [] }: PacketWay): { readonly role: Role; readonly at: number } {
    const role = this.roleOf(from)
    this.#packets[role]++
    this.#bytes[role] += length
    this.#lastAt = Math.max(this.#lastAt, at - this.connection.startedAt)
    for (const text of comments) this.#sink.commented?.(this.#lastAt, text)
    return { role, at: this.#lastAt }
  }

  roleOf(end: PacketEnd): Role {
    return isSame(end, this.#initiator) ? 'initiator' : 'responder'
  }

  /** Whether a packet is between the ends of this connection, in either direction. */
  joins({ from, to }: PacketWay): boolean {
    return isSame(from, this.#initiator)
      ? isSame(to, this.#responder)
      : isSame(from, this.#responder) && isSame(to, this.#initiator)
  }

  /** Reports that the responder accepted the connection; only the first call counts. */
  accept(at: number): void {
    if (this.#isAccepted) return
    this.#isAccepted = true
    this.#sink.accepted(at)
  }

  /** Reports how the connection ended; only the first call counts. */
  close(at: number, by: Role | null, kind: 'fin' | 'rst' | null): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#sink.closed(at, by, kind)
  }

  /** The end of the capture. */
  get lastAt(): number {
    return this.#lastAt
  }
}

/** One direction, whose FIN closes the connection. */
class FlowStream implements StreamSink {
  readonly #flow: Flow
  readonly #role: Role
  readonly #stream: StreamSink

  constructor(flow: Flow, role: Role, stream: StreamSink) {
    this.#flow = flow
    this.#role = role
    this.#stream = stream
  }

  bytes(at: number, bytes: Uint8Array): void {
    this.#stream.bytes(at, bytes)
  }

  gap(at: number, length: number | undefined): void {
    this.#stream.gap(at, length)
  }

  fin(at: number): void {
    this.#stream.fin(at)
    this.#flow.close(at, this.#role, 'fin')
  }
}

function isSame(end: PacketEnd, other: PacketEnd): boolean {
  return end.port === other.port && equalBytes(end.address, other.address)
}

function shownEnd({ address, port }: PacketEnd): { readonly address: string; readonly port: number } {
  return { address: renderIpAddress(unmapIpv4(address)), port }
}

/** Who opened a connection whose begin is not in the capture: most likely the side with a port that was picked for it. */
export function likelyInitiator({ from, to }: PacketWay): 'from' | 'to' {
  return from.port >= to.port ? 'from' : 'to'
}
