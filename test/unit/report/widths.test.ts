import { describe, expect, test } from 'vitest'
import type { FetchProgress } from '../../../src/report/model/progress.ts'
import type { ServedPeerProgress } from '../../../src/report/model/serve-event.ts'
import { renderErrorLine } from '../../../src/report/text/error-line.ts'
import { renderExplainText } from '../../../src/report/text/explain.ts'
import { displayWidth } from '../../../src/report/text/page/columns.ts'
import { PLAIN_PAPER } from '../../../src/report/text/page/paper.ts'
import { renderProgress, renderReading } from '../../../src/report/text/progress.ts'
import { renderFaultList, renderServeLine } from '../../../src/report/text/serve/serve.ts'
import { renderServePanel } from '../../../src/report/text/serve/serve-panel.ts'
import { explain } from '../../../src/run/explain.ts'
import { FAULTS } from '../../../src/run/serve/options.ts'

/** What is printed besides reports: it fits every terminal as well, in Unicode and in ASCII. */

const PEER: ServedPeerProgress = {
  peer: 1044,
  remote: '255.255.255.255:65535',
  client: 'libtorrent 2.0.8',
  state: 'served',
  uploaded: 1_072_693_248,
  bytesPerSecond: 1_072_693_248,
  violationCount: 1,
}

const PROGRESS: FetchProgress = {
  stage: 'fetching',
  elapsedMs: 6000,
  transferMs: 5000,
  choked: true,
  donePieces: 10_106,
  pieces: 12_900,
  doneBytes: 3 * 2 ** 30,
  totalBytes: 9 * 2 ** 30,
}

const WHAT: readonly (readonly [name: string, render: (paper: typeof PLAIN_PAPER) => string])[] = [
  ['the list of explain', (paper) => renderExplainText(explain(undefined), { ...paper, listing: true })],
  ['a topic of explain', (paper) => renderExplainText(explain('4'), { ...paper, listing: false })],
  ['the list of faults', (paper) => renderFaultList(FAULTS, paper)],
  ['the table of served peers', (paper) => renderServePanel([PEER, PEER], 2 ** 40, paper).join('\n')],
  ['the bar of a fetch', (paper) => renderProgress(PROGRESS, paper)],
  ['the bar of a file that is read', (paper) => renderReading(PROGRESS, 3000, paper)],
  [
    'the bar of a pipe that is read',
    (paper) => renderReading({ ...PROGRESS, totalBytes: undefined }, 3000, paper),
  ],
  [
    'an error',
    (paper) =>
      renderErrorLine(
        'connect',
        { code: 'E_USAGE', phase: null, message: 'word '.repeat(30), hint: 'x'.repeat(100) },
        paper,
      ),
  ],
  [
    'a line of serve',
    (paper) =>
      renderServeLine(
        { type: 'dial-failed', atMs: 0, remote: PEER.remote, reason: 'word '.repeat(30) },
        paper,
      ),
  ],
  [
    'another line of serve',
    (paper) => renderServeLine({ type: 'handshake', atMs: 0, peer: 1044, client: 'x'.repeat(90) }, paper),
  ],
]

describe.each(WHAT)('%s', (_, render) => {
  test.each([40, 60, 80, 120])('fits %i columns', (width) => {
    for (const ascii of [false, true]) {
      const text = render({ ...PLAIN_PAPER, width, ascii })
      expect(text.split('\n').filter((line) => displayWidth(line) > width)).toStrictEqual([])
      if (ascii) expect(text).toMatch(/^[\n -~]*$/)
    }
  })
})

test('lists are whole: nothing is cut', () => {
  const list = renderExplainText(explain(undefined), { ...PLAIN_PAPER, width: 40, listing: true })
  expect(list).not.toContain('…')
  expect(renderFaultList(FAULTS, { ...PLAIN_PAPER, width: 40 })).not.toContain('…')
})

test('a narrow table has the columns that matter most', () => {
  expect(renderServePanel([PEER], 0, { ...PLAIN_PAPER, width: 60 })[1]).toMatchInlineSnapshot(
    `"peer 1044 255.255.255.255:65535 downloads 1023 MiB/s"`,
  )
  expect(renderServePanel([PEER], 0, { ...PLAIN_PAPER, width: 40 })[1]).toMatchInlineSnapshot(
    `"peer 1044 255.255.255.255:65… downloads"`,
  )
})

test.each([40, 60, 80, 120])('the bar at %i columns', (width) => {
  expect(displayWidth(renderProgress(PROGRESS, { ...PLAIN_PAPER, width }))).toBeLessThan(width)
})
