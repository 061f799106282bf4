import { displayWidth } from '../report/text/page/columns.ts'
import type { OutputStream } from './env.ts'

/** Lines at the bottom of a terminal that are redrawn in place. */
export class LivePanel {
  readonly #stream: OutputStream
  #drawn: readonly string[] = []

  constructor(stream: OutputStream) {
    this.#stream = stream
  }

  async draw(lines: readonly string[]): Promise<void> {
    if (lines.length === this.#drawn.length && lines.every((line, i) => line === this.#drawn[i])) return
    const over = this.#eraser()
    this.#drawn = lines
    // a wrapped line would take two rows, and only one of them would be redrawn; behind a full line, the `^C` that a
    // terminal prints would wrap
    const text = lines.length === 0 ? '' : `${NO_WRAP}${lines.join('\r\n')}\r${WRAP}`
    await this.#stream.write(`${over}${text}`)
  }

  /** Removes the panel and leaves the cursor where it started. */
  async clear(): Promise<void> {
    if (this.#drawn.length === 0) return
    const over = this.#eraser()
    this.#drawn = []
    await this.#stream.write(over)
  }

  #eraser(): string {
    const { columns = 0 } = this.#stream
    // a terminal that was made narrower in the meantime has wrapped the lines; one that does not know its width has 0
    const width = columns > 0 ? columns : Number.POSITIVE_INFINITY
    if (this.#drawn.length === 0) return ''
    // the cursor is at the start of the last line
    const above = this.#drawn.slice(0, -1).reduce((sum, line) => sum + rowsOf(line, width), 0)
    return `\r${above > 0 ? `\u001b[${above}A` : ''}\u001b[J`
  }
}

function rowsOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(displayWidth(line.replace(COLORS, '')) / columns))
}

// oxlint-disable-next-line no-control-regex -- escape sequences of colors take no columns
const COLORS = /\u001b\[[\d;]*m/g

const NO_WRAP = '\u001b[?7l'
const WRAP = '\u001b[?7h'
