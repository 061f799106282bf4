import type { Random } from '../../fuzz/random.ts'
import { type Draft, infoOf, leaf, PIECE_LENGTH, v1File, zeros } from './base.ts'
import { Members, type Node, Raw } from './bencode-text.ts'

/** One way to make a torrent odd; throws where it does not apply. */
export interface Mutation {
  readonly name: string
  readonly apply: (draft: Draft, random: Random) => void
}

/** Names of files and folders, as byte strings. */
const NAMES: readonly (readonly [string, string])[] = [
  ['empty', ''],
  ['a dot', '.'],
  ['two dots', '..'],
  ['three dots', '...'],
  ['absolute', '/etc/passwd'],
  ['a slash inside', 'a/b'],
  ['a way up', '../../x'],
  ['a zero byte', 'a\0b'],
  ['GBK', '\xcf\xc2\xd4\xd8'],
  ['UTF-8', '\xe4\xb8\x8b'],
  ['cut UTF-8', 'a\xe4\xb8'],
  ['control characters', 'a\x01\x1b[2Jb\n'],
  ['bidi', 'a\xe2\x80\xaeb'],
  ['a colon', 'a:b?c*'],
  ['a backslash', 'a\\b'],
  ['a device', 'CON'],
  ['a dot at the end', 'a.'],
  ['spaces', ' a '],
  ['300 bytes', 'n'.repeat(300)],
  ['emoji', '\xf0\x9f\x98\x80'],
  ['decomposed', 'e\xcc\x81'],
]

const set =
  (key: string, value: Node): Mutation['apply'] =>
  (draft) =>
    infoOf(draft).set(key, value)
const remove =
  (key: string): Mutation['apply'] =>
  (draft) =>
    infoOf(draft).delete(key)
const setOuter =
  (key: string, value: Node): Mutation['apply'] =>
  (draft) =>
    draft.outer.set(key, value)

/** The first file of a v1 list. */
function firstFile(draft: Draft): Members {
  const files = infoOf(draft).get('files')
  const [file] = Array.isArray(files) ? files : []
  if (file instanceof Members) return file
  throw new TypeError('there is no list of files')
}

function listOf(draft: Draft): Node[] {
  const files = infoOf(draft).get('files')
  if (Array.isArray(files)) return files
  throw new TypeError('there is no list of files')
}

function treeOf(draft: Draft): Members {
  const tree = infoOf(draft).get('file tree')
  if (tree instanceof Members) return tree
  throw new TypeError('there is no file tree')
}

const inFile =
  (key: string, value: Node): Mutation['apply'] =>
  (draft) =>
    firstFile(draft).set(key, value)
const addFile =
  (file: Node): Mutation['apply'] =>
  (draft) =>
    listOf(draft).push(file)
const inTree =
  (key: string, value: Node): Mutation['apply'] =>
  (draft) =>
    treeOf(draft).set(key, value)
const layers =
  (change: (root: string, layer: string) => Readonly<Record<string, Node>>): Mutation['apply'] =>
  (draft) => {
    if (draft.outer.get('piece layers') === undefined) throw new TypeError('there are no piece layers')
    const { root, layer } = zeros(70_000)
    draft.outer.set('piece layers', new Members(change(root, layer)))
  }

function shuffle(members: Members, random: Random): void {
  for (let i = members.entries.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const [a, b] = [members.entries[i], members.entries[j]]
    if (a !== undefined && b !== undefined) [members.entries[i], members.entries[j]] = [b, a]
  }
}

function repeat(members: Members, key: string, value: Node): void {
  const at = members.entries.findIndex(([name]) => name === key)
  if (at === -1) throw new TypeError(`there is no ${key}`)
  members.entries.splice(at + 1, 0, [key, value])
}

/** The properties of the one file of `d/a`, or of the only file. */
function properties(draft: Draft): Members {
  const folder = treeOf(draft).get('d') ?? treeOf(draft)
  const node = folder instanceof Members ? (folder.get('a') ?? folder.get('name')) : undefined
  const found = node instanceof Members ? node.get('') : undefined
  if (found instanceof Members) return found
  throw new TypeError('there is no such file')
}

