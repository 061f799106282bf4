import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/**
 * The command in pieces, each loaded when it is first needed: compiling all of it takes longer than Node's own start.
 * esbuild splits only ESM; as CommonJS the pieces start faster.
 */
export async function buildCommand(folder) {
  const { outputFiles, metafile } = await build({
    entryPoints: [MAIN],
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minify: true,
    keepNames: true,
    legalComments: 'linked',
    write: false,
    metafile: true,
  })
  refuseHollowImports(metafile)
  mkdirSync(folder, { recursive: true })
  for (const { path, text, contents } of outputFiles) {
    if (!path.endsWith('.cjs')) {
      // licences of what is bundled
      writeFileSync(path, contents)
      continue
    }
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      minify: true,
      supported: { 'dynamic-import': false },
    })
    writeFileSync(path, code)
  }
}

/**
 * A CommonJS module that is split off has a default export and no names: `const { Client } = await import('package')`
 * would be undefined in the bundle, though it works in the sources. Such a package is imported by a file of ours, and
 * that file is what is loaded late.
 */
function refuseHollowImports({ inputs }) {
  const hollow = Object.entries(inputs).flatMap(([file, { imports }]) =>
    imports
      .filter(({ kind, path }) => kind === 'dynamic-import' && inputs[path]?.format === 'cjs')
      .map(({ original }) => `${file} imports '${original}' dynamically, which is CommonJS`),
  )
  if (hollow.length > 0) throw new Error(hollow.join('\n'))
}
