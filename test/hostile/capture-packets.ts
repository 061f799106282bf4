import { concat } from '../../src/base/bytes.ts'
import { PROTOCOL_TCP, PROTOCOL_UDP, writeIpHeader } from '../../src/wire/network/ip.ts'
import { PacketMemory } from '../../src/wire/network/packet-memory.ts'
import { TCP_FLAG, writeTcpHeader } from '../../src/wire/network/tcp-segment.ts'
import { writeUdpHeader } from '../../src/wire/network/udp-datagram.ts'
import { ORDERS, pcapFile } from '../support/captures/capture-files.ts'

/** Packets of hostile captures, as raw IPv4 in a pcap file. */

const LINK_RAW_IP = 101
const IP_LENGTH = 20
const { u32 } = ORDERS['little-endian']

export const PCAP_HEADER = pcapFile(ORDERS['little-endian'], { linkType: LINK_RAW_IP }, [])

/** A record of a pcap file. */
export function record(packet: Uint8Array, { seconds = 1, originalLength = packet.length } = {}): Uint8Array {
  return concat([u32(seconds, 0, packet.length, originalLength), packet])
}

/** One side of connections between 10.x.x.x and 192.0.2.1. */
export interface PacketEnds {
  /** Which connection: its address and port follow from it. */
  readonly connection: number
  /** From the side that was asked. */
  readonly reply?: boolean
}

function ends({ connection, reply = false }: PacketEnds) {
  const initiator = Uint8Array.of(10, connection >> 16, connection >> 8, connection)
  const responder = Uint8Array.of(192, 0, 2, 1)
  const ports = { initiator: 50_000, responder: 6881 }
  return reply
    ? { source: responder, destination: initiator, from: ports.responder, to: ports.initiator }
    : { source: initiator, destination: responder, from: ports.initiator, to: ports.responder }
}

export interface SegmentFields {
  readonly sequence?: number
  readonly acknowledged?: number
  readonly flags?: number
  readonly payload?: Uint8Array
}

const NO_BYTES = new Uint8Array()

export function tcp(
  between: PacketEnds,
  { sequence = 1, acknowledged = 1, flags = TCP_FLAG.ack, payload = NO_BYTES }: SegmentFields,
): Uint8Array {
  const { source, destination, from, to } = ends(between)
  const length = 20 + payload.length
  const memory = new PacketMemory(IP_LENGTH + length)
  writeIpHeader(memory, 0, { source, destination, protocol: PROTOCOL_TCP, id: 0 }, length)
  memory.bytes.set(payload, IP_LENGTH + 20)
  const header = { sourcePort: from, destinationPort: to, sequence, acknowledged, flags, window: 1000 }
  writeTcpHeader(memory, IP_LENGTH, IP_LENGTH + length, header, 0)
  return memory.bytes
}

/** The SYN with which both streams begin at number 1. */
export function syn(connection: number): Uint8Array {
  return concat([
    record(tcp({ connection }, { sequence: 0, flags: TCP_FLAG.syn })),
    record(tcp({ connection, reply: true }, { sequence: 0, flags: TCP_FLAG.syn | TCP_FLAG.ack })),
  ])
}

export function udp(between: PacketEnds, payload: Uint8Array): Uint8Array {
  const { source, destination, from, to } = ends(between)
  const length = 8 + payload.length
  const memory = new PacketMemory(IP_LENGTH + length)
  writeIpHeader(memory, 0, { source, destination, protocol: PROTOCOL_UDP, id: 0 }, length)
  memory.bytes.set(payload, IP_LENGTH + 8)
  writeUdpHeader(memory, IP_LENGTH, IP_LENGTH + length, { sourcePort: from, destinationPort: to }, 0)
  return memory.bytes
}

/** A fragment of a TCP datagram. @param offset in bytes, a multiple of 8 */
export function fragment(id: number, offset: number, more: boolean, payload: Uint8Array): Uint8Array {
  const { source, destination } = ends({ connection: 1 })
  const memory = new PacketMemory(IP_LENGTH + payload.length)
  writeIpHeader(memory, 0, { source, destination, protocol: PROTOCOL_TCP, id }, payload.length)
  const packet = memory.bytes
  packet[6] = (more ? 0x20 : 0) | (offset >> 11)
  packet[7] = offset >> 3
  packet.set(payload, IP_LENGTH)
  return packet
}

/** Type of a uTP packet. */
export const UTP = { data: 0, fin: 1, state: 2, reset: 3, syn: 4 } as const

export function utp(
  type: number,
  { id = 1, number = 1, acknowledged = 0 },
  payload: Uint8Array = NO_BYTES,
  extensions: { readonly first: number; readonly bytes: Uint8Array } = { first: 0, bytes: NO_BYTES },
): Uint8Array {
  const head = new Uint8Array(20)
  const view = new DataView(head.buffer)
  view.setUint8(0, (type << 4) | 1)
  view.setUint8(1, extensions.first)
  view.setUint16(2, id)
  view.setUint16(16, number)
  view.setUint16(18, acknowledged)
  return concat([head, extensions.bytes, payload])
}
