/**
 * A number with 48 random bits: 0 <= x < 1, like `Math.random`.
 * @param random returns `length` random bytes
 */
export function randomFraction(random: (length: number) => Uint8Array): number {
  return random(6).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 48
}