const link = (more: Readonly<Record<string, Node>> = {}): Members =>
  new Members({ attr: 'l', path: ['l'], 'symlink path': ['x'], ...more })
const pad = (length: number, path: Node = ['.pad', String(length)]): Members =>
  new Members({ attr: 'p', length, path })
const table = (rows: Readonly<Record<string, Mutation['apply']>>): readonly Mutation[] =>
  Object.entries(rows).map(([name, apply]) => ({ name, apply }))

const nested = (depth: number): Raw => new Raw('l'.repeat(depth) + 'e'.repeat(depth))

const STRUCTURE = table({
  'info keys out of order': (draft, random) => shuffle(infoOf(draft), random),
  'keys of the file out of order': ({ outer }, random) => shuffle(outer, random),
  'keys of a v1 file out of order': (draft, random) => shuffle(firstFile(draft), random),
  'files of the tree out of order': (draft, random) => shuffle(treeOf(draft), random),
  'the name twice': (draft) => repeat(infoOf(draft), 'name', 'other'),
  'the piece length twice': (draft) => repeat(infoOf(draft), 'piece length', 65_536),
  'announce twice': ({ outer }) => repeat(outer, 'announce', 'http://u/'),
  'a file of the tree twice': (draft) => repeat(treeOf(draft), 'x', leaf(5)),
  'a piece length with zeros': set('piece length', new Raw('i0032768e')),
  'a string length with zeros': set('name', new Raw('004:name')),
  'a key with zeros': ({ outer }) => outer.entries.unshift(['a', new Raw('i1e')]),
  'minus zero': set('x', new Raw('i-0e')),
  plus: set('x', new Raw('i+1e')),
  'an empty integer': set('x', new Raw('ie')),
  'a lone minus': set('x', new Raw('i-e')),
  'an integer of 64 bits': set('x', 2n ** 63n - 1n),
  'an integer of 71 bits': set('x', 2n ** 70n),
  'an integer of 60 digits': set('x', new Raw(`i${'9'.repeat(60)}e`)),
  'a string of minus one': set('x', new Raw('-1:')),
  'a key that is a number': (draft) => {
    draft.finish = (file) => `${file.slice(0, -1)}i1ei2ee`
  },
  'nested 32 deep': set('x', nested(32)),
  'nested 97 deep': set('x', nested(97)),
  'nested 120 deep': set('x', nested(120)),
  'bytes at the end': (draft) => {
    draft.finish = (file) => `${file}\r\n`
  },
  'cut short': (draft) => {
    draft.finish = (file) => file.slice(0, -3)
  },
  'a line before it': (draft) => {
    draft.finish = (file) => `\n${file}`
  },
  'the info dictionary twice': ({ outer }) => repeat(outer, 'info', new Members()),
  'no info': (draft) => {
    draft.info = new Raw('')
    draft.finish = () => write({ announce: 'x' })
  },
  'info a list': (draft) => {
    draft.info = []
  },
  'info a string': (draft) => {
    draft.info = 'info'
  },
})

function write(members: Readonly<Record<string, string>>): string {
  return `d${Object.entries(members)
    .map(([key, value]) => `${key.length}:${key}${value.length}:${value}`)
    .join('')}e`
}

