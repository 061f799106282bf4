import { MAX_EARLY_MEMORY, MAX_OBSERVED_CONNECTIONS } from '../../base/limits.ts'
import { toHex } from '../../base/bytes.ts'
import { badCapture } from '../../wire/capture/error.ts'
import type { CapturedPacket } from '../../wire/capture/packet.ts'
import { IpReassembler } from '../../wire/network/fragments.ts'
import { decodeIpPacket, type IpPacket, PROTOCOL_TCP, PROTOCOL_UDP } from '../../wire/network/ip.ts'
import { linkLayer, linkTypeName } from '../../wire/network/link-layer.ts'
import { decodeTcpSegment, TCP_FLAG } from '../../wire/network/tcp-segment.ts'
import { decodeUdpDatagram, type UdpHeader } from '../../wire/network/udp-datagram.ts'
import { decodeUtpPacket } from '../../wire/utp/packet.ts'
import type { ConnectionFigures, ObservedConnection, OpenConnection } from './connection.ts'
import type { PacketWay } from './flow.ts'
import { EarlyMemory } from './stream-sink.ts'
import { TcpFlow } from './tcp-flow.ts'
import { UtpFlow } from './utp-flow.ts'

/** What a capture contains besides connections. */
export interface CaptureFigures {
  readonly packets: number
  /** Packets that are not IP with TCP or uTP, or cannot be read. */
  readonly otherPackets: number
  /** Connections beyond the limit, which are not followed. */
  readonly leftOut: number
}

/**
 * Finds the TCP and uTP connections in the packets of a capture, and puts the bytes of each in order. Its memory is bounded: so
 * many connections, and so many bytes of packets that came early.
 */
export class ConnectionTable {
  readonly #open: OpenConnection
  readonly #reassembler = new IpReassembler()
  readonly #memory = new EarlyMemory(MAX_EARLY_MEMORY)
  readonly #tcp = new Map<string, TcpFlow>()
  #lastTcp: TcpFlow | undefined
  /** By their ends and each of their two ids; connections whose ids are neighbours share one. */
  readonly #utp = new Map<string, UtpFlow[]>()
  readonly #all: (TcpFlow | UtpFlow)[] = []
  #lastAt = 0
  #packets = 0
  #otherPackets = 0
  #leftOut = 0

  constructor(open: OpenConnection) {
    this.#open = open
  }

  get figures(): CaptureFigures {
    return { packets: this.#packets, otherPackets: this.#otherPackets, leftOut: this.#leftOut }
  }

  /** Every connection that is followed, in the order of their numbers. */
  *connections(): Generator<{
    readonly connection: ObservedConnection
    readonly figures: ConnectionFigures
  }> {
    for (const { connection, figures } of this.#all) yield { connection, figures }
  }

  /** @throws PeerError E_BAD_CAPTURE for a link type that cannot be read */
  packet(packet: CapturedPacket): void {
    this.#packets++
    const link = linkLayer(packet.linkType)
    if (link === undefined)
      throw badCapture(
        `packets of link type ${linkTypeName(packet.linkType)} cannot be read: the first one is`,
        packet.offset,
        'capture on Ethernet, on a Linux or BSD interface, or raw IP',
      )
    const bytes = link.ipPacket(packet.bytes)
    const ip = bytes === undefined ? undefined : decodeIpPacket(bytes)
    if (ip?.ok !== true) {
      this.#otherPackets++
      return
    }
    const whole = this.#reassembler.push(ip.value)
    if (whole === undefined) return
    // a capture of several interfaces may go back a little
    this.#lastAt = Math.max(this.#lastAt, packet.at ?? 0)
    if (!this.#take(whole, packet)) this.#otherPackets++
  }

  /** Call it after the last packet: delivers what waited for missing ones. */
  end(): void {
    for (const flow of this.#all) finish(flow)
  }

  /** Returns false for a packet that does not belong to a connection. */
  #take(ip: IpPacket, packet: CapturedPacket): boolean {
    if (ip.protocol === PROTOCOL_TCP) return this.#takeTcp(ip, packet)
    return ip.protocol === PROTOCOL_UDP && this.#takeUdp(ip, packet)
  }

  #takeTcp(ip: IpPacket, packet: CapturedPacket): boolean {
    const decoded = decodeTcpSegment(ip.payload)
    if (!decoded.ok) return false
    const segment = decoded.value
    const way = this.#wayOf(ip, segment, packet)
    const isOpening = (segment.flags & (TCP_FLAG.syn | TCP_FLAG.ack)) === TCP_FLAG.syn
    // most packets belong to the same connection as the one before, and comparing is cheaper than making a key
    let flow = this.#lastTcp?.joins(way) === true ? this.#lastTcp : this.#tcp.get(keyOf(way))
    if (flow === undefined || (isOpening && flow.isReopened(way, segment.sequence))) {
      if (flow !== undefined) finish(flow)
      flow = this.#begin((number) => new TcpFlow(number, way, segment, this.#open, this.#memory))
      if (flow === undefined) return true
      this.#tcp.set(keyOf(way), flow)
    }
    this.#lastTcp = flow
    flow.take(way, segment, ip.missing)
    return true
  }

  #takeUdp(ip: IpPacket, captured: CapturedPacket): boolean {
    const datagram = decodeUdpDatagram(ip.payload)
    const decoded = datagram.ok ? decodeUtpPacket(datagram.value.payload) : undefined
    if (!datagram.ok || decoded?.ok !== true) return false
    const { packet } = decoded
    const way = this.#wayOf(ip, datagram.value, captured)
    const ends = keyOf(way)
    let flow = this.#utp.get(`${ends} ${packet.connectionId}`)?.findLast((one) => one.accepts(way, packet))
    if (flow === undefined) {
      // any datagram may look like a packet of uTP; one that opens a connection, or brings data, is taken for one
      if (packet.type !== 'syn' && packet.type !== 'data') return false
      flow = this.#begin((number) => new UtpFlow(number, way, packet, this.#open, this.#memory))
      if (flow === undefined) return true
      for (const id of flow.ids) this.#addUtp(`${ends} ${id}`, flow)
    }
    flow.take(way, packet, ip.missing)
    return true
  }

  #addUtp(key: string, flow: UtpFlow): void {
    // the same side opens a connection with an id that it used before: that one is over
    const others = this.#utp.get(key)?.filter((other) => !other.isReplacedBy(flow)) ?? []
    this.#utp.set(key, [...others, flow])
  }

  #wayOf(
    { source, destination }: IpPacket,
    ports: UdpHeader,
    { originalLength, comments }: CapturedPacket,
  ): PacketWay {
    return {
      from: { address: source, port: ports.sourcePort },
      to: { address: destination, port: ports.destinationPort },
      at: this.#lastAt,
      length: originalLength,
      ...(comments !== undefined && { comments }),
    }
  }

  #begin<Flow extends TcpFlow | UtpFlow>(make: (number: number) => Flow): Flow | undefined {
    if (this.#all.length === MAX_OBSERVED_CONNECTIONS) {
      this.#leftOut++
      return undefined
    }
    const flow = make(this.#all.length + 1)
    this.#all.push(flow)
    return flow
  }
}

/** Nothing more comes. */
function finish(flow: TcpFlow | UtpFlow): void {
  flow.end()
  flow.close(flow.lastAt, null, null)
}

/** The same for both directions. */
function keyOf({ from, to }: PacketWay): string {
  const [a, b] = [from, to].map(({ address, port }) => `${toHex(address)}:${port}`)
  return (a ?? '') < (b ?? '') ? `${a} ${b}` : `${b} ${a}`
}
