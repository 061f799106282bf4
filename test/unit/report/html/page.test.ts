import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Evidence } from '../../../../src/report/evidence/evidence.ts'
import { renderReportFile } from '../../../../src/report/evidence/write.ts'
import type { ConnectReport } from '../../../../src/report/model/connect.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import { Browser, findBrowser } from '../../../support/processes/browser.ts'
import { connectReport } from '../../../support/reports/reports.ts'

/** The page of `--report x.html`: what a hostile peer puts into it stays text. */

const HOSTILE =
  '<script>hacked=1</script>"><img src=http://127.0.0.1:1/x onerror=hacked=1>\'\u202e${hacked}</style>'

/** Every text of a report replaced, except those that only we write. */
function hostile<Value>(value: Value, key = ''): Value {
  const ours = ['schema', 'code', 'source', 'bitfield', 'infoHash', 'severity']
  if (typeof value === 'string') return (ours.includes(key) ? value : HOSTILE) as Value
  if (Array.isArray(value)) return value.map((one: unknown) => hostile(one, key)) as Value
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, hostile(one as unknown, name)]),
  ) as Value
}

function evidence(): Evidence {
  const made = new Evidence({
    version: '0.0.0',
    runtime: 'Node.js v20',
    platform: 'linux x64',
    startedAt: '2026-01-01T00:00:00.000Z',
    commandLine: `peerwire connect 'magnet:${HOSTILE}'`,
  })
  const base = { type: 'received', length: 100, what: 'message' } as const
  const events: readonly TraceEvent[] = [
    { at: 0, type: 'peer', input: HOSTILE, host: HOSTILE, port: 1 },
    {
      at: 1,
      type: 'sent',
      offset: 0,
      length: 17,
      what: 'message',
      message: { type: 'request', piece: 0, begin: 0, length: 16_384 },
    },
    { at: 3, ...base, offset: 68, message: { type: 'piece', piece: 0, begin: 0, length: 16_384 } },
    { at: 4, ...base, offset: 168, message: { type: 'piece', piece: 0, begin: 16_384, length: 16_384 } },
    { at: 5, ...base, offset: 268, message: { type: 'extended', id: 3, extension: HOSTILE, length: 90 } },
    { at: 6, ...base, offset: 368, message: { type: 'malformed', id: 3, length: 90, reason: HOSTILE } },
  ]
  for (const event of events) made.step(event)
  return made
}

const printed = {
  report: hostile<ConnectReport>(connectReport()),
  text: `${HOSTILE}\n${'wide '.repeat(60)}\n`,
}

test('nothing from the peer is markup, in any place', () => {
  const page = renderReportFile('html', printed, evidence())
  expect(page).not.toMatch(/<script|<img|onerror=hacked=1>|\u202e/)
  expect(page.match(/<\/style>/g)).toHaveLength(1)
  expect(page).toContain('&lt;script&gt;')
  expect(page).toContain(
    `content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"`,
  )
})

test.each(['txt', 'json'] as const)('nothing from the peer controls a terminal that shows the %s', (form) => {
  const file = renderReportFile(form, printed, evidence())
  expect(file).not.toContain('\u202e')
  expect(file).not.toContain('\u001b')
})

test('what a capture that begins later cannot know is called unknown', () => {
  const whole = connectReport()
  const report: ConnectReport = {
    ...whole,
    attempts: whole.attempts.map((attempt) => ({ ...attempt, encryption: null })),
    session: { transport: 'tcp', encryption: null },
    handshake: null,
  }
  const page = renderReportFile('html', { report, text: '' }, evidence())
  expect(page).toContain('unknown: its handshake is not in the capture')
  expect(page).toContain('tcp, encryption unknown')
  expect(page).toContain('<td>tcp encryption unknown</td>')
  expect(page).not.toContain('no handshake came')
})

const program = findBrowser()

describe.skipIf(program === undefined)('in a real browser (chromium)', () => {
  const world: { browser?: Browser; folder?: string } = {}

  beforeAll(async () => {
    world.folder = await mkdtemp(join(tmpdir(), 'peerwire-page-'))
    world.browser = await Browser.start(program ?? '')
  })

  afterAll(async () => {
    await world.browser?.close()
    if (world.folder !== undefined) await rm(world.folder, { recursive: true, force: true })
  })

  test.each([
    ['hostile', 360, 'light'],
    ['hostile', 1280, 'dark'],
    ['honest', 360, 'dark'],
    ['honest', 1280, 'light'],
  ] as const)(
    'a page of a %s peer at %i pixels, %s: no script, no request, nothing wider than the window, no overlap',
    async (kind, width, scheme) => {
      const { browser, folder } = world
      if (browser === undefined || folder === undefined) throw new Error('not started')
      const path = join(folder, `${kind}-${width}.html`)
      await writeFile(
        path,
        renderReportFile(
          'html',
          kind === 'hostile' ? printed : { ...printed, report: connectReport() },
          evidence(),
        ),
      )
      await browser.open(path, width, scheme)
      expect(browser.requests.filter((url) => !url.startsWith(`file://${path}`))).toStrictEqual([])
      expect(await browser.evaluate('document.scripts.length')).toBe(0)
      expect(await browser.evaluate('typeof hacked')).toBe('undefined')
      expect(await browser.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
      expect(await browser.evaluate(OVERLAPS)).toBe(0)
      expect((await browser.screenshot()).length).toBeGreaterThan(10_000)
    },
  )
})

/** Pairs of parts of the page whose boxes overlap. */
const OVERLAPS = `(() => {
  const boxes = [...document.querySelectorAll('main > *, .card, dt, dd, tr')].map((e) => [e, e.getBoundingClientRect()])
  let count = 0
  for (const [a, x] of boxes) for (const [b, y] of boxes) {
    if (a === b || a.contains(b) || b.contains(a) || !x.height || !y.height) continue
    const over = Math.min(x.bottom, y.bottom) - Math.max(x.top, y.top)
    const side = Math.min(x.right, y.right) - Math.max(x.left, y.left)
    if (over > 1 && side > 1) count++
  }
  return count / 2
})()`
