import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { buildCommand } from './build-command.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Builds the contents of `dist` in a folder: the library file by file with its declarations, and the command as a few
 * CommonJS bundles, which start faster than an ESM entry that loads a hundred modules.
 */
export async function buildPackage(dist) {
  rmSync(dist, { recursive: true, force: true })
  await compileLibrary(dist)
  rmSync(`${dist}/cli`, { recursive: true, force: true })
  await buildCommand(`${dist}/command`)
}

async function compileLibrary(dist) {
  const tsc = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace(/package\.json$/, 'bin/tsc')
  const compiler = spawn(process.execPath, [tsc, '-p', ROOT, '--outDir', dist], { stdio: 'inherit' })
  const [status] = await once(compiler, 'close')
  if (status !== 0) throw new Error(`tsc ended with ${status}`)
}
