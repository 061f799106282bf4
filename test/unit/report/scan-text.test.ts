import { expect, test } from 'vitest'
import type { ScannedPeer } from '../../../src/report/model/scan.ts'
import { SCAN_CSV_HEAD, scanCsvRecord } from '../../../src/report/scan-csv.ts'
import { renderScanHead, renderScanRow, renderScanStatus } from '../../../src/report/text/scan/scan-table.ts'
import { PLAIN_PAPER } from '../../../src/report/text/page/paper.ts'
import { connectReport, failedReport, failure } from '../../support/reports/reports.ts'

const good: ScannedPeer = { ...connectReport(), line: 3, label: null }
const bad: ScannedPeer = {
  ...failedReport(failure('E_CONNECT_REFUSED', 'connect', 'refused'), { outcome: 'refused' }),
  line: 4,
  label: '=my box',
}

test.each([40, 60, 80, 120])('at %i columns, a row is one line that fits', (width) => {
  for (const scanned of [good, bad]) {
    const row = renderScanRow(scanned, { ...PLAIN_PAPER, width })
    expect(row.indexOf('\n')).toBe(row.length - 1)
    expect(row.length).toBeLessThanOrEqual(width)
  }
})

test('the columns of the table', () => {
  const at = (word: string, line: string) => line.indexOf(word)
  const head = renderScanHead(PLAIN_PAPER)
  const row = renderScanRow({ ...good, client: 'Deluge 2.1.1' }, PLAIN_PAPER)
  expect(row.startsWith('✓ ')).toBe(true)
  expect(at('ok', row)).toBe(at('verdict', head))
  expect(at('Deluge', row)).toBe(at('client', head))
  expect(row).toMatch(/ 100 % +\d/)
})

test.each([
  [{ done: 0, total: 1000, outcomes: {}, elapsedMs: 5 }, '  0 of 1000'],
  [
    { done: 250, total: 1000, outcomes: { refused: 30, ok: 212, 'not-bittorrent': 8 }, elapsedMs: 4000 },
    '  250 of 1000   212 ok, 30 refused, 8 not BitTorrent   12 s left',
  ],
  [{ done: 2, total: undefined, outcomes: { ok: 2 }, elapsedMs: 5 }, '  2   2 ok'],
])('the status line: %j', (progress, line) => {
  expect(renderScanStatus(progress, PLAIN_PAPER)).toBe(line)
})

test('a record of --csv has a cell for each column, and no formula', () => {
  const columns = SCAN_CSV_HEAD.split(',').length
  expect(scanCsvRecord(bad).split(',')).toHaveLength(columns)
  expect(scanCsvRecord(bad)).toMatch(/^4,[^,]*,'=my box,false,3,refused,E_CONNECT_REFUSED,/)
})
