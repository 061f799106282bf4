/**
 * The numbers of the pcapng format that its reader and its writer share.
 * @see https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html
 */

export const BLOCK = {
  section: 0x0a0d0d0a,
  interface: 1,
  /** Obsolete, but still found in old files. */
  packet: 2,
  simplePacket: 3,
  interfaceStatistics: 5,
  enhancedPacket: 6,
} as const

/** The same number in both byte orders tells them apart. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d

/** Block type and length, before the body; the length is repeated after it. */
export const BLOCK_HEADER_LENGTH = 8

/** Header and the repeated length. */
export const BLOCK_OVERHEAD = 12

export const OPTION = {
  end: 0,
  comment: 1,
  sectionHardware: 2,
  sectionOs: 3,
  sectionApplication: 4,
  interfaceName: 2,
  interfaceDescription: 3,
  /** Time units per second: 10^-n, or 2^-n with the highest bit set. */
  timeResolution: 9,
  interfaceOs: 12,
  /** Seconds to add to each time. */
  timeOffset: 14,
  packetsReceived: 4,
  packetsDropped: 5,
} as const

/** Bodies and options are padded to a multiple of 4 bytes. */
export function padded(length: number): number {
  return (length + 3) & ~3
}
