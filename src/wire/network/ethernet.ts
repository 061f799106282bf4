import { writeUint16 } from '../../base/bytes.ts'

export const ETHERTYPE_IPV4 = 0x0800
export const ETHERTYPE_IPV6 = 0x86dd

/** The link type of Ethernet in a capture. */
export const LINKTYPE_ETHERNET = 1

/** Length of a header without a VLAN tag, in bytes. */
export const ETHERNET_HEADER_LENGTH = 14

/** Length of a hardware address, in bytes. */
const MAC_LENGTH = 6

/** Who sends and who receives a frame, and what it carries. */
export interface EthernetHeader {
  /** 6 bytes. */
  readonly source: Uint8Array
  readonly destination: Uint8Array
  readonly etherType: number
}

/** Writes a header at the start of `frame`, whose rest is the payload. */
export function writeEthernetHeader(
  frame: Uint8Array,
  { source, destination, etherType }: EthernetHeader,
): void {
  frame.set(destination, 0)
  frame.set(source, MAC_LENGTH)
  writeUint16(frame, 2 * MAC_LENGTH, etherType)
}
