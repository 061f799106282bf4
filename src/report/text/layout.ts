import { Chalk } from 'chalk'
import { printable } from '../escape.ts'

/** Every report fits a terminal of this width: nothing wraps, and long values are folded or cut. */
export const WIDTH = 80

/** The column where values start; labels are to the left. */
export const INDENT = 14

/** The width of a value. */
export const VALUE_WIDTH = WIDTH - INDENT

export interface TextOptions {
  readonly color: boolean
  /** Show every attempt, every time and every expectation. */
  readonly verbose: boolean
}

/** Colours by meaning. */
export interface Paint {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly warn: (text: string) => string
  readonly note: (text: string) => string
  readonly dim: (text: string) => string
  readonly strong: (text: string) => string
}

export function makePaint(color: boolean): Paint {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  return {
    good: (text) => chalk.green(text),
    bad: (text) => chalk.red(text),
    warn: (text) => chalk.yellow(text),
    note: (text) => chalk.cyan(text),
    dim: (text) => chalk.dim(text),
    strong: (text) => chalk.bold(text),
  }
}

/** One part of a report: a label and the lines beside it. Lines fit `VALUE_WIDTH` and may be coloured. */
export interface Section {
  readonly label: string
  readonly lines: readonly string[]
}

/** Labels in the left column, lines beside them, and an empty line between sections. Sections without lines are left out. */
export function renderSections(sections: readonly Section[], paint: Paint): string {
  return sections
    .filter(({ lines }) => lines.length > 0)
    .map(({ label, lines }) =>
      lines
        .map((line, i) =>
          i === 0 ? `${paint.strong(label.padEnd(INDENT))}${line}` : `${' '.repeat(INDENT)}${line}`,
        )
        .map((line) => line.trimEnd())
        .join('\n'),
    )
    .join('\n\n')
}

/** Characters that take two columns of a terminal. */
const WIDE =
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u

/** The width of a text without colours, in columns. */
export function displayWidth(text: string): number {
  let width = 0
  for (const character of text) width += columnsOf(character)
  return width
}

/** The text, or its beginning and an ellipsis when it takes more than `width` columns. */
export function cut(text: string, width: number): string {
  const clean = printable(text)
  if (displayWidth(clean) <= width) return clean
  let kept = ''
  let left = width - 1
  for (const character of clean) {
    left -= columnsOf(character)
    if (left < 0) break
    kept += character
  }
  return `${kept}…`
}

/** Lines of at most `width` columns, broken between words. A word that is longer than a line is broken at the width. */
export function fold(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of printable(text)
    .split(' ')
    .flatMap((word) => pieces(word, width))) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return line === '' ? lines : [...lines, line]
}

/** Adds spaces after a text so that it takes `width` columns. */
export function pad(text: string, width: number): string {
  return `${text}${' '.repeat(Math.max(0, width - displayWidth(text)))}`
}

function pieces(word: string, width: number): readonly string[] {
  const parts: string[] = []
  let part = ''
  for (const character of word) {
    if (displayWidth(part) + columnsOf(character) > width) {
      parts.push(part)
      part = ''
    }
    part += character
  }
  return [...parts, part]
}

function columnsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (/^\p{M}$/u.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}
