import { readFileSync } from 'node:fs'
import { posix } from 'node:path'

// Reads emitted declarations: statements start in the first column, and names of types start with a capital letter.

/** A top-level name of a file. */
interface Place {
  readonly file: string
  readonly name: string
}

interface Declarations {
  /** Names imported from other files, by local name. */
  readonly imported: ReadonlyMap<string, Place>
  /** The text of each local declaration, by name. */
  readonly declared: ReadonlyMap<string, string>
  /** What it exports by name, and the files that it exports completely. */
  readonly exported: ReadonlyMap<string, Place>
  readonly all: readonly string[]
}

const FROM = /^(import|export) (?:type )?(?:\{([^}]*)\}|\* as \w+|\*) from ['"](\.[^'"]+)['"]/
const DECLARED =
  /^(export )?(?:declare )?(?:abstract )?(?:async )?(?:class|function|interface|type|const|enum) (\w+)/

/**
 * Every type that is used in a signature of the exports but is not exported itself, as `name of file, in name of file`.
 * @param others entry points that may export it instead
 */
export function unexportedTypes(
  folder: string,
  entry: string,
  others: readonly string[] = [],
): readonly string[] {
  const files = new Map<string, Declarations>()
  const read = (file: string): Declarations => {
    const known = files.get(file)
    if (known !== undefined) return known
    const text = readFileSync(`${folder}/${file.replace(/\.ts$/, '.d.ts')}`, 'utf8')
    const declarations = parse(text.replace(/\/\*[\s\S]*?\*\//g, ''), file)
    files.set(file, declarations)
    return declarations
  }
  /** Where an exported name is declared. */
  const resolve = ({ file, name }: Place): Place => {
    const { declared, exported, all } = read(file)
    if (declared.has(name)) return { file, name }
    const next = exported.get(name)
    if (next !== undefined) return resolve(next)
    const from = all.find((one) => exportsOf(one).some((place) => place.name === name))
    return from === undefined ? { file, name } : resolve({ file: from, name })
  }
  const exportsOf = (file: string): readonly Place[] => {
    const { exported, all } = read(file)
    return [...Array.from(exported.values(), resolve), ...all.flatMap(exportsOf)]
  }
  const key = ({ file, name }: Place): string => `${name} of ${file}`
  const places = exportsOf(entry)
  const exported = new Set([...places, ...others.flatMap(exportsOf)].map(key))
  const missing = places.flatMap((place) => {
    const { imported, declared } = read(place.file)
    const text = declared.get(place.name) ?? ''
    return Array.from(text.matchAll(/(?<![.\w"'])[A-Z]\w*[a-z]\w*/g), ([name]) => name)
      .map((name) => imported.get(name) ?? (declared.has(name) ? { file: place.file, name } : undefined))
      .filter((type) => type !== undefined)
      .map(resolve)
      .filter((type) => !exported.has(key(type)))
      .map((type) => `${key(type)}, in ${key(place)}`)
  })
  return [...new Set(missing)]
}

function parse(text: string, file: string): Declarations {
  const imported = new Map<string, Place>()
  const exported = new Map<string, Place>()
  const declared = new Map<string, string>()
  const all: string[] = []
  for (const statement of text.split(/\n(?=[a-z])/)) {
    const [, keyword, names, path] = FROM.exec(statement) ?? []
    const from = posix.join(posix.dirname(file), path ?? '')
    if (keyword !== undefined && names !== undefined) {
      for (const [outer, inner] of names.split(',').map(readName)) {
        if (keyword === 'import') imported.set(inner, { file: from, name: outer })
        else exported.set(inner, { file: from, name: outer })
      }
    } else if (keyword === 'export') all.push(from)
    const [, isExported, name] = DECLARED.exec(statement) ?? []
    if (name === undefined) continue
    declared.set(name, `${declared.get(name) ?? ''}\n${statement}`)
    if (isExported !== undefined) exported.set(name, { file, name })
  }
  return { imported, declared, exported, all }
}

function readName(text: string): readonly [outer: string, inner: string] {
  const [outer = '', inner = outer] = text
    .trim()
    .replace(/^type /, '')
    .split(' as ')
  return [outer, inner]
}
