import { expect, test } from 'vitest'
import { LivePanel } from '../../../src/cli/live-panel.ts'

const ESCAPE = '\u001b'
const SEQUENCES = new RegExp(`(${ESCAPE}\\[[?\\d]*[A-Za-z]|\\r\\n|\\r)`)

/** What a terminal that understands what the panel writes would show. */
class Screen {
  readonly isTty = true
  #rows: string[] = ['']

  async write(data: string | Uint8Array): Promise<void> {
    for (const part of String(data).split(SEQUENCES)) this.#take(part)
  }

  get text(): string {
    return this.#rows.join('\n')
  }

  #take(part: string): void {
    if (part === '\r\n') this.#rows.push('')
    else if (part.endsWith('A') && part.startsWith(`${ESCAPE}[`)) this.#rows.splice(-Number(part.at(2)))
    else if (part === `${ESCAPE}[J`) this.#rows[this.#rows.length - 1] = ''
    else if (part !== '\r' && !part.startsWith(`${ESCAPE}[?7`))
      this.#rows[this.#rows.length - 1] = (this.#rows.at(-1) ?? '') + part
  }
}

test('it is drawn over itself, longer or shorter, and leaves nothing behind', async () => {
  const screen = new Screen()
  const panel = new LivePanel(screen)
  await panel.draw(['one', 'two', 'three'])
  expect(screen.text).toBe('one\ntwo\nthree')
  await panel.draw(['four'])
  expect(screen.text).toBe('four')
  await panel.draw(['five', 'six'])
  await panel.clear()
  await screen.write('news\r\n')
  await panel.draw(['five', 'six'])
  expect(screen.text).toBe('news\nfive\nsix')
  await panel.draw([])
  expect(screen.text).toBe('news\n')
})

test('rows that a narrower terminal has wrapped are erased as well', async () => {
  const written: string[] = []
  const stream = {
    isTty: true,
    columns: 80,
    write: (data: string | Uint8Array) => {
      written.push(String(data))
      return Promise.resolve()
    },
  }
  const panel = new LivePanel(stream)
  await panel.draw([`\u001b[32m${'x'.repeat(70)}\u001b[39m`, 'y'])
  stream.columns = 40
  await panel.draw(['z'])
  expect(written.at(-1)?.startsWith('\r\u001b[2A\u001b[J')).toBe(true)
})

test('the cursor waits at the start of the last line, where the ^C of a terminal does not wrap', async () => {
  const written: string[] = []
  const write = (data: string | Uint8Array) => {
    written.push(String(data))
    return Promise.resolve()
  }
  await new LivePanel({ isTty: true, columns: 10, write }).draw(['x'.repeat(9)])
  expect(written.at(-1)).toBe(`\u001b[?7l${'x'.repeat(9)}\r\u001b[?7h`)
})

test('a terminal that reports no width is drawn over as one that is wide enough', async () => {
  const written: string[] = []
  const write = (data: string | Uint8Array) => {
    written.push(String(data))
    return Promise.resolve()
  }
  const panel = new LivePanel({ isTty: true, columns: 0, write })
  await panel.draw(['one', 'two'])
  await panel.draw(['three'])
  expect(written.at(-1)?.startsWith('\r\u001b[1A\u001b[J')).toBe(true)
})
