import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { drawTerminal } from './terminal.ts'

/** Draws docs/terminal.svg from real runs of the built command. */

const COLUMNS = 80
const program = fileURLToPath(new URL('../../bin/peerwire.cjs', import.meta.url))
const picture = fileURLToPath(new URL('../../docs/terminal.svg', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'peerwire-picture-'))
const env = { ...process.env, FORCE_COLOR: '1', COLUMNS: String(COLUMNS), LC_ALL: 'C.UTF-8' }

/** The prompt with what is typed, and what is printed. */
function run(args: readonly string[]): readonly string[] {
  const { stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  const typed = `\u001b[2m$\u001b[22m \u001b[1mpeerwire ${args.join(' ')}\u001b[22m`
  return [typed, ...`${stderr}${stdout}`.trimEnd().split('\n'), '']
}

const flags = [
  'serve',
  '--synthetic',
  '33MiB',
  '--listen',
  '127.0.0.1:0',
  '--torrent-out',
  'debian.torrent',
  '--text',
]
const seeder = spawn(process.execPath, [program, ...flags], {
  cwd: folder,
  stdio: ['ignore', 'pipe', 'inherit'],
})
try {
  const [text] = (await once(seeder.stdout, 'data')) as [Buffer]
  const peer = /127\.0\.0\.1:\d+/.exec(text.toString())?.[0] ?? ''
  const lines = [
    ...run(['connect', peer, '-t', 'debian.torrent']),
    ...run(['fetch-block', peer, '-t', 'debian.torrent', '--piece', '7', '-o', 'b', '--verify']),
    ...run(['connect', '127.0.0.1:9', '-t', 'debian.torrent']),
  ]
  writeFileSync(picture, drawTerminal(lines.slice(0, -1), COLUMNS))
} finally {
  seeder.kill()
  await once(seeder, 'close')
  rmSync(folder, { recursive: true, force: true })
}
