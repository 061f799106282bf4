import { MAX_PIECES } from '../base/limits.ts'

/** Whether a bitfield has the right length; `expected` is in bytes. */
export type BitfieldLengthResult =
  { readonly ok: true } | { readonly ok: false; readonly reason: string; readonly expected: number }

/**
 * Bytes that a bitfield of `pieceCount` pieces takes.
 * @throws RangeError when the piece count is no integer from 0 to MAX_PIECES
 */
export function bitfieldLength(pieceCount: number): number {
  if (!Number.isInteger(pieceCount) || pieceCount < 0 || pieceCount > MAX_PIECES)
    throw new RangeError(`piece count ${pieceCount} is not in 0..${MAX_PIECES}`)
  return Math.ceil(pieceCount / 8)
}

/**
 * Whether a bitfield payload of `length` bytes can be one of `pieceCount` pieces: exactly ceil(n / 8) bytes.
 * @see https://www.bittorrent.org/beps/bep_0003.html "peer messages"
 */
export function validateBitfieldLength(length: number, pieceCount: number): BitfieldLengthResult {
  const expected = bitfieldLength(pieceCount)
  if (length === expected) return { ok: true }
  const reason = `bitfield of ${length} bytes, torrent has ${pieceCount} pieces, expected ${expected}`
  return { ok: false, reason, expected }
}
