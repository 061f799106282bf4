import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { renderJson } from '../../src/report/json.ts'
import { displayWidth } from '../../src/report/text/page/columns.ts'
import { PLAIN_PAPER } from '../../src/report/text/page/paper.ts'
import { renderWhyText } from '../../src/report/text/probing/why.ts'
import { failure } from '../support/reports/reports.ts'
import {
  WHY_ENCRYPTED,
  WHY_INACTIVE,
  WHY_OPEN,
  WHY_STOPPED,
  WHY_WORKS,
} from '../support/reports/why-reports.ts'

const PAGES = [
  { file: 'why-works', report: WHY_WORKS },
  { file: 'why-inactive', report: WHY_INACTIVE },
  { file: 'why-open', report: WHY_OPEN },
  { file: 'why-encrypted', report: WHY_ENCRYPTED },
  { file: 'why-stopped', report: WHY_STOPPED },
]

describe.each(PAGES)('$file', ({ file, report }) => {
  test('reads as the page in expected/', async () => {
    const text = renderWhyText(report, { ...PLAIN_PAPER, verbose: false })
    await expect(text).toMatchFileSnapshot(`expected/${file}.txt`)
  })

  test('is the document in expected/ as JSON', async () => {
    await expect(renderJson(report)).toMatchFileSnapshot(`expected/${file}.json`)
  })

  test.each([40, 60, 80, 120])('fits %i columns, without spaces at the end', (width) => {
    const lines = renderWhyText(report, { ...PLAIN_PAPER, width, verbose: true }).split('\n')
    expect(lines.filter((line) => displayWidth(line) > width)).toStrictEqual([])
    expect(lines.filter((line) => line !== line.trimEnd())).toStrictEqual([])
  })

  test('is ASCII where nothing else can be printed', () => {
    expect(renderWhyText(report, { ...PLAIN_PAPER, ascii: true, verbose: true })).toMatch(/^[\n -~]*$/)
  })
})

test.each([40, 60])('at %i columns with all details', async (width) => {
  const text = renderWhyText(WHY_INACTIVE, { ...PLAIN_PAPER, width, verbose: true })
  await expect(text).toMatchFileSnapshot(`expected/why-inactive-${width}.txt`)
})

test('a time limit without a cause says what to do', () => {
  const hint = 'give it longer with --timeout'
  const error = failure('E_TIMEOUT', 'handshake', 'the command was not done in 1000 ms', hint)
  const report = { ...WHY_STOPPED, causes: [], error, verdict: error.message }
  expect(renderWhyText(report, { ...PLAIN_PAPER, verbose: false })).toContain(`Try: ${hint}`)
})

describe('colors', () => {
  const colored = (report: typeof WHY_INACTIVE): string =>
    renderWhyText(report, { ...PLAIN_PAPER, color: true, verbose: false })

  test.each(PAGES)('change nothing but colors: $file', ({ report }) => {
    expect(stripVTControlCharacters(colored(report))).toBe(
      renderWhyText(report, { ...PLAIN_PAPER, verbose: false }),
    )
  })

  test('the answer and the advice have those of other reports', () => {
    expect(colored(WHY_INACTIVE)).toContain('\u001b[31mIt has this torrent, but the torrent is not active.')
    expect(colored(WHY_INACTIVE)).toContain('\u001b[36mTry: ')
    expect(colored(WHY_WORKS)).toContain('\u001b[32mIt works')
    expect(colored(WHY_OPEN)).toContain('  Two causes fit')
  })
})
