/**
 * A sum of words of RFC 1071 that `internetChecksum` folds. An odd last byte counts as the upper half of a word, so only the
 * last part of a sum may be odd.
 * @param start of the bytes to sum, and `end` after the last one
 */
export function sumWords(view: DataView, start: number, end: number, initial = 0): number {
  // 2^16 is 1 modulo 2^16 - 1, so a word of 32 bits counts as its two halves, and two sums do not wait for each other
  let sum = initial
  let other = 0
  let at = start
  for (; at + 8 <= end; at += 8) {
    sum += view.getUint32(at)
    other += view.getUint32(at + 4)
  }
  for (; at + 2 <= end; at += 2) sum += view.getUint16(at)
  return sum + other + (at < end ? view.getUint8(at) << 8 : 0)
}

/** The checksum of IPv4, TCP and UDP from a sum of words: its complement, folded to 16 bits. */
export function internetChecksum(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000)
  return ~folded & 0xffff
}
