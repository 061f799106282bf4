import { EventEmitter, once } from 'node:events'
import {
  constants,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildCli, endOf } from '../support/processes/cli-process.ts'
import { makeV1Torrent } from '../support/torrents/made-torrent.ts'
import { makeNamedPipe } from '../support/processes/named-pipe.ts'
import { canMount, startOnDisk } from '../support/processes/own-disk.ts'
import { type RunningSeeder, type SeederScript, startSeeder } from '../support/peers/scripted-seeder.ts'

/** What the command does to files, and what other programs do to its files: what only a real process shows. */

const PIECE = 16_384
const made = makeV1Torrent({
  name: 'two',
  pieceLength: PIECE,
  files: [
    { path: ['sub', 'a'], length: PIECE },
    { path: ['sub', 'b'], length: PIECE },
  ],
})
const info = Buffer.from(made.metainfo.infoBytes)

const cli = await buildCli()
afterAll(cli.remove)

let base = ''
let seeder: RunningSeeder | undefined
const children = new Set<ChildProcessWithoutNullStreams>()
beforeEach(() => {
  base = mkdtempSync(join(cli.folder, 'test-'))
  writeFileSync(at('x.torrent'), Buffer.concat([Buffer.from('d4:info'), info, Buffer.from('e')]))
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
  await seeder?.stop()
  seeder = undefined
  rmSync(base, { recursive: true, force: true })
})

function at(name: string): string {
  return join(base, name)
}

function start(argv: readonly string[]): ChildProcessWithoutNullStreams {
  const child = cli.start(argv)
  children.add(child)
  return child
}

async function peer(script: SeederScript = {}): Promise<string> {
  seeder = await startSeeder(made, script)
  return `${seeder.host}:${seeder.port}`
}

/** Answers the first piece, and the second once the first is on disk and `change` has been made. */
function afterFirst(file: string, change: () => void): SeederScript {
  return {
    onRequest: (request, { send, block }) => {
      if (request.piece === 0) send(block(request))
      else
        void untilWritten(file).then(() => {
          change()
          send(block(request))
        })
    },
  }
}

async function untilWritten(file: string): Promise<void> {
  while (statSync(file, { throwIfNoEntry: false })?.size !== PIECE) await setImmediate()
}

interface Json {
  readonly exitCode: number
  readonly error: { readonly code: string; readonly message: string } | null
}

async function run(argv: readonly string[]): Promise<Json> {
  const end = await endOf(start([...argv, '--json']))
  const document = JSON.parse(end.stdout.toString()) as Json
  expect(document.exitCode).toBe(end.code)
  return document
}

describe('fetch', () => {
  const fetch = (address: string, output: string) =>
    run(['fetch', address, '-t', at('x.torrent'), '-o', output])

  test('a folder that is replaced by a link during the download: nothing outside', async () => {
    mkdirSync(at('outside'))
    const swap = () => {
      renameSync(at('out/two/sub'), at('moved'))
      symlinkSync(at('outside'), at('out/two/sub'))
    }
    const report = await fetch(await peer(afterFirst(at('out/two/sub/a'), swap)), at('out'))
    expect(report).toMatchObject({ exitCode: 9, error: { code: 'E_FILE_EXISTS' } })
    expect(readdirSync(at('outside'))).toEqual([])
  })

  test.each<[string, () => void]>([
    ['removed', () => unlinkSync(at('out/two/sub/a'))],
    [
      'replaced',
      () => (unlinkSync(at('out/two/sub/a')), writeFileSync(at('out/two/sub/a'), 'x'.repeat(PIECE))),
    ],
    ['moved with its folder', () => renameSync(at('out'), at('moved'))],
  ])('an output that is %s during the download is exit 9', async (_, change) => {
    const report = await fetch(await peer(afterFirst(at('out/two/sub/a'), change)), at('out'))
    expect(report).toMatchObject({ exitCode: 9, error: { code: 'E_FILE_WRITE' }, fetch: { complete: false } })
    expect(report.error?.message).toContain('by another program')
  })

  test('a hard link with the name of the output is refused before the peer is dialled', async () => {
    writeFileSync(at('precious'), 'precious')
    mkdirSync(at('out/two/sub'), { recursive: true })
    linkSync(at('precious'), at('out/two/sub/a'))
    const report = await fetch('127.0.0.1:9', at('out'))
    expect(report).toMatchObject({ exitCode: 9, error: { code: 'E_FILE_EXISTS' } })
    expect(readFileSync(at('precious'), 'utf8')).toBe('precious')
  })

  test.each<[string, () => string, string]>([
    ['a pipe', () => (makeNamedPipe(at('pipe')), at('pipe')), 'E_FILE_EXISTS'],
    [
      'a pipe with the name of a file',
      () => {
        mkdirSync(at('out/two/sub'), { recursive: true })
        makeNamedPipe(at('out/two/sub/a'))
        return at('out')
      },
      'E_FILE_EXISTS',
    ],
    ['a device', () => '/dev/null', 'E_FILE_EXISTS'],
  ])('%s', async (_, prepare, code) => {
    expect(await fetch('127.0.0.1:9', prepare())).toMatchObject({ exitCode: 9, error: { code } })
  })

  test.runIf(process.platform === 'linux')('a place that takes no folders', async () => {
    const report = await fetch('127.0.0.1:9', '/proc/nope/x')
    expect(report).toMatchObject({
      exitCode: 9,
      error: {
        code: 'E_FILE_WRITE',
        message: 'cannot create the folder /proc/nope: /proc does not allow new folders',
      },
    })
  })

  test('empty files are made when the peer has answered, and not before', async () => {
    const empty = makeV1Torrent({
      name: 'e',
      files: [
        { path: ['empty'], length: 0 },
        { path: ['full'], length: 10 },
      ],
    })
    const bytes = Buffer.from(empty.metainfo.infoBytes)
    writeFileSync(at('e.torrent'), Buffer.concat([Buffer.from('d4:info'), bytes, Buffer.from('e')]))
    const argv = (address: string) => ['fetch', address, '-t', at('e.torrent'), '-o', at('out')]
    expect(await run(argv('127.0.0.1:9'))).toMatchObject({ exitCode: 3 })
    expect(readdirSync(at('out'))).toEqual([])
    seeder = await startSeeder(empty)
    expect(await run(argv(`${seeder.host}:${seeder.port}`))).toMatchObject({ exitCode: 0 })
    expect(readdirSync(at('out/e')).sort()).toEqual(['empty', 'full'])
  })
})

