import { fromHex } from '../../base/bytes.ts'
import { hasBit } from '../../wire/bitfield.ts'
import type { AvailabilityReport } from '../model/session.ts'

/** Columns of a piece map. */
export const MAP_WIDTH = 60

/** From none to all of the pieces of a cell. */
const CELLS = ['·', '░', '▒', '▓', '█'] as const

/**
 * One line that shows which parts of the torrent the peer has. Each cell covers about the same number of pieces and is filled in proportion.
 * Only a cell without any piece looks empty, and only a complete one looks full. Undefined while the piece count is unknown.
 */
export function renderPieceMap({ pieceCount, have, bitfield }: AvailabilityReport): string | undefined {
  if (pieceCount === null || pieceCount === 0 || have === null) return undefined
  const cells = Math.min(MAP_WIDTH, pieceCount)
  if (have === 0) return CELLS[0].repeat(cells)
  if (have === pieceCount) return CELLS[4].repeat(cells)
  if (bitfield === null) return undefined
  const bytes = fromHex(bitfield)
  return Array.from({ length: cells }, (_, cell) => {
    const first = Math.floor((cell * pieceCount) / cells)
    const end = Math.floor(((cell + 1) * pieceCount) / cells)
    return cellOf(countSet(bytes, first, end), end - first)
  }).join('')
}

function cellOf(have: number, total: number): string {
  if (have === 0) return CELLS[0]
  if (have === total) return CELLS[4]
  return CELLS[1 + Math.min(2, Math.floor((have * 3) / total))] ?? CELLS[1]
}

function countSet(bytes: Uint8Array, first: number, end: number): number {
  let set = 0
  for (let piece = first; piece < end; piece++) if (hasBit(bytes, piece)) set++
  return set
}
