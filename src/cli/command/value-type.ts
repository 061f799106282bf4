/**
 * Shell completions for a value: files, folders, words, or nothing. `document-path` is a path into the command's document,
 * `document-template` such a path in `%{}`.
 */
export type Completion =
  | 'file'
  | 'folder'
  | 'document-path'
  | 'document-template'
  | 'nothing'
  | readonly string[]
  | (() => Promise<readonly string[]>)

/** A type of flag value. */
export interface ValueType<Value> {
  /** Shown in help, such as `time` in `<time>`. */
  readonly name: string
  readonly completion: Completion
  /**
   * @param flag such as `--wait`, for messages
   * @throws PeerError with a hint about the expected value
   */
  parse(text: string, flag: string): Value
  /** A value as a user would write it. */
  show(value: Value): string
}

/** A type whose values are never shown as a default. */
export function valueType<Value>(
  name: string,
  parse: (text: string, flag: string) => Value,
  extra: { readonly completion?: Completion; readonly show?: (value: Value) => string } = {},
): ValueType<Value> {
  return { name, parse, completion: extra.completion ?? 'nothing', show: extra.show ?? String }
}

/** The same type under another name. */
export function named<Value>(name: string, type: ValueType<Value>): ValueType<Value> {
  return { ...type, name }
}
