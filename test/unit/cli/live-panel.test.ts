import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { LivePanel } from '../../../src/cli/live-panel.ts'
import { settle } from '../../support/peers/seeder.ts'

const ESCAPE = '\u001b'
const SEQUENCES = new RegExp(`(${ESCAPE}\\[[?\\d]*[A-Za-z]|\\r\\n|\\r)`)

/** What a terminal that understands what the panel writes would show. */
class Screen {
  readonly isTty = true
  #rows: string[] = ['']
  #row = 0
  #column = 0

  async write(data: string | Uint8Array): Promise<void> {
    for (const part of String(data).split(SEQUENCES)) this.#take(part)
  }

  get text(): string {
    return this.#rows.join('\n').trimEnd()
  }

  #take(part: string): void {
    const before = (this.#rows[this.#row] ?? '').slice(0, this.#column)
    if (part === '\r\n') {
      this.#row++
      this.#column = 0
    } else if (part === '\r') this.#column = 0
    else if (part === `${ESCAPE}[C`) this.#column++
    else if (part === `${ESCAPE}[2K`) this.#rows[this.#row] = ''
    else if (part === `${ESCAPE}[J`) this.#rows = [...this.#rows.slice(0, this.#row), before]
    else if (part.endsWith('A') && part.startsWith(`${ESCAPE}[`)) this.#row -= Number(part.at(2))
    else if (part !== '' && !part.startsWith(`${ESCAPE}[?7`)) {
      this.#rows[this.#row] = before + part
      this.#column += part.length
    }
  }
}

test('it is drawn over itself, longer or shorter, and leaves nothing behind', async () => {
  const screen = new Screen()
  const panel = new LivePanel(screen)
  await panel.draw(() => ['one', 'two', 'three'])
  expect(screen.text).toBe('one\ntwo\nthree')
  await panel.draw(() => ['four'])
  expect(screen.text).toBe('four')
  await panel.draw(() => ['five', 'six'])
  await panel.clear()
  await screen.write('news\r\n')
  await panel.draw(() => ['five', 'six'])
  expect(screen.text).toBe('news\nfive\nsix')
  await panel.draw(() => [])
  expect(screen.text).toBe('news')
})

test('the cursor waits at the start of the first line, where it stays when the terminal wraps the lines again', async () => {
  const written: string[] = []
  const write = (data: string | Uint8Array) => {
    written.push(String(data))
    return Promise.resolve()
  }
  const panel = new LivePanel({ isTty: true, columns: 10, write })
  await panel.draw(() => ['x'.repeat(9), 'y', 'z'])
  expect(written.at(-1)).toBe(`\u001b[?7l${'x'.repeat(9)}\r\ny\r\nz\r\u001b[2A\u001b[?7h`)
  await panel.clear()
  expect(written.at(-1)).toBe('\r\u001b[2K\u001b[C\u001b[J\r')
})

test('it is drawn again when the terminal is resized, and not when it is gone', async () => {
  const resizes = new EventEmitter()
  const screen = Object.assign(new Screen(), {
    onResize: (listener: () => void) => {
      resizes.on('resize', listener)
      return () => resizes.off('resize', listener)
    },
  })
  let columns = 9
  const panel = new LivePanel(screen)
  for (const line of ['a line', 'another line'])
    await panel.draw(() => [`${line} of ${columns}`, '─'.repeat(columns)])
  columns = 4
  resizes.emit('resize')
  expect(screen.text).toBe('another line of 4\n────')
  await panel.clear()
  expect(resizes.listenerCount('resize')).toBe(0)
})

test('a terminal that is gone when it is resized does not end the command', async () => {
  const resizes = new EventEmitter()
  let isGone = false
  const panel = new LivePanel({
    isTty: true,
    onResize: (listener) => {
      resizes.on('resize', listener)
      return () => resizes.off('resize', listener)
    },
    write: () => (isGone ? Promise.reject(new Error('EIO')) : Promise.resolve()),
  })
  await panel.draw(() => ['x'])
  isGone = true
  // an unhandled rejection would fail the test
  resizes.emit('resize')
  await settle()
})
