import { readUint16 } from '../../base/bytes.ts'

/**
 * The sum of 16-bit words of RFC 1071, not yet folded. An odd last byte counts as the upper half of a word, so only the last
 * part of a sum may be odd.
 */
export function sumWords(bytes: Uint8Array, initial = 0): number {
  let sum = initial
  const even = bytes.length & ~1
  for (let at = 0; at < even; at += 2) sum += readUint16(bytes, at)
  return even === bytes.length ? sum : sum + ((bytes[even] as number) << 8)
}

/** The checksum of IPv4, TCP and UDP from a sum of words: its complement, folded to 16 bits. */
export function internetChecksum(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000)
  return ~folded & 0xffff
}
