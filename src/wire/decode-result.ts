/** The result of a decoder: the value, or why the bytes are malformed. An error by the peer is data, never an exception. */
export type DecodeResult<T> = { readonly ok: true; readonly value: T } | Malformed

/** Why bytes cannot be decoded. */
export interface Malformed {
  readonly ok: false
  /** What is wrong, in one line; contains no text from the peer. */
  readonly reason: string
  /** Offset in the given bytes. */
  readonly offset: number
}

export function malformed(reason: string, offset = 0): Malformed {
  return { ok: false, reason, offset }
}
