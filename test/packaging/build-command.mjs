import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'
import { packChunks } from './pack-chunks.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MAIN = 'src/cli/main.ts'

/** Names stay as they are, for the stack of a crash: they cost nothing, but shorter ones that keep their name would. */
const SMALL = { minifyWhitespace: true, minifySyntax: true }

/**
 * Builds the command in a few files that are loaded on first use, because compiling all of it takes longer than Node's
 * start. esbuild splits it into chunks, as small as possible, and can do that only for ESM. They are converted to CommonJS,
 * which starts faster, and chunks that a command needs together are packed into one file: finding and opening a file takes
 * as long as compiling 15 KB.
 */
export async function buildCommand(folder) {
  const { outputFiles, metafile } = await build({
    entryPoints: [MAIN],
    absWorkingDir: ROOT,
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    ...SMALL,
    legalComments: 'linked',
    write: false,
    metafile: true,
    plugins: [leaveOut],
  })
  refuseHollowImports(metafile)
  mkdirSync(folder, { recursive: true })
  const chunks = new Map()
  for (const { path, text, contents } of outputFiles) {
    // the licences of the bundled packages
    if (!path.endsWith('.cjs')) writeFileSync(path, contents)
    else chunks.set(basename(path), await commonJs(text))
  }
  for (const [file, code] of packChunks(chunks, metafile.outputs)) writeFileSync(join(folder, file), code)
}

/** What packages import and the command never uses, although loading it takes longer than loading the package. */
const UNUSED = [
  // commander can start other programs as commands; the table of commands has none
  { importer: /\/commander\//, path: /^node:child_process$/, code: 'export {}' },
  // chalk looks at the terminal; it is always given the level of colors
  {
    importer: /\/chalk\//,
    path: /^#supports-color$/,
    code: 'export default { stdout: false, stderr: false }',
  },
]

const leaveOut = {
  name: 'leave-out',
  setup({ onResolve, onLoad }) {
    for (const { importer, path, code } of UNUSED) {
      const namespace = `unused ${path.source}`
      onResolve({ filter: path }, (args) =>
        importer.test(args.importer) ? { path: args.path, namespace } : undefined,
      )
      onLoad({ filter: path, namespace }, () => ({ contents: code }))
    }
  },
}

async function commonJs(chunk) {
  const { code } = await transform(bindChunks(chunk), {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    ...SMALL,
    supported: { 'dynamic-import': false },
  })
  return ascii(code.trim())
}

/**
 * The same code in ASCII. V8 keeps a file with one other character in two bytes for each: twice the memory, and slower to
 * read and to compile. esbuild escapes what is in texts, so only regular expressions are left, where the escape means the same.
 */
function ascii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
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
