import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { drawTerminal } from './terminal.ts'

/** Draws docs/terminal.svg from real runs of the built command. */

const COLUMNS = 80
const program = fileURLToPath(new URL('../../bin/peerwire.cjs', import.meta.url))
const picture = fileURLToPath(new URL('../../docs/terminal.svg', import.meta.url))

const folder = mkdtempSync(join(tmpdir(), 'peerwire-picture-'))
const env = { ...process.env, FORCE_COLOR: '1', COLUMNS: String(COLUMNS), LC_ALL: 'C.UTF-8' }

/** The prompt with what is typed, and what is printed before the part with this label, and a mark for the rest. */
function run(args: readonly string[], endsBefore: string): readonly string[] {
  const { stdout } = spawnSync(process.execPath, [program, ...args], { cwd: folder, env, encoding: 'utf8' })
  const typed = `\u001b[2m$\u001b[22m \u001b[1mpeerwire ${args.join(' ')}\u001b[22m`
  const printed = stdout.trimEnd().split('\n')
  const end = printed.findIndex((line) => stripVTControlCharacters(line).startsWith(`  ${endsBefore} `))
  if (end === -1) throw new Error(`${args.join(' ')} has no part "${endsBefore}":\n${stdout}`)
  return [typed, ...printed.slice(0, end).join('\n').trimEnd().split('\n'), '\u001b[2m  …\u001b[22m', '']
}

/** Starts a seeder of the same made-up torrent on a free port, and returns its address. */
async function startSeeder(...flags: readonly string[]): Promise<string> {
  const seeder = spawn(
    process.execPath,
    [program, 'serve', '--synthetic', '33MiB', '--listen', '127.0.0.1:0', ...flags],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  seeders.push(seeder)
  const [text] = (await once(seeder.stdout, 'data')) as [Buffer]
  return /127\.0\.0\.1:\d+/.exec(text.toString())?.[0] ?? ''
}

const seeders: ChildProcess[] = []
const torrent = ['-t', 'debian.torrent']
try {
  const healthy = await startSeeder('--torrent-out', 'debian.torrent')
  const encrypted = await startSeeder('--encryption', 'require')
  const lines = [
    ...run(['connect', healthy, ...torrent, '--interested'], 'findings'),
    ...run(['connect', '127.0.0.1:9', ...torrent], 'attempts'),
    ...run(['why', encrypted, ...torrent], 'who'),
  ]
  writeFileSync(picture, drawTerminal(lines.slice(0, -1), COLUMNS))
} finally {
  for (const seeder of seeders) {
    seeder.kill()
    await once(seeder, 'close')
  }
  rmSync(folder, { recursive: true, force: true })
}
