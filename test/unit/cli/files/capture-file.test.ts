import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import { PeerError } from '../../../../src/base/errors.ts'
import { type CapturedOptions, withCaptureFile } from '../../../../src/cli/files/capture-file.ts'
import type { OutputFile } from '../../../../src/net/files/output-file.ts'
import type { Finish } from '../../../../src/cli/files/side-file.ts'
import type { CapturePort } from '../../../../src/net/capture/tap.ts'
import { runPeerwire } from '../../../support/processes/cli.ts'
import { memoryFile } from '../../../support/captures/memory-file.ts'
import { memoryTransports } from '../../../support/transports/memory-transport.ts'
import { segmentsOf } from '../../../support/captures/captured.ts'
import { connectReport, failedReport, failure } from '../../../support/reports/reports.ts'
import { VirtualClock } from '../../../support/transports/virtual-clock.ts'

const CONNECT = ['connect', '192.0.2.7:6881', '-i', 'ab'.repeat(20)]
const GOOD = connectReport()

/** Runs with a file, and returns the report and what was said beside it. */
async function run(
  file: OutputFile | PeerError,
  act: (capture: CapturePort, finish: Finish) => unknown,
  report = GOOD,
) {
  const beside: PeerError[] = []
  const onUnwritten = (error: PeerError) => beside.push(error)
  const captureFile = { flag: '--capture', path: 'c.pcapng', force: false, onUnwritten }
  const create = () => (file instanceof PeerError ? Promise.reject(file) : Promise.resolve(file))
  const ended = await withCaptureFile(
    async (capture, finish) => {
      if (capture !== undefined) await act(capture, finish)
      return report
    },
    { captureFile },
    { clock: new VirtualClock(), files: { create } },
  )
  return { ...ended, beside }
}

function sayTwoBytes(capture: CapturePort): void {
  const tap = capture.open(memoryTransports()[0], 'us')
  tap.sent(Uint8Array.of(1))
  tap.received(Uint8Array.of(2))
}

test('connections are packets of the file, which gets its name at the end', async () => {
  const file = memoryFile()
  expect(await run(file, sayTwoBytes)).toStrictEqual({ ...GOOD, beside: [] })
  expect(file.state).toBe('named')
  const payloads = segmentsOf(file.written).map(({ payload }) => payload)
  expect(concat(payloads)).toStrictEqual(Uint8Array.of(1, 2))
})

test('without the flag nothing is observed', async () => {
  const ports = { clock: new VirtualClock(), files: { create: () => Promise.reject(new Error('created')) } }
  let observed: unknown = 'not run'
  const report = await withCaptureFile(
    (capture) => {
      observed = capture
      return Promise.resolve(GOOD)
    },
    {},
    ports,
  )
  expect({ report, observed }).toStrictEqual({ report: GOOD, observed: undefined })
})

test('an existing file is an error before anything is sent', async () => {
  await expect(run(new PeerError('E_FILE_EXISTS', 'it exists'), () => undefined)).rejects.toMatchObject({
    code: 'E_FILE_EXISTS',
    hint: 'give --capture another name',
  })
})

describe('a capture that cannot be written', () => {
  const full = new PeerError('E_DISK_FULL', 'no room left for c.pcapng')

  test('is the error of a report that has none', async () => {
    const file = memoryFile(full)
    expect(await run(file, sayTwoBytes)).toMatchObject({
      exitCode: 9,
      error: { code: 'E_DISK_FULL' },
      beside: [],
    })
    expect(file.state).toBe('removed')
  })

  test('is beside a worse one', async () => {
    const refused = failedReport(failure('E_CONNECT_REFUSED', 'connect', 'refused'), { outcome: 'refused' })
    expect(await run(memoryFile(full), sayTwoBytes, refused)).toStrictEqual({ ...refused, beside: [full] })
  })

  test('that the run has finished and reported itself is not reported twice', async () => {
    let found: PeerError | undefined
    const reported = failedReport(failure('E_DISK_FULL', 'done', full.message), { outcome: 'local-error' })
    const act = async (capture: CapturePort, finish: Finish) => {
      sayTwoBytes(capture)
      found = await finish()
    }
    expect(await run(memoryFile(full), act, reported)).toStrictEqual({ ...reported, beside: [] })
    expect(found).toBe(full)
  })
})

test.each([['-'], ['']])('the name "%s" is a wrong command line', async (name) => {
  for (const argv of [CONNECT, ['demo'], ['serve', '--synthetic', '64KiB']])
    expect(await runPeerwire([...argv, '--capture', name])).toMatchObject({ exitCode: 2 })
})

test('no two flags may name the same file', async () => {
  const metadata = ['metadata', ...CONNECT.slice(1)]
  for (const name of ['x', './x', 'y/../x', resolve('x')])
    expect(await runPeerwire([...metadata, '--capture', name, '-o', 'x'])).toMatchObject({ exitCode: 2 })
  expect(await runPeerwire([...metadata, '--capture', 'x', '--trace-file', 'x'])).toMatchObject({
    exitCode: 2,
  })
  const serve = ['serve', '--synthetic', '64KiB', '--torrent-out', 'x', '--capture', 'x']
  expect(await runPeerwire(serve)).toMatchObject({ exitCode: 2 })
  const report = [...metadata, '--report', './x.txt', '-o', 'x.txt']
  expect(await runPeerwire(report)).toMatchObject({ exitCode: 2 })
  const { metadata: options } = await runPeerwire([...metadata, '--force', '--capture', 'x'])
  expect((options as CapturedOptions).captureFile).toMatchObject({ path: 'x', force: true })
})
