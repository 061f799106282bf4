import { asciiJson } from '../report/json.ts'
import { MAX_WIDTH, MIN_WIDTH, type Paper, PLAIN_PAPER } from '../report/text/page/paper.ts'
import type { CliEnv, OutputStream } from './env.ts'
import type { OutputFlags } from './flags/output.ts'

/** What a stream is to the renderers. Read it again before each drawing: a terminal can be resized. */
export function paperOf(
  { color, ascii }: Pick<OutputFlags, 'color' | 'ascii'>,
  stream: OutputStream,
  env: Pick<CliEnv, 'variables'>,
): Paper {
  return {
    width: widthOf(stream, env),
    ascii: ascii || isAsciiOnly(env),
    color: useColor(color, stream, env),
  }
}

/** Colours are used on terminals unless a flag or the environment overrides it. The flag takes precedence, then NO_COLOR. */
function useColor(
  choice: OutputFlags['color'],
  stream: OutputStream,
  { variables }: Pick<CliEnv, 'variables'>,
): boolean {
  if (choice === false) return false
  if (choice !== 'auto') return choice === 'always'
  if (isSet(variables['NO_COLOR'])) return false
  const force = variables['FORCE_COLOR']
  if (force !== undefined) return force !== '0' && force !== 'false'
  return stream.isTty && variables['TERM'] !== 'dumb'
}

/** The width of the terminal, or else of COLUMNS, or else 80; from 40 to 120. */
export function widthOf({ columns }: OutputStream, { variables }: Pick<CliEnv, 'variables'>): number {
  const [width = PLAIN_PAPER.width] = [columns, Number(variables['COLUMNS'])].filter(isWidth)
  return Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, width))
}

function isWidth(columns: number | undefined): columns is number {
  return Number.isInteger(columns) && (columns ?? 0) > 0
}

/** Whether the locale is not one of UTF-8. The first of these variables that is set decides (POSIX). */
export function isAsciiOnly({ variables }: Pick<CliEnv, 'variables'>): boolean {
  const locale = ['LC_ALL', 'LC_CTYPE', 'LANG'].map((name) => variables[name]).find(isSet)
  return !/utf-?8/i.test(locale ?? '')
}

/** The environment with streams that print ASCII only. Renderers know that too; this is for documents, and for what they overlook. */
export function inAscii(env: CliEnv): CliEnv {
  return { ...env, stdout: asciiStream(env.stdout), stderr: asciiStream(env.stderr) }
}

function asciiStream(stream: OutputStream): OutputStream {
  return {
    get isTty() {
      return stream.isTty
    },
    get columns() {
      return stream.columns
    },
    onResize: stream.onResize,
    write: (data) => stream.write(typeof data === 'string' ? asciiJson(data) : data),
  }
}

/** Whether the stream is a terminal on which lines can be redrawn. */
export function canRedraw({ isTty }: OutputStream, { variables }: Pick<CliEnv, 'variables'>): boolean {
  return isTty && variables['TERM'] !== 'dumb'
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}
