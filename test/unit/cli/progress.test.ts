import { expect, test } from 'vitest'
import { progressPrinter } from '../../../src/cli/progress.ts'
import type { FetchProgress } from '../../../src/report/model/progress.ts'

const FLAGS = { color: 'never', ascii: false } as const

const PROGRESS: FetchProgress = {
  stage: 'fetching',
  elapsedMs: 6000,
  transferMs: 5000,
  choked: false,
  donePieces: 3,
  pieces: 9,
  doneBytes: 3 * 2 ** 20,
  totalBytes: 9 * 2 ** 20,
}

function terminal(columns: number) {
  const written: string[] = []
  const stderr = {
    isTty: true,
    columns,
    write: (data: string | Uint8Array) => {
      written.push(String(data))
      return Promise.resolve()
    },
  }
  return { stderr, written }
}

test('a terminal that cannot redraw gets lines', () => {
  const { stderr, written } = terminal(80)
  const printer = progressPrinter(FLAGS, { stderr, variables: { TERM: 'dumb', LANG: 'C.UTF-8' } })
  printer.show(PROGRESS)
  printer.show({ ...PROGRESS, elapsedMs: 7000 })
  printer.end()
  expect(written).toStrictEqual(['fetched 3 MiB of 9 MiB, 3 of 9 pieces, 614.4 KiB/s, 10 s left\n'])
})

test('the bar has the width that the terminal has at the time', () => {
  const { stderr, written } = terminal(100)
  const printer = progressPrinter(FLAGS, { stderr, variables: { LANG: 'C.UTF-8' } })
  printer.show(PROGRESS)
  stderr.columns = 44
  printer.show({ ...PROGRESS, doneBytes: 4 * 2 ** 20 })
  printer.end()
  const [wide = '', narrow = ''] = written
  expect(wide).toContain('3 of 9 pieces')
  expect(narrow).not.toContain('of 9 pieces')
  expect(written).toHaveLength(3)
})
