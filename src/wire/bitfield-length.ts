import { MAX_PIECES } from '../base/limits.ts'

/** Whether a bitfield has the right length; `expected` is in bytes. */
export type BitfieldLengthResult =
  { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly expected: number }

/**
 * Length of the bitfield of `pieceCount` pieces, in bytes.
 * @throws RangeError when the piece count is not an integer from 0 to MAX_PIECES
 */
export function bitfieldLength(pieceCount: number): number {
  if (!Number.isInteger(pieceCount) || pieceCount < 0 || pieceCount > MAX_PIECES)
    throw new RangeError(`piece count ${pieceCount} is not in 0..${MAX_PIECES}`)
  return Math.ceil(pieceCount / 8)
}

/**
 * Checks the length of a bitfield payload in bytes: for n pieces it must be exactly ceil(n / 8).
 * @see https://www.bittorrent.org/beps/bep_0003.html "peer messages"
 */
export function validateBitfieldLength(length: number, pieceCount: number): BitfieldLengthResult {
  const expected = bitfieldLength(pieceCount)
  if (length === expected) return { ok: true }
  const reason = `bitfield of ${length} bytes, torrent has ${pieceCount} pieces, expected ${expected}`
  return { ok: false, reason, expected }
}
