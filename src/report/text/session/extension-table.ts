import { extensionMeaning } from '../../../wire/extension/codecs.ts'
import { escapeByteText, escapeText } from '../../escape.ts'
import type { ByteText, JsonValue } from '../../../base/schema/json-value.ts'
import type { ExtensionHandshakeReport } from '../../model/session.ts'
import { EXTENSION_KEYS } from '../../explain/extension-keys.ts'
import type { Page } from '../page/page.ts'
import { renderTable } from '../page/table.ts'

/** The largest number of rows shown: the peer controls how many there are. */
const MAX_ROWS = 40

/** Columns of the key and of the meaning, each with a space after it; the value has the rest. */
const KEY_WIDTH = 22
const MEANING_WIDTH = 21

/** The extension handshake as rows, including unknown keys. All text from the peer is escaped. A narrow page has no meanings. */
export function renderExtensionTable(handshake: ExtensionHandshakeReport, page: Page): readonly string[] {
  const rows = rowsOf(handshake)
  if (rows.length === 0) return ['an empty dictionary']
  const valueWidth = page.valueWidth - KEY_WIDTH - (page.isNarrow ? 0 : MEANING_WIDTH)
  const columns = [
    { head: 'key', width: KEY_WIDTH - 1 },
    { head: 'value', width: valueWidth - 1 },
    ...(page.isNarrow ? [] : [{ head: 'meaning', width: MEANING_WIDTH - 1, isDim: true }]),
  ]
  const left = rows.length - MAX_ROWS
  return [
    ...renderTable(columns, rows.slice(0, MAX_ROWS), page),
    ...(left > 0 ? [page.dim(`and ${left} more; --json shows all`)] : []),
  ]
}

type Row = readonly [key: string, value: string, meaning: string]

function rowsOf(handshake: ExtensionHandshakeReport): readonly Row[] {
  const known: { readonly [key: string]: string | null } = {
    yourip: handshake.yourIp,
    ipv4: handshake.ipv4,
    ipv6: handshake.ipv6,
  }
  return members(handshake.raw).flatMap(([key, value]): readonly Row[] => {
    if (key === 'm' && isDictionary(value)) return members(value).map(([name, id]) => extensionRow(name, id))
    const shown = (Object.hasOwn(known, key) ? known[key] : undefined) ?? showValue(value)
    return [[escapeText(key), shown, EXTENSION_KEYS.get(key) ?? 'unknown key']]
  })
}

function extensionRow(name: string, id: JsonValue): Row {
  const meaning = id === 0 ? 'disabled' : (extensionMeaning(name) ?? 'unknown extension')
  return [`m.${escapeText(name)}`, showValue(id), meaning]
}

function showValue(value: JsonValue): string {
  if (typeof value !== 'object') return escapeByteText(String(value))
  if (isByteText(value)) return escapeByteText(value)
  return escapeText(JSON.stringify(value))
}

function isByteText(value: JsonValue): value is Exclude<ByteText, string> & JsonValue {
  if (!isDictionary(value)) return false
  const { hex, text, truncated } = value
  return typeof hex === 'string' || (typeof text === 'string' && truncated === true)
}

function isDictionary(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function members(value: JsonValue): readonly (readonly [string, JsonValue])[] {
  return isDictionary(value) ? Object.entries(value) : []
}
