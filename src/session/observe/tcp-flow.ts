import { TCP_FLAG, type TcpSegment } from '../../wire/network/tcp-segment.ts'
import { type OpenConnection, otherRole, type Role } from './connection.ts'
import { Flow, likelyInitiator, type PacketWay } from './flow.ts'
import type { EarlyMemory } from './stream-sink.ts'
import { TcpStream } from './tcp-stream.ts'

const { syn, ack, fin, rst } = TCP_FLAG

/** A TCP connection of a capture. */
export class TcpFlow extends Flow {
  readonly #streams: Readonly<Record<Role, TcpStream>>
  #isOver = false

  constructor(
    number: number,
    way: PacketWay,
    { flags }: TcpSegment,
    open: OpenConnection,
    memory: EarlyMemory,
  ) {
    const isWhole = (flags & syn) !== 0
    // the answer to a SYN comes from the side that was asked
    const initiator = !isWhole ? likelyInitiator(way) : (flags & ack) === 0 ? 'from' : 'to'
    super(number, 'tcp', way, { initiator, isWhole }, open)
    this.#streams = {
      initiator: new TcpStream(this.streamOf('initiator'), memory),
      responder: new TcpStream(this.streamOf('responder'), memory),
    }
  }

  /** Whether a SYN begins another connection between the same ends. */
  isReopened({ from }: PacketWay, sequence: number): boolean {
    return this.#streams[this.roleOf(from)].contradicts(sequence)
  }

  take(way: PacketWay, segment: TcpSegment, missing: number): void {
    const { role, at } = this.count(way)
    if (this.#isOver) return
    const { flags, sequence, payload } = segment
    const stream = this.#streams[role]
    // the initiator sends nothing but its SYN until the responder has accepted it
    if ((flags & (role === 'initiator' ? syn | rst : rst)) === 0) this.accept(at)
    if ((flags & syn) !== 0) {
      stream.syn(sequence)
      return
    }
    if ((flags & ack) !== 0) this.#streams[otherRole(role)].acknowledged(at, segment.acknowledged)
    // a byte that only keeps the connection alive is one that was acknowledged before, and is ignored like any such byte
    stream.segment(at, { sequence, payload, missing })
    if ((flags & fin) !== 0) stream.fin(at, (sequence + payload.length + missing) >>> 0)
    if ((flags & rst) === 0) return
    this.end()
    this.close(at, role, 'rst')
  }

  /** Delivers what waited for missing segments: nothing more comes. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const stream of Object.values(this.#streams)) stream.flush(this.lastAt)
  }
}
