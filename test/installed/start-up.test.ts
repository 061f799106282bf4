import { spawn } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' }
  const child = spawn(process.execPath, ['-r', observer, program, ...argv], { env })
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
  { argv: ['connect', '--help'], files: ['peerwire.cjs', 'main.cjs'] },
  { argv: ['--help'], files: ['peerwire.cjs', 'main.cjs'] },
])('$argv loads few files and starts no process', async ({ argv, files }) => {
  const loaded = await loadedBy(argv)
  expect(loaded.code).toBe(0)
  expect(loaded.files).toStrictEqual(files)
  expect(loaded.modules).not.toContain('NativeModule child_process')
})

test('connect loads one more file for a session over TCP, and another for its report', async () => {
  const argv = ['connect', '127.0.0.1:1', '-qq', '-i', '00'.repeat(20), '--transport', 'tcp']
  const { files, modules } = await loadedBy(argv)
  expect(files).toStrictEqual(['peerwire.cjs', 'main.cjs', 'session.cjs', 'report.cjs'])
  // a clock needs none of them
  expect(modules).not.toContain('NativeModule perf_hooks')
})

test('--version needs no stream', async () => {
  const { modules } = await loadedBy(['--version'])
  expect(modules).not.toContain('NativeModule stream')
})

/** Runs the command with a folder for caches of its own, and with other variables if any. */
async function runWithCaches(name: string, argv: readonly string[], variables: NodeJS.ProcessEnv = {}) {
  const { run, folder } = world.cli as BuiltCli
  const caches = join(folder, name)
  const env = { XDG_CACHE_HOME: caches, NODE_COMPILE_CACHE: '', ...variables }
  await mkdir(caches, { recursive: true })
  const { code, stdout, stderr } = await run(argv, env)
  expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' })
  return { stdout: stdout.toString(), caches, kept: join(caches, 'peerwire') }
}

test('compiled code is kept where caches are, if anywhere', async () => {
  const { run, folder } = world.cli as BuiltCli
  const none = join(folder, 'no-caches')
  expect(await run(['--help'], { XDG_CACHE_HOME: none })).toMatchObject({ code: 0, stderr: '' })
  await expect(readdir(none)).rejects.toThrow('ENOENT')
  const { caches } = await runWithCaches('caches', ['--help'], { NODE_DISABLE_COMPILE_CACHE: '1' })
  expect(await readdir(caches)).toStrictEqual([])
  await runWithCaches('caches', ['--help'])
  expect(await readdir(caches)).toStrictEqual(['peerwire'])
})

// Node would try for ever to create a folder in /proc
test.each(['/proc', '/dev/null'])('caches cannot be kept in "%s"', async (caches) => {
  const { run } = world.cli as BuiltCli
  const env = { XDG_CACHE_HOME: caches, HOME: caches }
  expect(await run(['--help'], env)).toMatchObject({ code: 0, stderr: '' })
})

test('compiled code is not kept where others can write', async () => {
  const { caches, kept } = await runWithCaches('shared', ['--version'])
  await mkdir(kept)
  await chmod(kept, 0o777)
  await runWithCaches('shared', ['--help'])
  expect(await readdir(kept)).toStrictEqual([])
  expect(await readdir(caches)).toStrictEqual(['peerwire'])
})

describe.runIf(Number.parseInt(process.versions.node, 10) < 22)('code that we keep ourselves', () => {
  /** The number of each file in the file system: a file that is written again has another one. */
  async function filesIn(folder: string): Promise<ReadonlyMap<string, number>> {
    const names = await readdir(folder)
    const numbered = names.map(async (name) => [name, (await stat(join(folder, name))).ino] as const)
    return new Map(await Promise.all(numbered))
  }

  test('is used by the next run, which does the same', async () => {
    const first = await runWithCaches('again', ['connect', '--help'])
    const files = await filesIn(first.kept)
    expect(files.size).toBe(1)
    const second = await runWithCaches('again', ['connect', '--help'])
    expect(second.stdout).toBe(first.stdout)
    expect(await filesIn(first.kept)).toStrictEqual(files)
  })

  const DAMAGES: readonly (readonly [string, (file: Buffer) => Buffer])[] = [
    // a letter of a message: as long as the source, and valid
    [
      'of another version',
      (file) => ofAnotherFile(Buffer.from(file.toString('latin1').replace('peerwire', 'PEERWIRE'), 'latin1')),
    ],
    ['cut', (file) => file.subarray(0, file.length - 1000)],
    ['without code', (file) => file.subarray(0, file.indexOf("load('./main.cjs')"))],
    ['empty', () => Buffer.alloc(0)],
    ['of zeros', (file) => Buffer.alloc(file.length)],
  ]
  test.each(DAMAGES)('is replaced when it is %s', async (what, damage) => {
    const { stdout, kept } = await runWithCaches(what, ['connect', '--help'])
    const [main] = (await readdir(kept)).filter((name) => name.endsWith('main.cjs'))
    const path = join(kept, main as string)
    const whole = await readFile(path)
    const damaged = damage(whole)
    expect(damaged.equals(whole)).toBe(false)
    await writeFile(path, damaged)
    expect((await runWithCaches(what, ['connect', '--help'])).stdout).toBe(stdout)
    expect((await readFile(path)).equals(damaged)).toBe(false)
    expect(await readdir(kept)).toHaveLength(1)
  })

  test('is used for another copy of the same version', async () => {
    const { stdout, kept } = await runWithCaches('copy', ['connect', '--help'])
    const [main] = await readdir(kept)
    const path = join(kept, main as string)
    const ofCopy = ofAnotherFile(await readFile(path))
    await writeFile(path, ofCopy)
    expect((await runWithCaches('copy', ['connect', '--help'])).stdout).toBe(stdout)
    expect((await readFile(path)).equals(ofCopy)).toBe(true)
  })

  /** With the size and the times of another file. */
  function ofAnotherFile(file: Buffer): Buffer {
    return Buffer.concat([Buffer.from('1 2 3'.padEnd(64)), file.subarray(64)])
  }
})
