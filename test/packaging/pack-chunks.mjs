import { basename } from 'node:path'

/** What is packed into one file, with everything that it imports statically and that no earlier pack has. */
const PACKS = [
  // the command line and the help of connect as well: other commands share most of this
  { file: 'main.cjs', roots: /^src\/cli\/(?:main|commands\/connect|command\/help)\.ts$/ },
  // a session with one peer over TCP
  {
    file: 'session.cjs',
    roots: /^src\/(?:run\/(?:connect|target|options)|net\/(?:dial|clock|random|resolve|tcp\/tcp))\.ts$/,
  },
  // its report, when it is over
  {
    file: 'report.cjs',
    roots: /^src\/(?:run\/session\/report|report\/judge|report\/text\/connect)\.ts$/,
  },
  // what -t names
  { file: 'torrent.cjs', roots: /^src\/(?:run\/torrent-target|net\/files\/input-file)\.ts$/ },
  { file: 'fetch.cjs', roots: /^src\/run\/fetch\/fetch\.ts$/ },
]

/**
 * The files of the command: the packs, and one file for every other chunk.
 * @param chunks CommonJS code by the name of its chunk
 * @param outputs of the metafile of esbuild
 */
export function packChunks(chunks, outputs) {
  const graph = new Map(Object.entries(outputs).map(([path, output]) => [basename(path), output]))
  const fileOf = new Map()
  for (const { file, roots } of PACKS) {
    for (const [chunk, { entryPoint }] of graph) {
      if (!roots.test(entryPoint ?? '')) continue
      for (const needed of closure(chunk, graph)) if (!fileOf.has(needed)) fileOf.set(needed, file)
    }
  }
  const files = new Map()
  for (const [chunk, code] of chunks) {
    const file = fileOf.get(chunk) ?? chunk
    files.set(file, [...(files.get(file) ?? []), definition(chunk, code)])
  }
  return Array.from(files, ([file, definitions]) => [
    file,
    file === 'main.cjs' ? mainFile(definitions, fileOf) : `module.exports={${definitions.join(',\n')}}\n`,
  ])
}

/** A chunk and the chunks that it imports statically, directly or not. */
function closure(chunk, graph) {
  const seen = new Set()
  const waiting = [chunk]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    for (const { path, kind, external } of graph.get(next).imports)
      if (kind === 'import-statement' && external !== true) waiting.push(basename(path))
  }
  return seen
}

/** A chunk as a function, in parentheses so that V8 compiles it at once: it is called soon after. */
function definition(chunk, code) {
  return `"./${chunk}":(function(require,module){${code}\n})`
}

/** The first file, which also loads the chunks of all others: as Node does, once and on demand. */
function mainFile(definitions, fileOf) {
  const elsewhere = Array.from(fileOf).filter(([, file]) => file !== 'main.cjs')
  const files = Object.fromEntries(elsewhere.map(([chunk, file]) => [`./${chunk}`, `./${file}`]))
  return `'use strict';
const files=${JSON.stringify(files)};
const definitions={${definitions.join(',\n')}};
const loaded=new Map();
function load(name){
if(!name.startsWith('./'))return require(name);
let module=loaded.get(name);
if(module!==undefined)return module.exports;
if(definitions[name]===undefined)Object.assign(definitions,require(files[name]??name));
module={exports:{}};
loaded.set(name,module);
definitions[name](load,module);
return module.exports}
load('./main.cjs')
`
}
