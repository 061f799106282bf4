import { asciiText, printable } from '../../escape.ts'
import { cutColumns, foldColumns, foldParts } from './columns.ts'
import type { Paper } from './paper.ts'

/** Below this width, a label is on a line of its own. */
const LABELLED_WIDTH = 50

/** Up to this width, tables lose their last column, and the time of a verdict is on the second line. */
const NARROW_WIDTH = 60

/** The column where values start; labels are to the left. */
const INDENT = 16

/** The characters of marks, bars and tables. */
interface Glyphs {
  readonly ok: string
  readonly bad: string
  readonly warn: string
  readonly note: string
  readonly open: string
  readonly ellipsis: string
  readonly dash: string
  readonly line: string
  /** Of a progress bar: done and left. */
  readonly done: string
  readonly left: string
  /** From none to all of the pieces of a cell. */
  readonly cells: readonly [string, string, string, string, string]
  readonly sent: string
  readonly received: string
  readonly event: string
}

const UNICODE: Glyphs = {
  ok: '✓',
  bad: '✗',
  warn: '!',
  note: 'i',
  open: '?',
  ellipsis: '…',
  dash: '–',
  line: '─',
  done: '━',
  left: '·',
  cells: ['·', '░', '▒', '▓', '█'],
  sent: '→',
  received: '←',
  event: '·',
}

const ASCII: Glyphs = {
  ok: 'ok',
  bad: 'FAIL',
  warn: '!',
  note: 'i',
  open: '?',
  ellipsis: '...',
  dash: '-',
  line: '-',
  done: '#',
  left: '-',
  cells: ['-', '.', '+', '*', '#'],
  sent: '->',
  received: '<-',
  event: '-',
}

/** Paper with what depends on it, apart from colours: columns and characters. */
export interface Layout extends Paper {
  /** The column where values start. */
  readonly indent: number
  /** Columns of a value. */
  readonly valueWidth: number
  readonly isNarrow: boolean
  /** Whether labels are beside their values. */
  readonly isLabelled: boolean
  readonly glyphs: Glyphs
  /** The text, or its beginning and an ellipsis; by default in the columns of a value. */
  readonly cut: (text: string, width?: number) => string
  /** Lines broken between words; by default in the columns of a value. */
  readonly fold: (text: string, width?: number, firstWidth?: number) => readonly string[]
  /** Parts with commas between them, by default in the columns of a value; a line ends between parts. */
  readonly foldParts: (parts: readonly string[], width?: number) => readonly string[]
}

export function makeLayout({ ascii, color, width }: Paper): Layout {
  const glyphs = ascii ? ASCII : UNICODE
  const clean = (text: string) => (ascii ? asciiText(printable(text)) : printable(text))
  const isLabelled = width >= LABELLED_WIDTH
  const indent = isLabelled ? INDENT : 4
  const valueWidth = width - indent
  return {
    width,
    ascii,
    color,
    indent,
    valueWidth,
    isNarrow: width <= NARROW_WIDTH,
    isLabelled,
    glyphs,
    cut: (text, columns = valueWidth) => cutColumns(clean(text), columns, glyphs.ellipsis),
    fold: (text, columns = valueWidth, first = columns) => foldColumns(clean(text), columns, first),
    foldParts: (parts, columns = valueWidth) => foldParts(parts.map(clean), columns),
  }
}
