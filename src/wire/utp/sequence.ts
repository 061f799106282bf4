/**
 * Sequence arithmetic of uTP: packet numbers are 16 bits and wrap, so 65535 comes before 0.
 * @see https://www.bittorrent.org/beps/bep_0029.html
 */

/** `number` moved by `by` packets, which may be negative. */
export function addSequence(number: number, by: number): number {
  return (number + by) & 0xffff
}

/** How many packets `to` is ahead of `from`, 0..65535; a packet before `from` appears more than 32767 ahead. */
export function sequenceDistance(from: number, to: number): number {
  return (to - from) & 0xffff
}

/** Whether `a` comes before `b`: `b` is 1..32767 ahead of it. */
export function isSequenceBefore(a: number, b: number): boolean {
  const ahead = (b - a) & 0xffff
  return ahead !== 0 && ahead < 0x8000
}
