import type { UtpPacket } from '../../wire/utp/packet.ts'
import { addSequence } from '../../wire/utp/sequence.ts'
import { type OpenConnection, otherRole, type Role } from './connection.ts'
import { Flow, likelyInitiator, type PacketWay } from './flow.ts'
import type { EarlyMemory } from './stream-sink.ts'
import { UtpStream } from './utp-stream.ts'

/**
 * A uTP connection of a capture. The responder uses the connection id of the SYN, the initiator the number after it
 * (BEP 29).
 */
export class UtpFlow extends Flow {
  readonly #streams: Readonly<Record<Role, UtpStream>>
  readonly #synId: number
  readonly #synNumber: number | undefined
  #isOver = false

  constructor(number: number, way: PacketWay, packet: UtpPacket, open: OpenConnection, memory: EarlyMemory) {
    const isWhole = packet.type === 'syn'
    const initiator = isWhole ? 'from' : likelyInitiator(way)
    super(number, 'utp', way, { initiator, isWhole }, open)
    const isFirstId = isWhole || initiator === 'to'
    this.#synId = isFirstId ? packet.connectionId : addSequence(packet.connectionId, -1)
    this.#synNumber = isWhole ? packet.sequenceNumber : undefined
    this.#streams = {
      initiator: new UtpStream(this.streamOf('initiator'), memory),
      responder: new UtpStream(this.streamOf('responder'), memory),
    }
  }

  /** The connection ids of the responder and of the initiator. */
  get ids(): readonly number[] {
    return [this.#synId, addSequence(this.#synId, 1)]
  }

  /** Whether another connection between the same ends has the same ids in the same direction. */
  isReplacedBy({ connection, ids }: UtpFlow): boolean {
    const [mine, theirs] = [this.connection.ends.initiator, connection.ends.initiator]
    return ids[0] === this.#synId && mine.port === theirs.port && mine.address === theirs.address
  }

  /** Whether a packet between the same ends belongs to this connection. */
  accepts({ from }: PacketWay, { type, connectionId, sequenceNumber }: UtpPacket): boolean {
    const isFromInitiator = this.roleOf(from) === 'initiator'
    // a SYN that is sent again has the same number
    if (type === 'syn')
      return isFromInitiator && connectionId === this.#synId && sequenceNumber === this.#synNumber
    // a RESET carries the id of either side
    const other = addSequence(this.#synId, 1)
    if (type === 'reset') return connectionId === this.#synId || connectionId === other
    return connectionId === (isFromInitiator ? other : this.#synId)
  }

  /** @param missing bytes of the payload that were not captured */
  take(way: PacketWay, packet: UtpPacket, missing: number): void {
    const { role, at } = this.count(way)
    if (this.#isOver) return
    const { type, sequenceNumber, acknowledged, payload } = packet
    const stream = this.#streams[role]
    const other = this.#streams[otherRole(role)]
    if (type !== 'syn' && type !== 'reset') this.accept(at)
    if (type === 'syn') {
      stream.begin(addSequence(sequenceNumber, 1))
      return
    }
    if (type === 'reset') {
      this.end()
      this.close(at, role, 'rst')
      return
    }
    // implementations disagree on whether the answer to a SYN takes a number: what the initiator acknowledges decides
    if (this.connection.isWhole && role === 'initiator') other.begin(addSequence(acknowledged, 1))
    other.acknowledged(at, acknowledged)
    if (type === 'state') return
    stream.packet(at, { number: sequenceNumber, payload, missing, isFin: type === 'fin' })
  }

  /** Delivers what waited for missing packets: nothing more comes. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const stream of Object.values(this.#streams)) stream.flush(this.lastAt)
  }
}
