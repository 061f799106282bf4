import { equalBytes, fromByteString } from '../../base/bytes.ts'
import { MAX_TORRENT_FILES } from '../../base/limits.ts'
import type { BencodeDictionary } from '../bencode.ts'
import {
  badMember,
  checkPathElement,
  type InfoDictionary,
  type ListedFile,
  readFileLength,
} from './info-dictionary.ts'
import { MERKLE_HASH_LENGTH } from './merkle.ts'

const KEY = 'file tree'

/**
 * The files of a v2 torrent, in the order of its pieces, which is that of the sorted keys. A tree of one file that has the
 * torrent's name is a torrent of one file; in all others the name is the folder.
 * @throws PeerError E_BAD_TORRENT
 * @see https://www.bittorrent.org/beps/bep_0052.html "file tree"
 */
export function readFileTree(info: InfoDictionary, name: Uint8Array): readonly ListedFile[] {
  const tree = info.members.get(KEY)
  if (!(tree instanceof Map)) throw badMember(info, KEY, 'the torrent has no file tree')
  const root: BencodeDictionary = tree
  if (root.has('')) throw badMember(info, KEY, 'the root of the file tree is a file')
  const files: ListedFile[] = []
  walk(info, root, [], files)
  if (files.length === 0) throw badMember(info, KEY, 'the torrent lists no files')
  const [only] = files
  const single = files.length === 1 && only?.path.length === 1 && sameBytes(only.path[0], name)
  return single ? files : files.map((file) => ({ ...file, path: [name, ...file.path] }))
}

/** How deep this goes was bounded when the bencode was read. */
function walk(
  info: InfoDictionary,
  folder: BencodeDictionary,
  path: readonly Uint8Array[],
  files: ListedFile[],
): void {
  for (const [key, child] of folder) {
    if (!(child instanceof Map)) throw badMember(info, KEY, 'an entry of the file tree is no dictionary')
    const node: BencodeDictionary = child
    const element = fromByteString(key)
    checkPathElement(info, KEY, element)
    if (node.has('')) files.push(readFile(info, node, [...path, element]))
    else walk(info, node, [...path, element], files)
    if (files.length > MAX_TORRENT_FILES) {
      throw badMember(info, KEY, `the torrent has more than ${MAX_TORRENT_FILES} files`)
    }
  }
}

function readFile(info: InfoDictionary, node: BencodeDictionary, path: readonly Uint8Array[]): ListedFile {
  const properties = node.get('')
  if (!(properties instanceof Map)) throw badMember(info, KEY, 'the properties of a file are no dictionary')
  if (node.size > 1) throw badMember(info, KEY, 'a file of the tree has files below it')
  const members: BencodeDictionary = properties
  const length = readFileLength(info, KEY, members.get('length'))
  return { path, length, pad: false, piecesRoot: readPiecesRoot(info, members, length) }
}

function readPiecesRoot(
  info: InfoDictionary,
  members: BencodeDictionary,
  length: number,
): Uint8Array | undefined {
  const root = members.get('pieces root')
  if (length === 0) {
    if (root !== undefined) throw badMember(info, KEY, 'an empty file has a pieces root')
    return undefined
  }
  if (!(root instanceof Uint8Array) || root.length !== MERKLE_HASH_LENGTH) {
    throw badMember(info, KEY, `a file has no pieces root of ${MERKLE_HASH_LENGTH} bytes`)
  }
  return root
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && equalBytes(a, b)
}
