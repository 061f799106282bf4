import Table from 'cli-table3'
import type { Page } from './page.ts'

/** A column; the last one has what is left of the width. */
export interface Column {
  readonly head: string
  /** Cells are cut to this many columns; a space follows. */
  readonly width: number
  readonly isDim?: boolean
}

/** A table without frames: the head, a line, and a line for each row. Cells must be escaped. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  page: Page,
): readonly string[] {
  const table = new Table({
    colWidths: columns.map(({ width }) => width + 1),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 1 },
    chars: NO_LINES,
  })
  const cells = (texts: readonly string[]) => columns.map(({ width }, i) => page.cut(texts[i] ?? '', width))
  table.push(cells(columns.map(({ head }) => head)).map(page.dim))
  for (const row of rows)
    table.push(cells(row).map((cell, i) => (columns[i]?.isDim === true ? page.dim(cell) : cell)))
  const [head = '', ...lines] = table.toString().split('\n')
  return [
    head.trimEnd(),
    page.dim(page.glyphs.line.repeat(page.valueWidth)),
    ...lines.map((line) => line.trimEnd()),
  ]
}

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
}
