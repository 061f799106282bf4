import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import * as wire from '../../../src/wire/index.ts'

const folder = fileURLToPath(new URL('../../../src/wire/', import.meta.url))

test.each(['wire', 'session', 'diagnose'])(
  '%s bundles for a browser, without anything of Node',
  async (room) => {
    const { metafile, warnings } = await build({
      entryPoints: [`${folder}../${room}/index.ts`],
      bundle: true,
      platform: 'browser',
      format: 'esm',
      write: false,
      metafile: true,
      logLevel: 'silent',
    })
    expect(warnings).toStrictEqual([])
    const outputs = Object.values(metafile.outputs)
    expect(outputs.flatMap(({ imports }) => imports.map(({ path }) => path))).toStrictEqual([])
    const inputs = Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path))
    expect(inputs.length).toBeGreaterThan(20)
    expect(inputs.filter((path) => path.startsWith('node:'))).toStrictEqual([])
  },
)

test('a browser bundle with something of Node in it would not build', async () => {
  const stdin = { contents: "import { readFileSync } from 'node:fs'\nreadFileSync('x')" }
  await expect(
    build({ stdin, bundle: true, platform: 'browser', write: false, logLevel: 'silent' }),
  ).rejects.toThrow(/node:fs/)
})

/** Entry points that run without Node, one of their functions each, and how many bytes of code it may bring. */
const IMPORTED = [
  ['wire', 'encodeHandshake', 1000],
  ['wire', 'crc32c', 1000],
  ['wire', 'bitfieldLength', 1000],
  ['session', 'ChokingState', 1200],
  ['session', 'splitIntoBlocks', 1000],
] as const

test.each(IMPORTED)(
  'from %s, %s alone is bundled with what it needs, in %d bytes',
  async (room, name, limit) => {
    const contents = `export { ${name} } from './src/${room}/index.ts'`
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: fileURLToPath(new URL('../../..', import.meta.url)) },
      bundle: true,
      minify: true,
      platform: 'browser',
      format: 'esm',
      write: false,
    })
    const [{ contents: code } = { contents: new Uint8Array(0) }] = outputFiles
    expect(code.length).toBeGreaterThan(20)
    expect(code.length).toBeLessThan(limit)
  },
)

test('every codec of the folder is exported', async () => {
  const missing: string[] = []
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue
    const module = (await import(`${folder}${file}`)) as Readonly<Record<string, unknown>>
    const codecs = Object.keys(module).filter((name) => /^(decode|encode)[A-Z]/.test(name))
    missing.push(...codecs.filter((name) => !(name in wire)).map((name) => `${file}: ${name}`))
  }
  expect(missing).toStrictEqual([])
})
