import { printable } from './escape.ts'

/** What a spreadsheet takes for the start of a formula. */
const FORMULA = /^[=+\-@\t\r]/

type Cell = string | number | boolean | null

/**
 * One record of a CSV file (RFC 4180), with CRLF at the end. Texts can be from a peer: what a terminal or a spreadsheet would
 * interpret is escaped, the latter with an apostrophe in front of it.
 */
export function csvRecord(cells: readonly Cell[]): string {
  return `${cells.map(field).join(',')}\r\n`
}

function field(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell !== 'string') return String(cell)
  const escaped = printable(cell)
  const text = FORMULA.test(escaped) ? `'${escaped}` : escaped
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
