import { fromByteString } from '../../base/bytes.ts'
import { MAX_TORRENT_FILES } from '../../base/limits.ts'
import type { BencodeScanner } from '../bencode-scanner.ts'
import { badMember, badTorrent, type InfoDictionary, noteName, rescan } from './info-dictionary.ts'
import { ListedFile, readFileProperties } from './listed-file.ts'
import { MERKLE_HASH_LENGTH } from './merkle.ts'

const KEY = 'file tree'

/** A folder or file of the tree; those above it are shared. */
interface TreeNode {
  readonly above: TreeNode | undefined
  /** Byte string. */
  readonly name: string
}

/**
 * The files of a v2 torrent, in the order of its pieces, which is that of the keys. A tree with a single top-level file is a
 * single-file torrent, with the name from the tree; otherwise the torrent's name is the folder.
 * @throws PeerError E_BAD_TORRENT
 * @see https://www.bittorrent.org/beps/bep_0052.html "file tree"
 */
export function readFileTree(info: InfoDictionary, name: Uint8Array): readonly ListedFile[] {
  const span = info.members.get(KEY)
  if (span === undefined) throw badMember(info, KEY, 'the torrent has no file tree')
  const scanner = rescan(info.file, span.start)
  if (scanner.next !== 'dictionary') throw badMember(info, KEY, 'the file tree is not a dictionary')
  const files: ListedFile[] = []
  const entries = walk(info, scanner, undefined, files)
  const [only] = files
  if (only === undefined) throw badMember(info, KEY, 'the torrent lists no files')
  const isSingle = files.length === 1 && entries === 1 && only.pathInFolder.length === 1
  if (!isSingle) for (const file of files) file.folder = name
  return files
}

/**
 * Reads the entries below a node; the first scan has limited the depth.
 * @returns number of entries of the node
 */
function walk(
  info: InfoDictionary,
  scanner: BencodeScanner,
  node: TreeNode | undefined,
  files: ListedFile[],
): number {
  const start = scanner.at
  let entries = 0
  let isFile = false
  scanner.dictionary((key, isFirst) => {
    if (!isFirst) return scanner.skip()
    entries++
    const { at } = scanner
    if (key === '') {
      isFile = true
      files.push(readFile(info, scanner, node))
    } else {
      if (scanner.next !== 'dictionary') throw badTorrent('an entry of the file tree is not a dictionary', at)
      noteName(info.notes, fromByteString(key), at)
      walk(info, scanner, { above: node, name: key }, files)
    }
    if (files.length > MAX_TORRENT_FILES)
      throw badTorrent(`the torrent has more than ${MAX_TORRENT_FILES} files`, at)
    return undefined
  })
  if (isFile && entries > 1) throw badTorrent('a file of the tree has files below it', start)
  return entries
}

function readFile(info: InfoDictionary, scanner: BencodeScanner, node: TreeNode | undefined): ListedFile {
  const { at } = scanner
  if (node === undefined) throw badTorrent('the root of the file tree is a file', at)
  if (scanner.next !== 'dictionary') throw badTorrent('the properties of a file are not a dictionary', at)
  const properties = readFileProperties(info.file, scanner, info.notes)
  const file = new ListedFile(() => pathOf(node), properties)
  const { piecesRoot } = properties
  if (file.length === 0) {
    if (piecesRoot !== undefined) info.notes.add('empty-file-root', at)
    return file
  }
  if (piecesRoot?.length !== MERKLE_HASH_LENGTH)
    throw badTorrent(`a file has no pieces root of ${MERKLE_HASH_LENGTH} bytes`, at)
  file.piecesRoot = piecesRoot
  return file
}

function pathOf(node: TreeNode): readonly Uint8Array[] {
  const path: Uint8Array[] = []
  for (let at: TreeNode | undefined = node; at !== undefined; at = at.above)
    path.push(fromByteString(at.name))
  return path.reverse()
}
