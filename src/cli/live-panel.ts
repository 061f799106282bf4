import type { OutputStream } from './env.ts'

/**
 * Lines at the bottom of a terminal that are redrawn in place.
 *
 * The cursor waits at the start of the first line. A terminal that is resized wraps the lines again and keeps the cursor
 * where it was in the text, so everything from the cursor on is ours, however many rows it takes. There, the `^C` that a
 * terminal prints does not wrap either.
 */
export class LivePanel {
  readonly #stream: OutputStream
  #drawn: readonly string[] = []
  /** Ends the watch for a new size, which lasts as long as the panel is shown. */
  #unwatch: (() => void) | undefined

  constructor(stream: OutputStream) {
    this.#stream = stream
  }

  /** @param render is called again when the terminal was resized */
  async draw(render: () => readonly string[]): Promise<void> {
    this.#unwatch?.()
    // a failure to print progress must not end the command
    this.#unwatch = this.#stream.onResize?.(() => void this.#show(render()).catch(() => undefined))
    const lines = render()
    if (lines.length === this.#drawn.length && lines.every((line, i) => line === this.#drawn[i])) return
    await this.#show(lines)
  }

  async #show(lines: readonly string[]): Promise<void> {
    const over = this.#eraser()
    this.#drawn = lines
    await this.#stream.write(`${over}${drawing(lines)}`)
  }

  /** Removes the panel and leaves the cursor where it started. */
  async clear(): Promise<void> {
    this.#unwatch?.()
    this.#unwatch = undefined
    if (this.#drawn.length === 0) return
    const over = this.#eraser()
    this.#drawn = []
    await this.#stream.write(over)
  }

  #eraser(): string {
    return this.#drawn.length === 0 ? '' : ERASE
  }
}

/** A line that wrapped would take two rows, and the way back to the first line would be too short. */
function drawing(lines: readonly string[]): string {
  if (lines.length === 0) return ''
  const up = lines.length > 1 ? `\u001b[${lines.length - 1}A` : ''
  return `${NO_WRAP}${lines.join('\r\n')}\r${up}${WRAP}`
}

/** tmux moves the rows to its history when a screen is erased from its first column on. */
const ERASE = '\r\u001b[2K\u001b[C\u001b[J\r'

const NO_WRAP = '\u001b[?7l'
const WRAP = '\u001b[?7h'
