import { mkdirSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { afterAll, expect, test } from 'vitest'
import { runPeerwire } from '../support/processes/cli.ts'
import { buildCli, endOf } from '../support/processes/cli-process.ts'

const HASH = 'ecd8f1e2d3c4b5a697887766554433221100ffee'
const PEER = '192.0.2.7:6881'
const MAGNET = `magnet:?xt=urn:btih:${HASH}`

/** What a new user types, as words of a shell, and is answered with a line to use instead. */
const MISTYPED: readonly (readonly string[])[] = [
  // the command
  [PEER],
  [PEER, '-i', HASH],
  ['192.0.2.7', '6881', '-i', HASH],
  [MAGNET],
  ['debian.torrent'],
  ['conect', PEER, '-i', HASH],
  ['download', PEER, '-i', HASH],
  ['check', PEER],
  ['frobnicate'],
  ['-i', HASH, 'connect', PEER],
  ['--timeout', '5s', 'connect', PEER, '-i', HASH],
  ['--verion'],
  // the peer
  ['connect', '-i', HASH],
  ['connect', '192.0.2.7', '-i', HASH],
  ['connect', '192.0.2.7:', '-i', HASH],
  ['connect', ':6881', '-i', HASH],
  ['connect', '6881', '-i', HASH],
  ['connect', '192.0.2.7:99999', '-i', HASH],
  ['connect', '192.0.2.7:http', '-i', HASH],
  ['connect', '192.0.2.7:6881/', '-i', HASH],
  ['connect', '2001:db8::1:6881', '-i', HASH],
  ['connect', '2001:db8::1', '-i', HASH],
  ['connect', '[2001:db8::1]', '-i', HASH],
  ['connect', 'http://192.0.2.7:6881/', '-i', HASH],
  ['connect', 'udp://tracker.example:1337/announce', '-i', HASH],
  ['connect', 'https://tracker.example/0123456789abcdef/announce', '-i', HASH],
  ['connect', 'https://example.org', '-i', HASH],
  ['connect', '192.0.2.7', '-p', '6881', '-i', HASH],
  ['connect', '192.0.2.7', '--port', '6881', '-i', HASH],
  ['connect', '--host', '192.0.2.7', '-i', HASH],
  ['connect', PEER, '192.0.2.8:6881', '-i', HASH],
  // the torrent
  ['connect', PEER],
  ['why', PEER],
  ['connect', MAGNET],
  ['connect', PEER, '-i', HASH.slice(1)],
  ['connect', PEER, '-i', `${HASH}0`],
  ['connect', PEER, '-i', `${HASH.slice(1)}g`],
  ['connect', PEER, '-i', '5TMPDYWTYS22NF4IO5TFKRBTEEIQB77'],
  ['connect', PEER, '-i', 'magnet:?xt=urn:btih:'],
  ['connect', PEER, '-i', 'magnet:?dn=debian'],
  ['connect', PEER, '-i', 'debian.torrent'],
  ['connect', PEER, '-t', 'missing.torrent'],
  ['connect', PEER, '-t', 'folder'],
  ['connect', PEER, '-t', 'page.torrent'],
  ['connect', PEER, '-t', HASH],
  ['connect', PEER, '-t', MAGNET],
  ['connect', PEER, '-t', 'https://example.org/debian.torrent'],
  ['connect', PEER, '--infohash', HASH],
  ['connect', PEER, '--magnet', MAGNET],
  ['connect', PEER, '-i'],
  ['connect', PEER, '-i', '-v'],
  // flags
  ['connect', PEER, '-i', HASH, '--timeout', '5sec'],
  ['connect', PEER, '-i', HASH, '--timeout', '-5'],
  ['connect', PEER, '-i', HASH, '--timeout'],
  ['connect', PEER, '-i', HASH, '--encrypt', 'require'],
  ['connect', PEER, '-i', HASH, '--encryption', 'yes'],
  ['connect', PEER, '-i', HASH, '--utp'],
  ['connect', PEER, '-i', HASH, '--json=report.json'],
  ['connect', PEER, '-i', HASH, '--format'],
  ['connect', PEER, '-i', HASH, '--format', 'xml'],
  ['connect', PEER, '-i', HASH, '-o', 'report.txt'],
  ['connect', PEER, '-i', HASH, '\u2013json'],
  ['connect', PEER, '-i', HASH, '-json'],
  ['connect', PEER, '-i', HASH, '--verbos'],
  ['connect', PEER, '-i', HASH, '--expect', 'availabilty.percent>=100'],
  ['connect', PEER, '-i', HASH, '--proxy', '127.0.0.1:1080'],
  // what to fetch, and where to
  ['fetch-block', PEER, '-i', HASH],
  ['fetch-block', PEER, '-i', HASH, '--piece', '0'],
  ['fetch-block', PEER, '-i', HASH, '--piece', '0', '-o', 'folder'],
  ['fetch_block', PEER, '-i', HASH, '--piece', '0', '-o', 'block'],
  ['fetch', PEER, '-i', HASH],
  ['fetch', PEER, '-i', HASH, '-o', 'files', '--pieces', '9-0'],
  ['fetch', PEER, '-i', HASH, '-o', 'page.torrent'],
  ['metadata', PEER, '-i', HASH, '-o', 'folder'],
  // the other commands
  ['reach'],
  ['reach', '192.0.2.7'],
  ['scan'],
  ['scan', PEER],
  ['scan', PEER, '192.0.2.8:6881'],
  ['scan', 'missing.txt'],
  ['serve'],
  ['serve', 'page.torrent'],
  ['serve', '-t', 'page.torrent'],
  ['serve', '--synthetic', '1GB'],
  ['serve', '--synthetic', '1MiB', '--listen', '6881'],
  ['serve', '--synthetic', '1MiB', '--port', '6881'],
  ['serve', '--synthetic', '1MiB', '--listen', '192.0.2.9:6881'],
  ['serve', '--synthetic', '1MiB', '--fault', 'chok'],
  ['decode', 'missing.pcapng'],
  ['decode', 'folder'],
  ['explain', 'E_REFUSED'],
  ['explain', 'bitfeild'],
  ['completion', 'tcsh'],
  ['demo', PEER],
]

const cli = await buildCli()
afterAll(cli.remove)

interface Answer {
  readonly argv: readonly string[]
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Files and addresses are looked for by a real process. */
const ON_DISK = /^(?:folder|block|(?:missing|page)\.\w+|192\.0\.2\.9:6881)$/

async function answerOfProcess(argv: readonly string[]): Promise<Omit<Answer, 'argv'>> {
  const child = spawn(process.execPath, [cli.program, ...argv], {
    cwd: cli.folder,
    env: { ...process.env, LC_ALL: 'C.UTF-8', COLUMNS: '80' },
  })
  const { code, stdout, stderr } = await endOf(child)
  return { status: code, stdout: stdout.toString(), stderr }
}

async function answerTo(argv: readonly string[]): Promise<Omit<Answer, 'argv'>> {
  const { exitCode, stdout, stderr } = await runPeerwire(argv)
  return { status: exitCode, stdout, stderr }
}

test('a mistyped command line is answered with the line to use, in a few lines on stderr', async () => {
  mkdirSync(`${cli.folder}/folder`)
  writeFileSync(`${cli.folder}/page.torrent`, '<html>')
  const answers = await Promise.all(
    MISTYPED.map(async (argv) => {
      const isOnDisk = argv.some((word) => ON_DISK.test(word))
      return { argv, ...(await (isOnDisk ? answerOfProcess(argv) : answerTo(argv))) }
    }),
  )
  const typed = (argv: readonly string[]) =>
    argv.map((word) => (/[&?<>* ]/.test(word) ? `'${word}'` : word)).join(' ')
  const page = answers.map(
    ({ argv, status, stderr }) => `$ peerwire ${typed(argv)}\n${stderr}[exit ${status}]\n`,
  )
  expect(answers.filter(({ stdout }) => stdout !== '')).toStrictEqual([])
  // what the command line says is a mistake of its own; what a file or an address is, is found on the machine
  expect(answers.filter(({ status }) => status !== 2 && status !== 9)).toStrictEqual([])
  expect(answers.filter(({ stderr }) => stderr.split('\n').length > 3)).toStrictEqual([])
  await expect(page.join('\n')).toMatchFileSnapshot('../golden/expected/mistypes.txt')
})
