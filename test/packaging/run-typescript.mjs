// Runs one TypeScript program of the tests with plain node: node test/packaging/run-typescript.mjs FILE [arguments]
import { mkdtempSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const [file, ...rest] = process.argv.slice(2)
if (file === undefined) throw new Error('usage: node test/packaging/run-typescript.mjs FILE [arguments]')

// inside node_modules, so that the program finds the packages that it imports
const cache = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url))
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(`${cache}peerwire-`)
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

// a bundle has one import.meta.url, but a source file that looks for a script next to itself needs its own
const ownUrls = {
  name: 'own-urls',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/test\/.*\.(ts|mjs)$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href),
      ),
      loader: path.endsWith('.ts') ? 'ts' : 'js',
    })),
}

const outfile = `${folder}/program.mjs`
await build({
  entryPoints: [resolve(file)],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  plugins: [ownUrls],
})
process.argv.splice(1, 2 + rest.length, outfile, ...rest)
await import(pathToFileURL(outfile).href)
