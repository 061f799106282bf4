import { once } from 'node:events'
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
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

/** The files of `--capture`, `--trace-file` and `--report`: where they cannot be written, and what a killed process leaves. */

const PIECE = 16_384
const made = makeV1Torrent({ name: 'one', pieceLength: PIECE, files: [{ path: ['a'], length: 4 * PIECE }] })
const info = Buffer.from(made.metainfo.infoBytes)

const cli = await buildCli()
afterAll(cli.remove)

let base = ''
let seeder: RunningSeeder | undefined
const children = new Set<ChildProcessWithoutNullStreams>()
beforeEach(() => {
  base = mkdtempSync(join(cli.folder, 'test-'))
  mkdirSync(at('out'))
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

function keep(child: ChildProcessWithoutNullStreams): ChildProcessWithoutNullStreams {
  children.add(child)
  return child
}

async function peer(script: SeederScript = {}): Promise<string> {
  seeder = await startSeeder(made, script)
  return `${seeder.host}:${seeder.port}`
}

const run = (argv: readonly string[]) => endOf(keep(cli.start(argv)))

const connect = (address: string, ...flags: readonly string[]) => [
  ...['connect', address, '-t', at('x.torrent'), '--transport', 'tcp'],
  ...flags,
]

/** The flags, and a name that each takes. */
const FLAGS = [
  ['--capture', 'f.pcapng'],
  ['--trace-file', 'f.ndjson'],
  ['--report', 'f.html'],
  ['--report', 'f.txt'],
  ['--report', 'f.json'],
] as const

/** What is said on stderr in one line. */
const said = (stderr: string) => stderr.replaceAll(/\n {2}/g, ' ')

describe.each(FLAGS)('%s %s', (flag, name) => {
  const linked = (target: string) => {
    symlinkSync(target, at(name))
    return at(name)
  }

  test.runIf(process.platform === 'linux')('on a full device is exit 9 beside the result', async () => {
    const { code, stdout } = await run(connect(await peer(), flag, linked('/dev/full')))
    expect(code).toBe(9)
    const [headline, reason] = stdout.toString().split('\n')
    expect(headline).toMatch(/ the disk is full /)
    expect(reason).toMatch(/cannot write \S*: no space is left/)
    expect(stdout.toString()).toMatch(/has all 4 pieces[^]*attempts[^]* ok [^]*E_DISK_FULL/)
  })

  test.runIf(process.platform === 'linux')('on a full device, after a failure, is a line', async () => {
    const { code, stdout, stderr } = await run(connect('127.0.0.1:9', flag, linked('/dev/full')))
    expect(code).toBe(3)
    expect(stdout.toString()).toContain('E_CONNECT_REFUSED')
    expect(said(stderr)).toMatch(/^peerwire: cannot write .*: no space is left on the device; free/)
  })

  test.each<[string, () => string, string, RegExp]>([
    ['a folder', () => (mkdirSync(at(name)), at(name)), 'E_FILE_WRITE', / is a folder$/],
    [
      'a file that exists',
      () => (writeFileSync(at(name), ''), at(name)),
      'E_FILE_EXISTS',
      / already exists$/,
    ],
    ['a link to nothing', () => linked(at('nothing')), 'E_FILE_EXISTS', / already exists$/],
    ['a file in no folder', () => at(`none/${name}`), 'E_FILE_WRITE', /: its folder does not exist$/],
    [
      'a pipe without a reader',
      () => (makeNamedPipe(at(name)), at(name)),
      'E_FILE_WRITE',
      /: it is a pipe or a device without a reader$/,
    ],
  ])('%s is exit 9 before anything is sent', async (_, path, errorCode, message) => {
    const address = await peer()
    const { code, stdout } = await run(connect(address, flag, path(), '--json'))
    expect(code).toBe(9)
    const error = { code: errorCode, message: expect.stringMatching(message) as string }
    expect(JSON.parse(stdout.toString())).toMatchObject({ exitCode: 9, error })
    expect(seeder?.connections).toBe(0)
    expect(readdirSync(base).filter((found) => found.startsWith('.peerwire'))).toEqual([])
  })

  test('- is a wrong command line', async () => {
    const { code, stderr } = await run(connect('127.0.0.1:9', flag, '-'))
    expect(code).toBe(2)
    expect(said(stderr)).toMatch(new RegExp(`^peerwire connect: ${flag} takes a file`))
  })

  test('a pipe with a reader takes it', async () => {
    makeNamedPipe(at(name))
    const reader = openSync(at(name), constants.O_RDWR | constants.O_NONBLOCK)
    try {
      expect(await run(connect(await peer(), flag, at(name)))).toMatchObject({ code: 0, stderr: '' })
      expect(readSync(reader, new Uint8Array(65_536))).toBeGreaterThan(100)
    } finally {
      closeSync(reader)
    }
  })

  test.each([
    ['in another way', () => at(`out/../${name}`)],
    ['through a link', () => (symlinkSync(base, at('out/link')), at(`out/link/${name}`))],
  ])('the output that is named %s is a wrong command line', async (_, output) => {
    const argv = ['metadata', '127.0.0.1:9', '-t', at('x.torrent'), flag, at(name), '-o', output()]
    const { code, stderr } = await run(argv)
    expect(code).toBe(2)
    expect(said(stderr)).toMatch(new RegExp(`${flag} and -o name the same file; give one of them`))
  })

  describe.runIf(canMount())('on a file system of its own', () => {
    const runOn = async (options: string, address: string) => {
      const disk = { path: at('disk'), options, prepare: 'head -c 4096 /dev/zero > other' }
      const fetch = ['fetch', address, '-t', at('x.torrent'), '-o', at('out'), '--json', '-v']
      const argv = [process.execPath, cli.program, ...fetch, flag, at(`disk/${name}`)]
      const { code, stdout } = await endOf(keep(startOnDisk(disk, argv)))
      return { code, document: JSON.parse(stdout.toString()) as unknown }
    }

    test('that is read-only is exit 9 before anything is sent', async () => {
      const { code, document } = await runOn('ro', '127.0.0.1:9')
      expect(code).toBe(9)
      const message = expect.stringMatching(/: the file system is read-only$/) as string
      expect(document).toMatchObject({ exitCode: 9, error: { code: 'E_FILE_WRITE', message } })
    })

    test('that is full is exit 9, and the download is complete', async () => {
      const { code, document } = await runOn('size=4k', await peer())
      expect(code).toBe(9)
      expect(document).toMatchObject({ error: { code: 'E_DISK_FULL' }, fetch: { complete: true } })
      expect(readFileSync(at('out/one/a'))).toHaveLength(4 * PIECE)
    })
  })
})

describe('the files of a process that is stopped when it waits', () => {
  /** A session whose request is not answered, once all that happened is in the files. */
  async function stoppedWith(signal: NodeJS.Signals) {
    const address = await peer({ onRequest: () => undefined })
    const files = ['--capture', at('c.pcapng'), '--trace-file', at('t.ndjson'), '--report', at('r.json')]
    const block = ['fetch-block', address, '-t', at('x.torrent'), '--piece', '0', '-o', at('block')]
    const child = keep(cli.start([...block, ...files]))
    const ended = endOf(child)
    // what was added before the request is read back has been written, or is being written
    const isWritten = (path: string, text: string) => readFileSync(path, 'latin1').includes(text)
    const parts = () => readdirSync(base).filter((name) => name.startsWith('.peerwire'))
    const request = Buffer.from([0, 0, 0, 13, 6]).toString('latin1')
    while (
      !parts().some((part) => isWritten(at(part), request)) ||
      !parts().some((part) => isWritten(at(part), '"type":"request"'))
    )
      await setImmediate()
    child.kill(signal)
    return { ...(await ended), parts: parts() }
  }

  /** What `decode` counts in a file. */
  async function decoded(path: string) {
    const { stdout } = await run(['decode', path, '--json'])
    return JSON.parse(stdout.toString()) as unknown
  }

  const COUNTED = { report: { messages: { sent: { interested: 1, request: 1 }, received: { unchoke: 1 } } } }

  test('SIGKILL leaves parts that decode reads', async () => {
    const { parts } = await stoppedWith('SIGKILL')
    const written = parts.filter((part) => statSync(at(part)).size > 0)
    expect(written).toHaveLength(2)
    for (const part of written) expect(await decoded(at(part))).toMatchObject(COUNTED)
    expect(readdirSync(base)).not.toContain('c.pcapng')
  })

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('%s leaves whole files with their names', async (signal, exitCode) => {
    const { code, parts } = await stoppedWith(signal)
    expect({ code, parts }).toStrictEqual({ code: exitCode, parts: [] })
    for (const name of ['c.pcapng', 't.ndjson']) expect(await decoded(at(name))).toMatchObject(COUNTED)
    expect(JSON.parse(readFileSync(at('r.json'), 'utf8'))).toMatchObject({ report: { exitCode } })
  })

  test('a capture of serve, killed between two peers, has the first', async () => {
    const child = keep(
      cli.start([
        ...['serve', '--synthetic', '64KiB', '--listen', '127.0.0.1:0', '--text'],
        ...['--torrent-out', at('s.torrent'), '--capture', at('s.pcapng')],
      ]),
    )
    const [printed] = (await once(child.stdout, 'data')) as [Buffer]
    const address = /127\.0\.0\.1:\d+/.exec(printed.toString())?.[0] ?? ''
    const fetch = ['fetch', address, '-t', at('s.torrent'), '-o', at('out'), '-q']
    expect(await run(fetch)).toMatchObject({ code: 0 })
    const [part = ''] = readdirSync(base).filter((name) => name.startsWith('.peerwire'))
    while (statSync(at(part)).size < 65_536) await setImmediate()
    child.kill('SIGKILL')
    expect(await decoded(at(part))).toMatchObject({ report: { messages: { received: { piece: 4 } } } })
  })
})
