import {
  ETHERNET_HEADER_LENGTH,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  type EthernetHeader,
  writeEthernetHeader,
} from './ethernet.ts'
import { type IpHeader, ipHeaderLength, PROTOCOL_TCP, PROTOCOL_UDP, writeIpHeader } from './ip.ts'
import { PacketMemory } from './packet-memory.ts'
import { TCP_HEADER_LENGTH, type TcpHeader, writeTcpHeader } from './tcp-segment.ts'
import { UDP_HEADER_LENGTH, type UdpHeader, writeUdpHeader } from './udp-datagram.ts'

/** The hardware and IP addresses of a frame, and the identification of its packet. */
export interface FrameAddresses extends Omit<IpHeader, 'protocol'> {
  readonly hardware: Omit<EthernetHeader, 'etherType'>
}

/** An Ethernet frame with a TCP segment, and correct checksums. */
export function encodeTcpFrame(
  addresses: FrameAddresses,
  header: TcpHeader,
  payload: Uint8Array,
): Uint8Array {
  const memory = new PacketMemory(tcpFrameLength(addresses, payload))
  writeTcpFrame(memory, 0, addresses, header, payload)
  return memory.bytes
}

/** An Ethernet frame with a UDP datagram, and correct checksums. */
export function encodeUdpFrame(
  addresses: FrameAddresses,
  header: UdpHeader,
  payload: Uint8Array,
): Uint8Array {
  const memory = new PacketMemory(udpFrameLength(addresses, payload))
  writeUdpFrame(memory, 0, addresses, header, payload)
  return memory.bytes
}

/** Length of what `writeTcpFrame` writes, in bytes. */
export function tcpFrameLength({ source }: FrameAddresses, payload: Uint8Array): number {
  return ETHERNET_HEADER_LENGTH + ipHeaderLength(source) + TCP_HEADER_LENGTH + payload.length
}

/** Length of what `writeUdpFrame` writes, in bytes. */
export function udpFrameLength({ source }: FrameAddresses, payload: Uint8Array): number {
  return ETHERNET_HEADER_LENGTH + ipHeaderLength(source) + UDP_HEADER_LENGTH + payload.length
}

/** Writes a frame as `encodeTcpFrame` returns it, at `at` in memory that was not written before. */
export function writeTcpFrame(
  memory: PacketMemory,
  at: number,
  addresses: FrameAddresses,
  header: TcpHeader,
  payload: Uint8Array,
): void {
  const length = TCP_HEADER_LENGTH + payload.length
  const pseudoHeader = writeLowerHeaders(memory, at, addresses, PROTOCOL_TCP, length)
  const upperAt = at + ETHERNET_HEADER_LENGTH + ipHeaderLength(addresses.source)
  memory.bytes.set(payload, upperAt + TCP_HEADER_LENGTH)
  writeTcpHeader(memory, upperAt, upperAt + length, header, pseudoHeader)
}

/** Writes a frame as `encodeUdpFrame` returns it, at `at` in memory that was not written before. */
export function writeUdpFrame(
  memory: PacketMemory,
  at: number,
  addresses: FrameAddresses,
  header: UdpHeader,
  payload: Uint8Array,
): void {
  const length = UDP_HEADER_LENGTH + payload.length
  const pseudoHeader = writeLowerHeaders(memory, at, addresses, PROTOCOL_UDP, length)
  const upperAt = at + ETHERNET_HEADER_LENGTH + ipHeaderLength(addresses.source)
  memory.bytes.set(payload, upperAt + UDP_HEADER_LENGTH)
  writeUdpHeader(memory, upperAt, upperAt + length, header, pseudoHeader)
}

/** @returns as `writeIpHeader` */
function writeLowerHeaders(
  memory: PacketMemory,
  at: number,
  { hardware, source, destination, id }: FrameAddresses,
  protocol: number,
  length: number,
): number {
  writeEthernetHeader(memory, at, hardware, source.length === 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6)
  return writeIpHeader(memory, at + ETHERNET_HEADER_LENGTH, { source, destination, protocol, id }, length)
}
