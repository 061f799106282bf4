// Packs the real tarball, checks its contents, and installs it in a new project. There the command must run, the library
// must type-check with three compilers, and both must run on every available runtime.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installRuntimes, trySmoke } from './runtimes.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'peerwire-pack-'))
// compiled code is kept as for a user, and not among what the user keeps
process.env.XDG_CACHE_HOME = join(folder, 'caches')
mkdirSync(process.env.XDG_CACHE_HOME)

/** The oldest supported compiler, the last one written in JavaScript, and the one of this project. */
const COMPILERS = [
  ['typescript-5.0', '5.0'],
  ['typescript-5.9', '~5.9'],
  ['typescript-7', '^7'],
]

/** How a project resolves modules: like Node, or like a bundler. */
const SETTINGS = [
  ['--module', 'esnext', '--moduleResolution', 'bundler'],
  ['--module', 'nodenext', '--moduleResolution', 'nodenext'],
]

/** The declarations themselves are checked too. */
const STRICT =
  '--target es2022 --strict --exactOptionalPropertyTypes --skipLibCheck false --types node'.split(' ')

async function check() {
  run('publint', root, 'npx', ['--no-install', 'publint', '--strict'])
  const [packed] = JSON.parse(
    run('npm pack', root, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]),
  )
  const stray = packed.files
    .map(({ path }) => path)
    .filter(
      (path) =>
        !/^(bin|dist|docs|man)\/|^(README|CHANGELOG|SECURITY)\.md$|^LICENSE$|^package\.json$/.test(path),
    )
  expect(stray.length === 0, `files that have no place in the tarball: ${stray.join(', ')}`)
  console.log(`tarball: ${packed.files.length} files, ${Math.round(packed.size / 1024)} KiB`)

  const consumer = join(folder, 'consumer')
  mkdirSync(consumer)
  writeFileSync(
    join(consumer, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  )
  const tools = [...COMPILERS.map(([name, version]) => `${name}@npm:typescript@${version}`), '@types/node@20']
  const wanted = [join(folder, packed.filename), ...tools]
  run('npm install', consumer, 'npm', ['install', '--ignore-scripts', ...wanted])

  const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
  const bin = join(consumer, 'node_modules', '.bin', 'peerwire')
  expect(run('peerwire --version', consumer, bin, ['--version']).trim() === version, '--version')
  // every command and every flag
  const vitest = [
    '--no-install',
    'vitest',
    'run',
    '--config',
    'test/vitest.config.ts',
    'test/installed/commands.test.ts',
  ]
  run('peerwire as npm installs it', root, 'npx', vitest, { PEERWIRE_COMMAND: bin })

  copyFileSync(join(root, 'test', 'packaging', 'consumer.ts'), join(consumer, 'consumer.ts'))
  for (const [compiler] of COMPILERS) {
    const tsc = join(consumer, 'node_modules', compiler, 'bin', 'tsc')
    for (const setting of SETTINGS) {
      const what = `${compiler} ${setting.join(' ')}`
      run(what, consumer, process.execPath, [tsc, ...STRICT, ...setting, 'consumer.ts'])
    }
  }
  const here = { name: `Node ${process.version}`, program: process.execPath, args: [] }
  const runtimesFolder = join(folder, 'runtimes')
  mkdirSync(runtimesFolder)
  writeFileSync(join(runtimesFolder, 'package.json'), '{ "private": true }')
  for (const runtime of [here, ...installRuntimes(runtimesFolder)]) {
    const { name, program, args } = runtime
    const printed = run(`consumer under ${name}`, consumer, program, [...args, 'consumer.js'])
    expect(/have 7\nblock verified/.test(printed), `the consumer printed ${printed}`)
    await trySmoke(runtime, bin, folder)
  }
  console.log('the tarball installs, type-checks and runs')
}

function run(what, cwd, command, args, variables = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', ...variables },
  })
  if (status !== 0) throw new Error(`${what} failed (${status ?? error})\n${stdout}\n${stderr}`)
  console.log(`ok: ${what}`)
  return stdout
}

function expect(condition, what) {
  if (!condition) throw new Error(`not as expected: ${what}`)
}

try {
  await check()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
