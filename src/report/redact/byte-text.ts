import { encodeUtf8, fromHex, isHex } from '../../base/bytes.ts'
import type { ByteText, JsonValue } from '../../base/schema/json-value.ts'
import { byteText } from '../escape.ts'
import { maskText } from './mask.ts'
import type { Pseudonyms } from './pseudonyms.ts'

/** The pseudonym of a name from a peer or a torrent. */
export function redactName(name: ByteText, names: Pseudonyms): string {
  if (typeof name === 'string') return names.name(name)
  return names.name('text' in name ? name.text : name.hex)
}

/** The same value with every text replaced, apart from `v` and addresses as in `MessageRedactor.extensionHandshake`. */
export function redactDictionary(
  value: JsonValue,
  names: Pseudonyms,
  text: (text: string) => string,
  key = '',
): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => redactDictionary(item, names, text, key))
  const bytes = bytesOf(value)
  if (bytes !== undefined) {
    if (key === 'v' && typeof value === 'string') return text(value)
    const isAddress = ADDRESS_KEYS.has(key) && (bytes.length === 4 || bytes.length === 16)
    if (isAddress) return byteText(names.address(bytes))
    const masked = Uint8Array.from(bytes)
    maskText(masked)
    return byteText(masked)
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, redactDictionary(member, names, text, name)]),
  )
}

const ADDRESS_KEYS: ReadonlySet<string> = new Set(['yourip', 'ipv4', 'ipv6'])

/** The bytes of a `ByteText`; undefined for other values. Numbers beyond 2^53 are decimal text. */
function bytesOf(value: JsonValue): Uint8Array | undefined {
  if (typeof value === 'string') return encodeUtf8(value)
  if (typeof value !== 'object' || value === null || !('hex' in value)) return undefined
  const { hex } = value
  return typeof hex === 'string' && isHex(hex) ? fromHex(hex) : undefined
}