const LENGTHS = table({
  'length -1': set('length', -1),
  'length 0': set('length', 0),
  'length text': set('length', '70000'),
  'length missing': remove('length'),
  'length 2^53': set('length', 2n ** 53n),
  'length 2^63': set('length', 2n ** 63n),
  'length and files': (draft) => {
    listOf(draft)
    infoOf(draft).set('length', 70_000)
  },
  'a v1 file of length -1': inFile('length', -1),
  'a v1 file without length': (draft) => firstFile(draft).delete('length'),
  'a v1 file of a length that is text': inFile('length', '1'),
  'a v1 file of 2^62': inFile('length', 2n ** 62n),
  'an empty file at the end': addFile(v1File(['z'], 0)),
  'a second file of the same path': addFile(v1File(['x'], 0)),
  'a file of the same path in other letters': addFile(v1File(['X'], 0)),
  'a file where a folder is': addFile(v1File(['d'], 0)),
  'no files': set('files', []),
  'files a dictionary': set('files', new Members()),
  'files that are numbers': set('files', [1, 2]),
  'a number among the files': addFile(7),
  'two thousand files': (draft) => {
    for (let i = 0; i < 2000; i++) listOf(draft).push(v1File(['many', `f${i}`], 0))
  },
  'only empty files': (draft) => {
    infoOf(draft).set('files', [v1File(['a'], 0)])
    infoOf(draft).set('pieces', '')
  },
})

const PIECES = table({
  'piece length 0': set('piece length', 0),
  'piece length -1': set('piece length', -1),
  'piece length text': set('piece length', '32768'),
  'piece length missing': remove('piece length'),
  'piece length 30000': set('piece length', 30_000),
  'piece length 8192': set('piece length', 8192),
  'piece length 65536': set('piece length', 65_536),
  'piece length 49152': set('piece length', 49_152),
  'piece length 2^29': (draft) => {
    infoOf(draft).set('piece length', 2 ** 29)
    if (infoOf(draft).get('pieces') !== undefined) infoOf(draft).set('pieces', '\0'.repeat(20))
  },
  'piece length 2^29 + 1': (draft) => {
    infoOf(draft).set('piece length', 2 ** 29 + 1)
    infoOf(draft).set('pieces', '\0'.repeat(20))
  },
  'piece length 2^31': set('piece length', 2 ** 31),
  'piece length 1': (draft) => {
    infoOf(draft).set('piece length', 1)
    infoOf(draft).set('pieces', '\0'.repeat(20 * 70_000))
  },
  'a piece hash too many': (draft) =>
    infoOf(draft).set('pieces', `${text(draft, 'pieces')}${'\0'.repeat(20)}`),
  'a piece hash too few': (draft) => infoOf(draft).set('pieces', text(draft, 'pieces').slice(20)),
  'a byte too many in the hashes': (draft) => infoOf(draft).set('pieces', `${text(draft, 'pieces')}\0`),
  'no hashes': set('pieces', ''),
  'hashes a list': set('pieces', []),
  'hashes missing': remove('pieces'),
})

function text(draft: Draft, key: string): string {
  const value = infoOf(draft).get(key)
  if (typeof value === 'string') return value
  throw new TypeError(`there is no ${key}`)
}

const ATTRIBUTES = table({
  'attr x': inFile('attr', 'x'),
  'attr hx': inFile('attr', 'hx'),
  'attr unknown': inFile('attr', 'qz'),
  'attr empty': inFile('attr', ''),
  'attr a number': inFile('attr', 4),
  'attr of the only file': set('attr', 'x'),
  'a link': addFile(link()),
  'a link with a length': addFile(link({ length: 5 })),
  'a link of a negative length': addFile(link({ length: -5 })),
  'a link to nowhere': addFile(new Members({ attr: 'l', path: ['l'] })),
  'a link out of the torrent': addFile(link({ 'symlink path': ['..', '..', 'etc'] })),
  'a link to an empty path': addFile(link({ 'symlink path': [] })),
  'a link to numbers': addFile(link({ 'symlink path': [1] })),
  'a link to text': addFile(link({ 'symlink path': 'x' })),
  'a link that is a pad': addFile(link({ attr: 'lp', length: 0 })),
  'symlink path without attr': inFile('symlink path', ['x']),
  'a link in the tree': inTree(
    'l',
    new Members({ '': new Members({ attr: 'l', length: 0, 'symlink path': ['x'] }) }),
  ),
  'a link in the tree without length': inTree(
    'l',
    new Members({ '': new Members({ attr: 'l', 'symlink path': ['x'] }) }),
  ),
  'a pad of no length at the end': addFile(pad(0)),
  'a pad at the end': addFile(pad(98_304 - 70_100)),
  'a pad without path': addFile(new Members({ attr: 'p', length: 0 })),
  'a pad of another name': addFile(pad(0, ['x', 'y'])),
  'a pad in the tree': inTree(
    'p',
    new Members({ '': new Members({ attr: 'p', length: 50, 'pieces root': zeros(50).root }) }),
  ),
  'a pad of 2^40': (draft) => {
    if (draft.kind !== 'v1-many') throw new TypeError('for v1')
    infoOf(draft).set('files', [v1File(['a'], 5), pad(2 ** 40 - 5), v1File(['b'], 5)])
    infoOf(draft).set('piece length', 2 ** 28)
    infoOf(draft).set('pieces', '\0'.repeat(20 * 4097))
  },
})

