import { fromHex } from '../../../base/bytes.ts'
import { hasBit } from '../../../wire/bitfield.ts'
import type { AvailabilityReport } from '../../model/session.ts'
import type { Page } from '../page/page.ts'

/** The largest number of cells, each a column. */
const MAX_CELLS = 60

/**
 * One line that shows which parts of the torrent the peer has. Each cell covers about the same number of pieces and is filled in proportion.
 * Only a cell without any piece looks empty, and only a complete one looks full. Undefined while the piece count is unknown.
 */
export function renderPieceMap(
  { pieceCount, have, bitfield }: AvailabilityReport,
  { glyphs, valueWidth }: Page,
): string | undefined {
  if (pieceCount === null || pieceCount === 0 || have === null) return undefined
  const cells = Math.min(MAX_CELLS, valueWidth, pieceCount)
  if (have === 0) return glyphs.cells[0].repeat(cells)
  if (have === pieceCount) return glyphs.cells[4].repeat(cells)
  if (bitfield === null) return undefined
  const bytes = fromHex(bitfield)
  return Array.from({ length: cells }, (_, cell) => {
    const first = Math.floor((cell * pieceCount) / cells)
    const end = Math.floor(((cell + 1) * pieceCount) / cells)
    return cellOf(countSet(bytes, first, end), end - first, glyphs.cells)
  }).join('')
}

function cellOf(have: number, total: number, cells: Page['glyphs']['cells']): string {
  if (have === 0) return cells[0]
  if (have === total) return cells[4]
  return cells[1 + Math.min(2, Math.floor((have * 3) / total))] ?? cells[1]
}

function countSet(bytes: Uint8Array, first: number, end: number): number {
  let set = 0
  for (let piece = first; piece < end; piece++) if (hasBit(bytes, piece)) set++
  return set
}
