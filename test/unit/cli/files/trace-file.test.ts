import { describe, expect, test } from 'vitest'
import { PeerError } from '../../../../src/base/errors.ts'
import { MAX_UNWRITTEN_TRACE_FILE } from '../../../../src/base/limits.ts'
import { type TracedOptions, withTraceFile } from '../../../../src/cli/files/trace-file.ts'
import type { OutputFile, OutputFiles } from '../../../../src/net/files/output-file.ts'
import type { ConnectReport } from '../../../../src/report/model/connect.ts'
import type { SessionOptions } from '../../../../src/run/options.ts'
import type { Ports } from '../../../../src/run/ports.ts'
import { runPeerwire, unfolded } from '../../../support/processes/cli.ts'
import { connectReport, failedReport, failure, SPARE_BITS } from '../../../support/reports/reports.ts'
import { readTrace } from '../../../support/captures/trace-file.ts'

const CONNECT = ['connect', '192.0.2.7:6881', '-i', 'ab'.repeat(20)]
const EVENT = { at: 1.5, type: 'connected', transport: 'tcp', local: 'a', remote: 'b' } as const

interface MemoryFile extends OutputFile {
  text: string
  state: 'open' | 'named' | 'removed'
}

function memoryFile(write?: OutputFile['write']): MemoryFile {
  const file: MemoryFile = {
    text: '',
    state: 'open',
    write: async (bytes, signal) => {
      await write?.(bytes, signal)
      file.text += new TextDecoder().decode(bytes)
    },
    commit: () => {
      file.state = 'named'
      return Promise.resolve()
    },
    discard: () => {
      if (file.state === 'open') file.state = 'removed'
      return Promise.resolve()
    },
  }
  return file
}

interface Setup {
  readonly flags?: readonly string[]
  /** How many events there are. */
  readonly count?: number
  readonly report?: ConnectReport
}

/** Runs `connect` with a session that has these events and this report. */
async function run(file: OutputFile | PeerError, setup: Setup = {}) {
  const { flags = [], count = 2, report = connectReport() } = setup
  const opened: (readonly [path: string, force: boolean])[] = []
  const create: OutputFiles['create'] = (path, force) => {
    opened.push([path, force])
    return file instanceof PeerError ? Promise.reject(file) : Promise.resolve(file)
  }
  const ran = await runPeerwire([...CONNECT, '--trace-file', 'trace', ...flags], {
    useCases: {
      connect: (options: SessionOptions & TracedOptions) =>
        withTraceFile(
          ({ trace }) => {
            for (let i = 0; i < count; i++) trace?.(EVENT)
            return Promise.resolve(report)
          },
          options,
          portsWith(create),
        ),
    },
  })
  return { ...ran, opened }
}

/** Of these nothing but the files is used. */
function portsWith(create: OutputFiles['create']): Ports {
  return { files: { create } } as Partial<Ports> as Ports
}

test('events are lines, with their times since the start', async () => {
  const file = memoryFile()
  const { exitCode, opened, stderr } = await run(file)
  expect(opened).toStrictEqual([['trace', false]])
  expect({ exitCode, stderr, state: file.state }).toStrictEqual({ exitCode: 0, stderr: '', state: 'named' })
  expect(readTrace(file.text)).toStrictEqual([EVENT, EVENT])
})

test('--trace writes lines for people at the same time', async () => {
  const file = memoryFile()
  const { stderr } = await run(file, { flags: ['--trace', '-q'] })
  expect(stderr.split('\n')).toHaveLength(3)
  expect(readTrace(file.text)).toHaveLength(2)
})

test('an existing file is exit 9 before anything is sent', async () => {
  const { exitCode, stderr, stdout } = await run(new PeerError('E_FILE_EXISTS', 'trace exists already'))
  expect({ exitCode, stdout }).toStrictEqual({ exitCode: 9, stdout: '' })
  expect(unfolded(stderr)).toBe('peerwire connect: trace exists already; give --trace-file another name\n')
})

test.each([['-'], ['']])('the name "%s" is a wrong command line', async (name) => {
  expect(await runPeerwire([...CONNECT, '--trace-file', name])).toMatchObject({ exitCode: 2 })
})

test('--force replaces the file, and -o cannot be the same', async () => {
  const argv = ['metadata', ...CONNECT.slice(1), '--force', '--trace-file', 'trace', '-o']
  expect(await runPeerwire([...argv, 'trace'])).toMatchObject({ exitCode: 2 })
  const { metadata } = await runPeerwire([...argv, 'other'])
  expect(metadata).toMatchObject({ traceFile: { path: 'trace', force: true } })
})

describe('a trace that cannot be written', () => {
  const full = new PeerError('E_DISK_FULL', 'no room left for trace')
  const failing = () => memoryFile(() => Promise.reject(full))

  test('is the error of a report that has none, or only a failed check', async () => {
    const file = failing()
    for (const report of [connectReport(), connectReport({ findings: [SPARE_BITS] })]) {
      const { exitCode, stdout } = await run(file, { flags: ['--json'], report })
      expect(exitCode).toBe(9)
      expect(JSON.parse(stdout)).toMatchObject({ ok: false, exitCode: 9, error: { code: 'E_DISK_FULL' } })
    }
    expect(file.state).toBe('removed')
  })

  test('is a line beside a worse one', async () => {
    const report = failedReport(failure('E_CONNECT_REFUSED', 'connect', 'refused'), { outcome: 'refused' })
    const { exitCode, stderr } = await run(failing(), { report })
    expect({ exitCode, stderr }).toStrictEqual({ exitCode: 3, stderr: 'peerwire: no room left for trace\n' })
  })

  test('is removed when the command fails', async () => {
    const file = memoryFile()
    const onUnwritten = () => undefined
    const options = {
      traceFile: { flag: '--trace-file', path: 'trace', force: false, onUnwritten },
    } as Partial<SessionOptions & TracedOptions>
    const failing = () => Promise.reject(new PeerError('E_BAD_RANGE', 'wrong'))
    const running = withTraceFile(
      failing,
      options as SessionOptions,
      portsWith(() => Promise.resolve(file)),
    )
    await expect(running).rejects.toThrow('wrong')
    expect(file.state).toBe('removed')
  })
})

test('what a slow disk cannot take is left out, counted and exit 9', async () => {
  const file = memoryFile()
  const count = Math.ceil(MAX_UNWRITTEN_TRACE_FILE / 50)
  const { exitCode, stdout } = await run(file, { flags: ['--json'], count })
  expect(file.text.length).toBeLessThan(MAX_UNWRITTEN_TRACE_FILE + 1024)
  const kept = file.text.split('\n').length - 2
  expect(kept).toBeGreaterThan(1000)
  expect(JSON.parse(stdout)).toMatchObject({
    error: { message: `cannot write trace: ${count - kept} events came faster than it takes them` },
  })
  expect({ exitCode, state: file.state }).toStrictEqual({ exitCode: 9, state: 'named' })
})
