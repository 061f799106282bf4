/**
 * A number from 0 up to 1, as `Math.random`, of 48 random bits.
 * @param random gives as many random bytes as it is asked for
 */
export function randomFraction(random: (length: number) => Uint8Array): number {
  return random(6).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 48
}