describe.runIf(canMount())('on a file system of its own', () => {
  /** Runs the command with a tmpfs mounted at `disk`, with these options, after `prepare` has been run in it. */
  async function runOn(
    options: string,
    argv: readonly string[],
    prepare = 'true',
    env: NodeJS.ProcessEnv = {},
  ): Promise<Json> {
    const disk = { path: at('disk'), options, prepare }
    const child = startOnDisk(disk, [process.execPath, cli.program, ...argv, '--json'], env)
    children.add(child)
    const end = await endOf(child)
    expect(end.stderr).toBe('')
    const document = JSON.parse(end.stdout.toString()) as Json
    expect(document.exitCode).toBe(end.code)
    return document
  }
  const fetchArgv = (address: string, folder: string) => [
    'fetch',
    address,
    '-t',
    at('x.torrent'),
    '-o',
    at(folder),
  ]

  test.each([
    ['a new folder', 'disk/new/deeper', 'true'],
    ['a folder that is there', 'disk', 'true'],
    ['an incomplete file', 'disk', 'mkdir -p two/sub; echo x > two/sub/a'],
  ])('fetch into %s of a read-only one says so before it dials', async (_, folder, prepare) => {
    const report = await runOn('ro', fetchArgv('127.0.0.1:9', folder), prepare)
    expect(report).toMatchObject({ exitCode: 9, error: { code: 'E_FILE_WRITE' } })
    expect(report.error?.message).toMatch(/: the file system is read-only$/)
  })

  test('fetch finds everything on a read-only one', async () => {
    const [a, b] = [0, 1].map((index) => made.content.subarray(index * PIECE, (index + 1) * PIECE))
    writeFileSync(at('a'), a ?? '')
    writeFileSync(at('b'), b ?? '')
    const copy = `mkdir -p two/sub && cp ${at('a')} ${at('b')} two/sub`
    expect(await runOn('ro', fetchArgv('127.0.0.1:9', 'disk'), copy)).toMatchObject({
      exitCode: 0,
      fetch: { complete: true },
    })
  })

  test('fetch onto a full one', async () => {
    const report = await runOn('size=20k', fetchArgv(await peer(), 'disk'))
    expect(report).toMatchObject({ exitCode: 9, error: { code: 'E_DISK_FULL' }, fetch: { complete: false } })
  })

  test('a temporary folder on a read-only one', async () => {
    const report = await runOn('ro', ['demo'], 'true', { TMPDIR: at('disk') })
    expect(report).toMatchObject({
      exitCode: 9,
      error: { code: 'E_FILE_WRITE', hint: expect.stringContaining('TMPDIR') as string },
    })
    expect(report.error?.message).toMatch(/: the file system is read-only$/)
  })

  test('fetch-block onto a read-only one', async () => {
    const argv = [
      'fetch-block',
      '127.0.0.1:9',
      '-t',
      at('x.torrent'),
      '--piece',
      '0',
      '--length',
      '10',
      '-o',
      at('disk/x'),
    ]
    const report = await runOn('ro', argv)
    expect(report).toMatchObject({ exitCode: 9, error: { code: 'E_FILE_WRITE' } })
    expect(report.error?.message).toMatch(/: the file system is read-only$/)
  })
})

