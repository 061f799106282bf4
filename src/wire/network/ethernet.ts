import type { PacketMemory } from './packet-memory.ts'

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

/** Writes a header at `at`. */
export function writeEthernetHeader(
  { bytes, view }: PacketMemory,
  at: number,
  { source, destination }: Omit<EthernetHeader, 'etherType'>,
  etherType: number,
): void {
  bytes.set(destination, at)
  bytes.set(source, at + MAC_LENGTH)
  view.setUint16(at + 2 * MAC_LENGTH, etherType)
}
