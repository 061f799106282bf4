import { execFile } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { buildPackage } from './build-package.mjs'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const run = promisify(execFile)

/**
 * Builds the package from the sources, packs it with npm, and installs the tarball in a folder like `npm install`, but
 * without a registry: the declared dependencies, and no others, are links to those of this repository.
 *
 * @returns the path of the command in `node_modules/.bin`
 */
export async function installPacked(folder) {
  const stage = join(folder, 'stage')
  const tarball = await pack(stage)
  await run('tar', ['-xzf', tarball, '-C', folder])
  rmSync(stage, { recursive: true })
  const modules = join(folder, 'node_modules')
  const installed = join(modules, 'peerwire')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  // the top folder of every npm tarball
  renameSync(join(folder, 'package'), installed)
  const { bin, dependencies } = readPackage(installed)
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  }
  const command = join(modules, '.bin', 'peerwire')
  const program = join(installed, bin.peerwire)
  chmodSync(program, 0o755)
  symlinkSync(program, command)
  return command
}

/** Packs a copy, so that concurrent runs do not build into the same `dist`. */
async function pack(stage) {
  mkdirSync(stage)
  const { files } = readPackage(ROOT)
  for (const name of [...files, 'package.json', 'README.md', 'LICENSE'])
    if (name !== 'dist' && existsSync(join(ROOT, name)))
      cpSync(join(ROOT, name), join(stage, name), { recursive: true })
  await buildPackage(join(stage, 'dist'))
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--offline'], { cwd: stage })
  const [packed] = JSON.parse(stdout)
  return join(stage, packed.filename)
}

function readPackage(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
