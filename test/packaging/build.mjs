// Builds dist/: the library file by file with its declarations, and the command as a few CommonJS
// bundles, which start faster than an ESM entry that loads a hundred modules.
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { buildCommand } from './build-command.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
rmSync(`${root}dist`, { recursive: true, force: true })

const tsc = createRequire(import.meta.url)
  .resolve('typescript/package.json')
  .replace(/package\.json$/, 'bin/tsc')
const compiled = spawnSync(process.execPath, [tsc, '-p', root], { stdio: 'inherit' })
if (compiled.status !== 0) process.exit(compiled.status ?? 1)

rmSync(`${root}dist/cli`, { recursive: true, force: true })
await buildCommand(`${root}dist/command`)