const ENCODINGS = table({
  'name.utf-8': set('name.utf-8', '\xe4\xb8\x8b'),
  'name.utf-8 empty': set('name.utf-8', ''),
  'name.utf-8 a number': set('name.utf-8', 1),
  'name.utf-8 without name': (draft) => {
    infoOf(draft).delete('name')
    infoOf(draft).set('name.utf-8', 'n')
  },
  'name missing': remove('name'),
  'name a number': set('name', 7),
  'name a list': set('name', ['name']),
  'path.utf-8': inFile('path.utf-8', ['\xe4\xb8\x8b', 'a']),
  'path.utf-8 empty': inFile('path.utf-8', []),
  'path.utf-8 text': inFile('path.utf-8', 'a'),
  'path.utf-8 without path': (draft) => {
    firstFile(draft).delete('path')
    firstFile(draft).set('path.utf-8', ['u'])
  },
  'path missing': (draft) => firstFile(draft).delete('path'),
  'path empty': inFile('path', []),
  'path text': inFile('path', 'a'),
  'path of numbers': inFile('path', [1, 'a']),
  'path of one empty name': inFile('path', ['']),
  'path of 60 folders': inFile(
    'path',
    Array.from({ length: 60 }, (_, i) => `f${i}`),
  ),
})

const VERSIONS = table({
  'meta version 1': set('meta version', 1),
  'meta version 2': set('meta version', 2),
  'meta version 3': set('meta version', 3),
  'meta version 0': set('meta version', 0),
  'meta version text': set('meta version', '2'),
  'meta version missing': remove('meta version'),
  'no file tree': remove('file tree'),
  'an empty file tree': set('file tree', new Members()),
  'a file tree that is a list': set('file tree', []),
  'the root is a file': inTree('', new Members({ length: 5, 'pieces root': zeros(5).root })),
  'a file with files below it': (draft) => {
    const node = treeOf(draft).get('x')
    if (!(node instanceof Members)) throw new TypeError('there is no x')
    node.set('below', leaf(5))
  },
  'an empty folder': inTree('z', new Members()),
  'a number in the tree': inTree('z', 1),
  'a file that is a number': inTree('z', new Members({ '': 1 })),
  'no pieces root': (draft) => properties(draft).delete('pieces root'),
  'a pieces root of zeros': (draft) => properties(draft).set('pieces root', '\0'.repeat(32)),
  'a pieces root of 31 bytes': (draft) => properties(draft).set('pieces root', 'r'.repeat(31)),
  'an empty file with a root of zeros': inTree(
    'z',
    new Members({ '': new Members({ length: 0, 'pieces root': '\0'.repeat(32) }) }),
  ),
  'an empty file with a root': inTree(
    'z',
    new Members({ '': new Members({ length: 0, 'pieces root': zeros(5).root }) }),
  ),
  'two files of one root': inTree('z', leaf(70_000)),
  'a v2 file of length -1': (draft) => properties(draft).set('length', -1),
  'a v2 file without length': (draft) => properties(draft).delete('length'),
  'only an empty v2 file': set('file tree', new Members({ e: leaf(0) })),
  'no piece layers': ({ outer }) => outer.delete('piece layers'),
  'piece layers a number': setOuter('piece layers', 1),
  'empty piece layers': layers(() => ({})),
  'a layer of no file': layers((root, layer) => ({ [root]: layer, ['q'.repeat(32)]: layer })),
  'a layer of a file of one piece': layers((root, layer) => ({
    [root]: layer,
    [zeros(100).root]: zeros(100).root,
  })),
  'a false layer': layers((root, layer) => ({ [root]: '\x01'.repeat(layer.length) })),
  'a short layer': layers((root, layer) => ({ [root]: layer.slice(32) })),
  'a layer cut within a hash': layers((root, layer) => ({ [root]: layer.slice(1) })),
  'a layer that is a number': layers((root) => ({ [root]: 1 })),
  'a layer under a short key': layers((root, layer) => ({ [root]: layer, abc: layer })),
  'hybrid: another length': (draft) => hybridFile(draft, 0).set('length', 70_001),
  'hybrid: another name': (draft) => hybridFile(draft, 3).set('path', ['y']),
  'hybrid: another order': (draft) => {
    hybridFile(draft, 0)
    listOf(draft).reverse()
  },
  'hybrid: no pads': (draft) => {
    hybridFile(draft, 1)
    infoOf(draft).set(
      'files',
      listOf(draft).filter((file) => file instanceof Members && file.get('attr') === undefined),
    )
    infoOf(draft).set('pieces', '\0'.repeat(60))
  },
  'hybrid: a pad at the end': (draft) => {
    hybridFile(draft, 0)
    listOf(draft).push(pad(PIECE_LENGTH - 100))
  },
})

