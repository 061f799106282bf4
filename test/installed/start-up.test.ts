import { spawn } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildCli, endOf, type BuiltCli } from '../support/processes/cli-process.ts'

const world: { cli?: BuiltCli } = {}

beforeAll(async () => {
  world.cli = await buildCli()
})

afterAll(async () => {
  await world.cli?.remove()
})

/** Prints at the end which files of the command and which modules of Node were loaded. */
const OBSERVER = `process.on('exit', () => process._rawDebug(JSON.stringify({
  files: Object.keys(require.cache), modules: process.moduleLoadList })))`

async function loadedBy(argv: readonly string[]) {
  const { program, folder } = world.cli as BuiltCli
  const observer = join(folder, 'observer.cjs')
  await writeFile(observer, OBSERVER)
  const child = spawn(process.execPath, ['-r', observer, program, ...argv])
  const { code, stderr } = await endOf(child)
  const loaded = JSON.parse(stderr) as {
    readonly files: readonly string[]
    readonly modules: readonly string[]
  }
  const files = loaded.files.map((file) => basename(file)).filter((file) => file !== 'observer.cjs')
  return { code, files, modules: loaded.modules }
}

test.each([
  { argv: ['--version'], files: ['peerwire.cjs', 'package.json'] },
  { argv: ['connect', '--help'], files: ['peerwire.cjs', 'main.cjs', 'commands.cjs'] },
  { argv: ['--help'], files: ['peerwire.cjs', 'main.cjs', 'commands.cjs'] },
])('$argv loads few files and starts no process', async ({ argv, files }) => {
  const loaded = await loadedBy(argv)
  expect(loaded.code).toBe(0)
  expect(loaded.files).toStrictEqual(files)
  expect(loaded.modules).not.toContain('NativeModule child_process')
})

test('connect loads one more file for a session over TCP', async () => {
  const argv = ['connect', '127.0.0.1:1', '-qq', '-i', '00'.repeat(20), '--transport', 'tcp']
  const { files } = await loadedBy(argv)
  expect(files).toStrictEqual(['peerwire.cjs', 'main.cjs', 'commands.cjs', 'session.cjs'])
})

test('--version needs no stream', async () => {
  const { modules } = await loadedBy(['--version'])
  expect(modules).not.toContain('NativeModule stream')
})

const { enableCompileCache } = createRequire(import.meta.url)('node:module') as {
  readonly enableCompileCache?: unknown
}

test.skipIf(enableCompileCache === undefined)(
  'compiled code is kept where caches are, if anywhere',
  async () => {
    const { run, folder } = world.cli as BuiltCli
    const caches = join(folder, 'caches')
    const env = { XDG_CACHE_HOME: caches, NODE_COMPILE_CACHE: '' }
    expect(await run(['--help'], env)).toMatchObject({ code: 0, stderr: '' })
    await expect(readdir(caches)).rejects.toThrow('ENOENT')
    await mkdir(caches)
    await run(['--help'], { ...env, NODE_DISABLE_COMPILE_CACHE: '1' })
    expect(await readdir(caches)).toStrictEqual([])
    expect(await run(['--help'], env)).toMatchObject({ code: 0, stderr: '' })
    expect(await readdir(caches)).toStrictEqual(['peerwire'])
    // Node would try for ever to create a folder there
    expect(await run(['--help'], { ...env, XDG_CACHE_HOME: '/proc' })).toMatchObject({ code: 0, stderr: '' })
  },
)
