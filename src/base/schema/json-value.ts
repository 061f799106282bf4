/** A byte string from a peer: text when it is valid UTF-8, else hex; `truncated` when it was cut. */
export type ByteText =
  | string
  | { readonly hex: string; readonly truncated?: true }
  | { readonly text: string; readonly truncated: true }

/** A bencoded value as JSON; integers outside the safe range become decimal strings. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }
