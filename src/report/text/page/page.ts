import { Chalk } from 'chalk'
import { type Layout, makeLayout } from './layout.ts'
import type { Paper } from './paper.ts'

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

/** `ok`, `bad` and `open` of a verdict, `warn` and `note` of what is only worth knowing, `none` beside another mark. */
export type Mark = 'ok' | 'bad' | 'warn' | 'note' | 'open' | 'none'

/** A colour by its meaning. */
type Paint = (text: string) => string

/** A layout with colours. */
export interface Page extends Layout {
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
}

export function makePage(paper: Paper): Page {
  const layout = makeLayout(paper)
  const { glyphs, valueWidth, fold } = layout
  const chalk = new Chalk({ level: paper.color ? 1 : 0 })
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
    ...layout,
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
  }
}
