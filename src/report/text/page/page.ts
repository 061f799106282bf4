import { Chalk } from 'chalk'
import { asciiText, printable } from '../../escape.ts'
import { cutColumns, foldColumns, foldParts } from './columns.ts'

/** Where a text is printed. */
export interface Paper {
  /** Columns, from `MIN_WIDTH` to `MAX_WIDTH`. Nothing wraps: long values are folded or cut. */
  readonly width: number
  /** Only ASCII may be printed. */
  readonly ascii: boolean
  readonly color: boolean
}

export const MIN_WIDTH = 40
export const MAX_WIDTH = 120

/** A file, a pipe, or a terminal that does not report its width. */
export const PLAIN_PAPER: Paper = { width: 80, ascii: false, color: false }

export interface TextOptions extends Paper {
  /** Show every attempt, every time and every expectation. */
  readonly verbose: boolean
}

/** Below this width, a label is on a line of its own. */
const LABELLED_WIDTH = 50

/** Up to this width, tables lose their last column, and the time of a verdict is on the second line. */
const NARROW_WIDTH = 60

/** The column where values start; labels are to the left. */
const INDENT = 14

/** The characters of marks, bars and tables. */
interface Glyphs {
  readonly ok: string
  readonly bad: string
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

/** A colour by its meaning. */
type Paint = (text: string) => string

/** Paper with everything that depends on it: columns, colours and characters. */
export interface Page extends Paper {
  /** The column where values start. */
  readonly indent: number
  /** Columns of a value. */
  readonly valueWidth: number
  readonly isNarrow: boolean
  /** Whether labels are beside their values. */
  readonly isLabelled: boolean
  readonly glyphs: Glyphs
  readonly good: Paint
  readonly bad: Paint
  readonly warn: Paint
  readonly note: Paint
  readonly dim: Paint
  readonly strong: Paint
  /** Painted: `ok` and `bad` of a verdict, `warn` and `note` of what is only worth knowing. */
  readonly marks: { readonly ok: string; readonly bad: string; readonly warn: string; readonly note: string }
  /** The text, or its beginning and an ellipsis; by default in the columns of a value. */
  readonly cut: (text: string, width?: number) => string
  /** Lines broken between words; by default in the columns of a value. */
  readonly fold: (text: string, width?: number, firstWidth?: number) => readonly string[]
  /** Parts with commas between them, in the columns of a value; a line ends between parts. */
  readonly foldParts: (parts: readonly string[]) => readonly string[]
}

export function makePage(paper: Paper): Page {
  const { ascii, color, width } = paper
  const chalk = new Chalk({ level: color ? 1 : 0 })
  const glyphs = ascii ? ASCII : UNICODE
  const clean = (text: string) => (ascii ? asciiText(printable(text)) : printable(text))
  const isLabelled = width >= LABELLED_WIDTH
  const indent = isLabelled ? INDENT : 2
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
    good: (text) => chalk.green(text),
    bad: (text) => chalk.red(text),
    warn: (text) => chalk.yellow(text),
    note: (text) => chalk.cyan(text),
    dim: (text) => chalk.dim(text),
    strong: (text) => chalk.bold(text),
    marks: {
      ok: chalk.green(glyphs.ok),
      bad: chalk.red(glyphs.bad),
      warn: chalk.yellow('!'),
      note: chalk.cyan('i'),
    },
    cut: (text, columns = valueWidth) => cutColumns(clean(text), columns, glyphs.ellipsis),
    fold: (text, columns = valueWidth, first = columns) => foldColumns(clean(text), columns, first),
    foldParts: (parts) => foldParts(parts.map(clean), valueWidth),
  }
}