describe.runIf(process.platform === 'linux')('a pipe', () => {
  const block = (address: string) => [
    'fetch-block',
    address,
    '-t',
    at('x.torrent'),
    '--piece',
    '0',
    '--length',
    `${PIECE}`,
    '-o',
    at('pipe'),
  ]

  beforeEach(() => makeNamedPipe(at('pipe')))

  test('as -o, without a reader', async () => {
    expect(await run(block('127.0.0.1:9'))).toMatchObject({ exitCode: 9, error: { code: 'E_FILE_WRITE' } })
  })

  test('as -o, with a reader', async () => {
    const reader = openSync(at('pipe'), constants.O_RDWR | constants.O_NONBLOCK)
    try {
      expect(await run(block(await peer()))).toMatchObject({ exitCode: 0 })
      const read = new Uint8Array(PIECE + 1)
      expect(readSync(reader, read)).toBe(PIECE)
      expect(Buffer.compare(read.subarray(0, PIECE), made.content.subarray(0, PIECE))).toBe(0)
    } finally {
      closeSync(reader)
    }
  })

  test.each([
    { signal: 'SIGINT', code: 130 },
    { signal: 'SIGTERM', code: 143 },
  ] as const)('as -o, full, with a reader that does not read: $signal ends it', async ({ signal, code }) => {
    const full = fillPipe(at('pipe'))
    try {
      const asked = new EventEmitter()
      const isAsked = once(asked, 'request')
      const address = await peer({
        onRequest: (request, { send, block: blockOf }) => {
          send(blockOf(request))
          asked.emit('request')
        },
      })
      const child = start([...block(address), '--json'])
      const end = endOf(child)
      await isAsked
      child.kill(signal)
      expect(await end).toMatchObject({ code })
    } finally {
      for (const descriptor of full) closeSync(descriptor)
    }
  })

  test('as -o, full, with a reader that does not read: the time limit ends it', async () => {
    const full = fillPipe(at('pipe'))
    try {
      expect(await run([...block(await peer()), '--timeout', '1s'])).toMatchObject({
        exitCode: 6,
        error: { code: 'E_TIMEOUT' },
      })
    } finally {
      for (const descriptor of full) closeSync(descriptor)
    }
  })

  test('as -t, without a writer', async () => {
    const report = await run(['connect', '127.0.0.1:9', '-t', at('pipe')])
    expect(report).toMatchObject({ exitCode: 9, error: { code: 'E_FILE_READ' } })
    expect(report.error?.message).toContain('it is a pipe')
  })

  test('as -t, with a writer', async () => {
    const keeper = openSync(at('pipe'), constants.O_RDWR | constants.O_NONBLOCK)
    writeFileSync(keeper, readFileSync(at('x.torrent')))
    const child = start(['fetch', await peer(), '-t', at('pipe'), '-o', at('out'), '-q'])
    const end = endOf(child)
    // the end of the pipe comes when the command has it open and the last writer is gone
    await untilOpened(child)
    closeSync(keeper)
    expect(await end).toMatchObject({ code: 0 })
  })

  test('as -t, with a writer that writes nothing: SIGTERM ends it', async () => {
    const keeper = openSync(at('pipe'), constants.O_RDWR | constants.O_NONBLOCK)
    try {
      const child = start(['connect', '127.0.0.1:9', '-t', at('pipe'), '--json'])
      const end = endOf(child)
      await untilOpened(child)
      child.kill('SIGTERM')
      expect(await end).toMatchObject({ code: 143 })
    } finally {
      closeSync(keeper)
    }
  })

  test('in place of a data file of serve', async () => {
    mkdirSync(at('two/sub'), { recursive: true })
    writeFileSync(at('two/sub/b'), made.content.subarray(PIECE))
    renameSync(at('pipe'), at('two/sub/a'))
    const report = await run(['serve', '-t', at('x.torrent'), '--data', base, '--listen', '127.0.0.1:0'])
    expect(report).toMatchObject({ exitCode: 9, error: { code: 'E_FILE_READ' } })
    expect(report.error?.message).toContain('it is not a regular file')
  })
})

/** Fills a pipe, and keeps it open for reading and for writing. */
function fillPipe(path: string): readonly number[] {
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  try {
    for (;;) writeFileSync(descriptor, new Uint8Array(4096))
  } catch {
    return [descriptor]
  }
}

/** Waits until a process has the pipe open, or has ended. */
async function untilOpened(child: ChildProcessWithoutNullStreams): Promise<void> {
  const folder = `/proc/${child.pid}/fd`
  const isOpen = () => {
    try {
      return readdirSync(folder).some((fd) => linkOf(join(folder, fd)) === at('pipe'))
    } catch {
      return false
    }
  }
  while (!isOpen() && child.exitCode === null) await setImmediate()
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
