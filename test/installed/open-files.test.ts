import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generatePeerId, listenTcp, makeSyntheticTorrent, startSeeder, type Seeder } from '../../src/index.ts'
import { PEER_ID_PREFIX } from '../../src/wire/peer-id/peer-id.ts'
import { buildCli, endOf, type BuiltCli, type EndedProcess } from '../support/processes/cli-process.ts'

/** Every command with every small limit of open files: it works, or says that the limit is why, and never blames the peer. */

const MAX_LIMIT = 40

/** After so many limits in a row with which a command works, a larger one adds nothing. */
const ENOUGH = 4

const torrent = makeSyntheticTorrent({
  length: 100_000,
  pieceLength: 32_768,
  name: 'content',
  sha1: (bytes) => createHash('sha1').update(bytes).digest(),
})
const world: { cli?: BuiltCli; seeder?: Seeder; smallest?: number } = {}

beforeAll(async () => {
  const cli = await buildCli()
  world.cli = cli
  await writeFile(join(cli.folder, 'content.torrent'), torrent.torrentBytes)
  world.seeder = await startSeeder({
    listen: { address: '127.0.0.1', port: 0, family: 4 },
    torrent: { metainfo: torrent.metainfo, have: 'all', store: torrent.store },
    transports: [listenTcp],
    peerId: generatePeerId(PEER_ID_PREFIX, new Uint8Array(20)),
    random: Math.random,
  })
  // with the smallest limits Node itself ends before it has read a line of the program
  const empty = join(cli.folder, 'empty.cjs')
  await writeFile(empty, '')
  world.smallest = 10
  while ((await limited(world.smallest, [empty])).code !== 0) world.smallest++
})

afterAll(async () => {
  await world.seeder?.close()
  await world.cli?.remove()
})

describe.each([
  ['connect', (peer: string, file: string) => [peer, '-t', file]],
  ['metadata', (peer: string) => [peer, '-i', torrent.metainfo.infoHashes.v1]],
  [
    'fetch-block',
    (peer: string, file: string) => [peer, '-t', file, '--piece', '0', '-o', 'LIMIT.bin', '--verify'],
  ],
  ['fetch', (peer: string, file: string) => [peer, '-t', file, '-o', 'LIMIT.folder']],
  ['demo', () => []],
  // opens nothing but its own files, and Node needs more
  ['explain', () => ['4'], 0],
  ['serve', () => ['--synthetic', '1MiB', '--listen', '127.0.0.1:0', '--timeout', '100ms']],
] as const)('%s', (name, flags, expected: number = 9) => {
  test('works or names the limit, as a document', async () => {
    const { cli, seeder, smallest = MAX_LIMIT } = world
    if (cli === undefined || seeder === undefined) throw new Error('not started')
    const peer = `127.0.0.1:${seeder.address.port}`
    const runs: (EndedProcess & { readonly limit: number })[] = []
    const works = () => runs.length >= ENOUGH && runs.slice(-ENOUGH).every(({ code }) => code === 0)
    for (let limit = smallest; limit <= MAX_LIMIT && !works(); limit++) {
      const args = flags(peer, join(cli.folder, 'content.torrent')).map((flag) =>
        named(flag, cli.folder, limit, name),
      )
      runs.push({ limit, ...(await limited(limit, [cli.program, name, ...args, '--json'])) })
    }
    const wrong = runs
      .filter((run) => !isFine(run) && !endedBeforeUs(run.stderr, cli.program))
      .map(({ limit, code, stdout, stderr }) => {
        return `ulimit -n ${limit}: exit ${code}, ${stdout.toString()}${stderr}`
      })
    expect(wrong).toStrictEqual([])
    expect(runs.at(-1)?.code).toBe(0)
    expect(runs.map(({ code }) => code)).toContain(expected)
  })
})

test('in text it is a line', async () => {
  const { cli, smallest = MAX_LIMIT } = world
  if (cli === undefined) throw new Error('not started')
  const infoHash = ['-i', '00'.repeat(20)]
  const { code, stderr } = await limited(smallest, [cli.program, 'metadata', '127.0.0.1:1', ...infoHash])
  expect(code).toBe(9)
  expect(stderr).toMatch(/^peerwire metadata: [^]*open\s+files;\s+raise its limit \(ulimit -n\)\n$/)
})

test.each([['EMFILE'], ['ENFILE']])('not even its first module can be opened: %s', async (code) => {
  const { cli } = world
  if (cli === undefined) throw new Error('not started')
  const preload = join(cli.folder, `${code}.cjs`)
  await writeFile(
    preload,
    `const fs = require('node:fs'); const read = fs.readFileSync
    fs.readFileSync = (path, ...rest) => {
      if (String(path).endsWith('main.cjs')) throw Object.assign(new Error('open files'), { code: '${code}' })
      return read(path, ...rest)
    }`,
  )
  const run = (...flags: string[]) =>
    endOf(spawn(process.execPath, ['-r', preload, cli.program, 'explain', '4', ...flags]))
  expect(isFine(await run('--json'))).toBe(true)
  const { code: exitCode, stderr } = await run()
  expect(exitCode).toBe(9)
  expect(stderr).toBe(
    'peerwire: peerwire cannot open its files: this process has too many open files; raise its limit (ulimit -n)\n',
  )
})

function isFine({ code, stdout }: EndedProcess): boolean {
  if (code !== 0 && code !== 9) return false
  const { exitCode, error } = JSON.parse(stdout.toString()) as {
    exitCode: number
    error: { hint: string } | null
  }
  return exitCode === code && (code === 0 ? error === null : /ulimit/.test(error?.hint ?? ''))
}

/** Node's own threads take files as they start: now and then the limit does not even leave one for our first line. */
function endedBeforeUs(stderr: string, program: string): boolean {
  return stderr.includes(`open files, open '${program}'`)
}

function named(flag: string | Uint8Array | undefined, folder: string, limit: number, name: string): string {
  if (typeof flag !== 'string') return Buffer.from(flag ?? []).toString('hex')
  return flag.startsWith('LIMIT') ? join(folder, flag.replace('LIMIT', `${name}-${limit}`)) : flag
}

function limited(limit: number, argv: readonly string[]): Promise<EndedProcess> {
  return endOf(spawn('bash', ['-c', `ulimit -n ${limit} && exec "$@"`, 'bash', process.execPath, ...argv]))
}
