/** What a decoder gives: the value, or why the bytes have none. A peer's mistake is data, never an exception. */
export type DecodeResult<T> = { readonly ok: true; readonly value: T } | Malformed

/** Why bytes have no value. */
export interface Malformed {
  readonly ok: false
  /** What is wrong, one line; holds no text of the peer. */
  readonly reason: string
  /** Where in the bytes that were given. */
  readonly offset: number
}

export function malformed(reason: string, offset = 0): Malformed {
  return { ok: false, reason, offset }
}
