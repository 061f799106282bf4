import { fromByteString } from '../base/bytes.ts'
import type { BencodeDictionary, BencodeValue } from '../wire/bencode.ts'
import { byteText, escapeBytes, MAX_BYTE_TEXT } from './escape.ts'
import type { Envelope } from './model/envelope.ts'
import type { JsonValue } from '../base/schema/json-value.ts'

/** Characters that `JSON.stringify` does not escape, but a terminal interprets. */
const unsafe = () => /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/**
 * Renders one document: two-space indent, a newline at the end, and the members that every document has first. `undefined` becomes
 * null, and every control, bidirectional or invisible character becomes `\uNNNN`, so that a document is safe to print.
 */
export function renderJson(report: Envelope<string>): string {
  return render(report, 2)
}

/** The same in one line, for NDJSON. */
export function renderJsonLine(report: Envelope<string>): string {
  return render(report, 0)
}

function render(report: Envelope<string>, indent: number): string {
  const { schema, version, ok, exitCode, error, verdict, startedAt, redacted, ...rest } = report
  const document = { schema, version, ok, exitCode, error, verdict, startedAt, redacted, ...rest }
  const text = JSON.stringify(document, (_, value: unknown) => (value === undefined ? null : value), indent)
  return `${text.replace(unsafe(), (character) => (character === '\n' ? character : escapeUnits(character)))}\n`
}

/** A bencoded value as JSON: byte strings in the form of `byteText`, integers beyond 2^53 as decimal text. */
export function rawJson(value: BencodeValue): JsonValue {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return byteText(value)
  if (value instanceof Map) return rawMembers(value as BencodeDictionary)
  return (value as readonly BencodeValue[]).map(rawJson)
}

/** A dictionary key as a JSON key: its text, or `\xNN` for bytes that are not UTF-8. */
export function keyText(key: string): string {
  const text = byteText(fromByteString(key))
  if (typeof text === 'string') return text
  return 'text' in text ? text.text : escapeBytes(fromByteString(key), MAX_BYTE_TEXT)
}

function rawMembers(dictionary: BencodeDictionary): JsonValue {
  // fromEntries defines own members, so that `__proto__` from a peer is a key like any other
  return Object.fromEntries(Array.from(dictionary, ([key, member]) => [keyText(key), rawJson(member)]))
}

/** The text with every character beyond ASCII as `\uNNNN`: the same document when it is JSON. */
export function asciiJson(text: string): string {
  return text.replace(/[^\0-\x7f]/gu, escapeUnits)
}

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, i) => {
    return `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
  }).join('')
}
