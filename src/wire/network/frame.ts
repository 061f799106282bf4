import {
  ETHERNET_HEADER_LENGTH,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  type EthernetHeader,
  writeEthernetHeader,
} from './ethernet.ts'
import {
  type IpHeader,
  ipHeaderLength,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  sumPseudoHeader,
  writeIpHeader,
} from './ip.ts'
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
  const length = TCP_HEADER_LENGTH + payload.length
  return encodeFrame({ ...addresses, protocol: PROTOCOL_TCP }, length, payload, (segment, pseudoHeader) =>
    writeTcpHeader(segment, header, pseudoHeader),
  )
}

/** An Ethernet frame with a UDP datagram, and correct checksums. */
export function encodeUdpFrame(
  addresses: FrameAddresses,
  header: UdpHeader,
  payload: Uint8Array,
): Uint8Array {
  const length = UDP_HEADER_LENGTH + payload.length
  return encodeFrame({ ...addresses, protocol: PROTOCOL_UDP }, length, payload, (datagram, pseudoHeader) =>
    writeUdpHeader(datagram, header, pseudoHeader),
  )
}

/** @param length of the payload of IP, which ends with `payload` */
function encodeFrame(
  header: FrameAddresses & IpHeader,
  length: number,
  payload: Uint8Array,
  writeHeader: (bytes: Uint8Array, pseudoHeader: number) => void,
): Uint8Array {
  const upperAt = ETHERNET_HEADER_LENGTH + ipHeaderLength(header.source)
  const frame = new Uint8Array(upperAt + length)
  frame.set(payload, frame.length - payload.length)
  const etherType = header.source.length === 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6
  writeEthernetHeader(frame, { ...header.hardware, etherType })
  writeIpHeader(frame.subarray(ETHERNET_HEADER_LENGTH), header)
  writeHeader(frame.subarray(upperAt), sumPseudoHeader(header, length))
  return frame
}
