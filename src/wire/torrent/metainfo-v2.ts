import { equalBytes, fromByteString, toByteString, toHex } from '../../base/bytes.ts'
import { BLOCK_LENGTH } from '../../base/limits.ts'
import { badMember, type InfoDictionary, rescan } from './info-dictionary.ts'
import type { ListedFile, TorrentFile } from './listed-file.ts'
import { MERKLE_HASH_LENGTH, merkleHeight, merkleRoot, type Sha256 } from './merkle.ts'

/** The hashes of a file's pieces by its pieces root in hex; only files larger than one piece have an entry. */
export type PieceLayers = ReadonlyMap<string, Uint8Array>

/** @throws PeerError E_BAD_TORRENT unless it is a power of two of at least 16 KiB */
export function checkV2PieceLength(info: InfoDictionary, pieceLength: number): void {
  if (pieceLength < BLOCK_LENGTH || !Number.isInteger(Math.log2(pieceLength))) {
    const wanted = `which is not a power of two of at least ${BLOCK_LENGTH}, as v2 requires`
    throw badMember(info, 'piece length', `the piece length is ${pieceLength}, ${wanted}`)
  }
}

/**
 * Reads `piece layers`. Only layers that match their pieces root are kept, so that every piece can be verified. Missing,
 * surplus and wrong ones become notes, because layers can be requested from the peer.
 * @param at offset of the value in the file; undefined when the torrent has none
 * @see https://www.bittorrent.org/beps/bep_0052.html "piece layers"
 */
export function readPieceLayers(
  { file, notes }: Pick<InfoDictionary, 'file' | 'notes'>,
  at: number | undefined,
  files: readonly TorrentFile[],
  pieceLength: number,
  sha256: Sha256,
): PieceLayers {
  const wanted = filesWithLayers(files, pieceLength)
  const layers = new Map<string, Uint8Array>()
  const scanner = rescan(file, at ?? 0)
  const isDictionary = at !== undefined && scanner.next === 'dictionary'
  if (at !== undefined && !isDictionary) notes.add('wrong-type', at)
  if (isDictionary) {
    scanner.dictionary((key, isFirst) => {
      const { at: offset, next } = scanner
      if (!isFirst || next !== 'string') {
        if (next !== 'string') notes.add('bad-layer', offset)
        return scanner.skip()
      }
      const layer = scanner.string()
      const length = wanted.get(key)
      if (length === undefined) notes.add('surplus-layer', offset)
      else if (isLayer(layer, fromByteString(key), length, pieceLength, sha256))
        layers.set(toHex(fromByteString(key)), layer)
      else notes.add('bad-layer', offset)
      return undefined
    })
  }
  if (layers.size < wanted.size) notes.add('missing-layer', at ?? 0, wanted.size - layers.size)
  return layers
}

/** The lengths of the files that have a piece layer, by their pieces root (byte string); files with the same content share it. */
function filesWithLayers(files: readonly TorrentFile[], pieceLength: number): ReadonlyMap<string, number> {
  const lengths = new Map<string, number>()
  for (const { length, piecesRoot } of files)
    if (piecesRoot !== undefined && length > pieceLength) lengths.set(toByteString(piecesRoot), length)
  return lengths
}

/**
 * Checks that the two file lists of a hybrid describe the same data, and gives each v1 file its pieces root.
 * @throws PeerError E_BAD_TORRENT when names, order, lengths or alignment differ
 * @see https://www.bittorrent.org/beps/bep_0052.html "upgrade path"
 */
export function mergeHybridFiles(
  info: InfoDictionary,
  v1: readonly ListedFile[],
  v2: readonly ListedFile[],
  pieceLength: number,
): readonly ListedFile[] {
  const fail = (what: string) =>
    badMember(info, 'file tree', `the v1 and v2 parts of this hybrid differ: ${what}`)
  let next = 0
  let offset = 0
  let v2End = 0
  const alignedEnd = () => Math.ceil(v2End / pieceLength) * pieceLength
  for (const file of v1) {
    const start = offset
    offset += file.length
    if (file.pad) continue
    const twin = v2[next++]
    if (twin === undefined) throw fail('v1 has more files')
    if (!samePath(file.pathInFolder, twin.pathInFolder)) throw fail(`file ${next} has two names`)
    if (file.length !== twin.length) throw fail(`file ${next} has ${file.length} and ${twin.length} bytes`)
    if (file.length > 0 && start !== alignedEnd()) throw fail(`file ${next} begins in different pieces`)
    if (file.length > 0) v2End = offset
    file.piecesRoot = twin.piecesRoot
  }
  if (next < v2.length) throw fail('v2 has more files')
  if (offset > alignedEnd()) throw fail('v1 has more pieces')
  return v1
}

function isLayer(
  bytes: Uint8Array,
  piecesRoot: Uint8Array,
  length: number,
  pieceLength: number,
  sha256: Sha256,
): boolean {
  const count = Math.ceil(length / pieceLength)
  if (bytes.length !== count * MERKLE_HASH_LENGTH) return false
  const hashes = Array.from({ length: count }, (_, i) =>
    bytes.subarray(i * MERKLE_HASH_LENGTH, (i + 1) * MERKLE_HASH_LENGTH),
  )
  const layer = Math.log2(pieceLength / BLOCK_LENGTH)
  return equalBytes(merkleRoot(hashes, layer, layer + merkleHeight(count), sha256), piecesRoot)
}
function samePath(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((element, i) => equalBytes(element, b[i] ?? new Uint8Array()))
}