function hybridFile(draft: Draft, index: number): Members {
  const file = draft.kind === 'hybrid' ? listOf(draft)[index] : undefined
  if (file instanceof Members) return file
  throw new TypeError('for hybrids')
}

const OPTIONAL = table({
  'private 1': set('private', 1),
  'private 2': set('private', 2),
  'private 0': set('private', 0),
  'private text': set('private', '1'),
  'announce a number': setOuter('announce', 1),
  'announce-list text': setOuter('announce-list', 'x'),
  'announce-list of numbers': setOuter('announce-list', [[1], 2, []]),
  'creation date text': setOuter('creation date', 'today'),
  'comment a list': setOuter('comment', ['x']),
  'encoding a number': setOuter('encoding', 1),
  'url-list a dictionary': setOuter('url-list', new Members()),
  'url-list empty': setOuter('url-list', ''),
  'nodes text': setOuter('nodes', 'x'),
  'nodes of no port': setOuter('nodes', [['h'], [1, 2], 7]),
  'httpseeds a number': setOuter('httpseeds', 1),
  'ssl-cert a list': set('ssl-cert', []),
  'similar text': set('similar', 'x'),
  'collections of numbers': set('collections', [1]),
  source: set('source', 'x'),
  md5sum: inFile('md5sum', 'x'),
  'a thousand more keys': (draft) => {
    for (let i = 0; i < 1000; i++) infoOf(draft).set(`x${1000 + i}`, i)
  },
})

const NAMED: readonly Mutation[] = NAMES.flatMap(([what, name]) => [
  { name: `name: ${what}`, apply: set('name', name) },
  { name: `path: ${what}`, apply: inFile('path', ['d', name]) },
  { name: `folder: ${what}`, apply: inFile('path', [name, 'f']) },
  { name: `tree: ${what}`, apply: name === '' ? never : inTree(name, leaf(0)) },
])

function never(): void {
  throw new TypeError('an empty key is a file')
}

/** Every way, by theme. */
export const MUTATIONS: readonly Mutation[] = [
  ...STRUCTURE,
  ...LENGTHS,
  ...PIECES,
  ...ATTRIBUTES,
  ...ENCODINGS,
  ...VERSIONS,
  ...OPTIONAL,
  ...NAMED,
]
