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
  /** The command `why` is there, so failures name it. Default false. */
  readonly hasWhy?: boolean
  /** The .torrent that was given, so that they name it as well. */
  readonly torrentPath?: string
  /** The most rows of a report without `verbose`. By default as many as fit a terminal, and a word that there are more. */
  readonly maxRows?: number
}

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

/** `ok`, `bad` and `open` of a verdict, `warn` and `note` of what is only worth knowing, `none` beside another mark. */
export type Mark = 'ok' | 'bad' | 'warn' | 'note' | 'open' | 'none'

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
  /** Painted, with the spaces after it. */
  readonly mark: (mark: Mark) => string
  /** Columns of a mark and the spaces after it: the same for all. */
  readonly markWidth: number
  /** The text beside a mark, folded in the columns of a value. */
  readonly marked: (mark: Mark, text: string) => readonly string[]
  /** The text, or its beginning and an ellipsis; by default in the columns of a value. */
  readonly cut: (text: string, width?: number) => string
  /** Lines broken between words; by default in the columns of a value. */
  readonly fold: (text: string, width?: number, firstWidth?: number) => readonly string[]
  /** Parts with commas between them, by default in the columns of a value; a line ends between parts. */
  readonly foldParts: (parts: readonly string[], width?: number) => readonly string[]
}

export function makePage(paper: Paper): Page {
  const { ascii, color, width } = paper
  const chalk = new Chalk({ level: color ? 1 : 0 })
  const glyphs = ascii ? ASCII : UNICODE
  const clean = (text: string) => (ascii ? asciiText(printable(text)) : printable(text))
  const isLabelled = width >= LABELLED_WIDTH
  const indent = isLabelled ? INDENT : 4
  const valueWidth = width - indent
  const fold: Page['fold'] = (text, columns = valueWidth, first = columns) =>
    foldColumns(clean(text), columns, first)
  const { ok, bad, warn, note, open } = glyphs
  const markWidth = Math.max(ok.length, bad.length) + 1
  const painted = {
    ok: chalk.green(ok),
    bad: chalk.red(bad),
    warn: chalk.yellow(warn),
    note: chalk.cyan(note),
    open: chalk.yellow(open),
    none: '',
  }
  const mark = (kind: Mark) =>
    `${painted[kind]}${' '.repeat(markWidth - (kind === 'none' ? 0 : glyphs[kind].length))}`
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
    mark,
    markWidth,
    marked: (kind, text) =>
      fold(text, valueWidth - markWidth).map((line, i) => `${mark(i === 0 ? kind : 'none')}${line}`),
    cut: (text, columns = valueWidth) => cutColumns(clean(text), columns, glyphs.ellipsis),
    fold,
    foldParts: (parts, columns = valueWidth) => foldParts(parts.map(clean), columns),
  }
}
