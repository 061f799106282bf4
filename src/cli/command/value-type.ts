/** What a shell may offer for a value: files, folders, words, or nothing. `document-path` is a path into the command's document. */
export type Completion =
  'file' | 'folder' | 'document-path' | 'nothing' | readonly string[] | (() => Promise<readonly string[]>)

/** A kind of value that flags take. */
export interface ValueType<Value> {
  /** In help, as `<time>`. */
  readonly name: string
  readonly completion: Completion
  /**
   * @param flag as `--wait`, for messages
   * @throws PeerError that says what to type instead
   */
  parse(text: string, flag: string): Value
  /** A value as it would be typed. */
  show(value: Value): string
}

/** A type whose values are only ever typed, never shown as a default. */
export function valueType<Value>(
  name: string,
  parse: (text: string, flag: string) => Value,
  extra: { readonly completion?: Completion; readonly show?: (value: Value) => string } = {},
): ValueType<Value> {
  return { name, parse, completion: extra.completion ?? 'nothing', show: extra.show ?? String }
}

/** The same kind of value under another name. */
export function named<Value>(name: string, type: ValueType<Value>): ValueType<Value> {
  return { ...type, name }
}
