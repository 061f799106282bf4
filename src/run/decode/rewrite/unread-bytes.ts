/** Bytes that look random and say nothing: the same for everybody. */
const NOISE = makeNoise(65_536)

/** Neither a length of a message nor a handshake begins with it. */
const DOT = 0x2e

/**
 * What takes the place of bytes that are not read: noise where they looked random, so that the result still looks encrypted,
 * and dots elsewhere.
 */
export function fillUnread(length: number, looksRandom: boolean): Uint8Array {
  const bytes = new Uint8Array(length)
  if (!looksRandom) return bytes.fill(DOT)
  for (let at = 0; at < length; at += NOISE.length)
    bytes.set(NOISE.subarray(0, Math.min(NOISE.length, length - at)), at)
  return bytes
}

function makeNoise(length: number): Uint8Array {
  let state = 20_261_128
  return Uint8Array.from({ length }, () => (state = (state * 48_271) % 0x7fff_ffff) >> 8)
}
