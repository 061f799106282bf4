import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/**
 * Builds the command in chunks that are loaded on first use, because compiling all of it takes longer than Node's startup.
 * esbuild can split only ESM, so the chunks are then converted to CommonJS, which starts faster. Names stay as they are, for the
 * stack traces of bug reports: with short names and `keepNames`, each closure would be given its name whenever it is made.
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
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'linked',
    write: false,
    metafile: true,
  })
  refuseHollowImports(metafile)
  mkdirSync(folder, { recursive: true })
  for (const { path, text, contents } of outputFiles) {
    if (!path.endsWith('.cjs')) {
      // the licences of the bundled packages
      writeFileSync(path, contents)
      continue
    }
    const { code } = await transform(bindChunks(text), {
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      minifyWhitespace: true,
      minifySyntax: true,
      supported: { 'dynamic-import': false },
    })
    writeFileSync(path, code)
  }
}

/**
 * Imports and exports between chunks as plain constants: as esbuild converts them, every use of an imported name calls two
 * getters, which costs a download a tenth of its time. Chunks never import each other in a circle, and no source file
 * exports a variable that changes.
 */
function bindChunks(code) {
  const bound = code
    .replace(/import\{([^}]*)\}from("\.\/[\w-]+\.cjs");/g, (_, names, chunk) => {
      const members = names.split(',').map((name) => name.replace(' as ', ':'))
      return `const{${members.join(',')}}=require(${chunk});`
    })
    .replace(/export\{([^}]*)\};\n/, (_, names) => {
      const members = names.split(',').map((name) => name.split(' as ').reverse().join(':'))
      return `module.exports={${members.join(',')}};\n`
    })
  // a new version of esbuild may write them in another way
  if (/\bfrom"\.\/[\w-]+\.cjs"/.test(bound)) throw new Error('an import between chunks was not converted')
  return bound
}

/**
 * A CommonJS module in a chunk of its own has a default export but no named exports: `const { Client } = await import('package')`
 * would be undefined in the bundle, although it works in the sources. Import such a package in a source file, and load
 * that file on demand instead.
 */
function refuseHollowImports({ inputs }) {
  const hollow = Object.entries(inputs).flatMap(([file, { imports }]) =>
    imports
      .filter(({ kind, path }) => kind === 'dynamic-import' && inputs[path]?.format === 'cjs')
      .map(({ original }) => `${file} imports '${original}' dynamically, which is CommonJS`),
  )
  if (hollow.length > 0) throw new Error(hollow.join('\n'))
}
