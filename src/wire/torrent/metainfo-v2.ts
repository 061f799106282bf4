import { equalBytes, toByteString, toHex } from '../../base/bytes.ts'
import { BLOCK_LENGTH } from '../../base/limits.ts'
import type { BencodeDictionary } from '../bencode.ts'
import { badMember, badTorrent, type InfoDictionary, type ListedFile } from './info-dictionary.ts'
import { MERKLE_HASH_LENGTH, merkleHeight, merkleRoot, type Sha256 } from './merkle.ts'

/** The hashes of a file's pieces by its pieces root in hex; only files larger than one piece have an entry. */
export type PieceLayers = ReadonlyMap<string, Uint8Array>

/** @throws PeerError E_BAD_TORRENT unless it is a power of two from 16 KiB on */
export function checkV2PieceLength(info: InfoDictionary, pieceLength: number): void {
  if (pieceLength < BLOCK_LENGTH || !Number.isInteger(Math.log2(pieceLength))) {
    const wanted = `no power of two from ${BLOCK_LENGTH} on, as v2 wants it`
    throw badMember(info, 'piece length', `the piece length is ${pieceLength}, ${wanted}`)
  }
}

/**
 * Reads `piece layers` and checks that each leads to its pieces root: then every piece can be verified.
 * @param start where the member is in its file
 * @throws PeerError E_BAD_TORRENT when one is missing, too many, of the wrong length or does not lead to its root
 * @see https://www.bittorrent.org/beps/bep_0052.html "piece layers"
 */
export function readPieceLayers(
  layers: BencodeDictionary,
  files: readonly ListedFile[],
  pieceLength: number,
  start: number,
  sha256: Sha256,
): PieceLayers {
  const checked = new Map<string, Uint8Array>()
  for (const { length, piecesRoot } of files) {
    if (piecesRoot === undefined || length <= pieceLength || checked.has(toHex(piecesRoot))) continue
    const layer = layers.get(toByteString(piecesRoot))
    const name = `the piece layer of ${toHex(piecesRoot).slice(0, 16)}...`
    if (!(layer instanceof Uint8Array)) throw badTorrent(`${name} is missing`, start)
    checkLayer(layer, { length, piecesRoot, pieceLength, name, start }, sha256)
    checked.set(toHex(piecesRoot), layer)
  }
  if (layers.size > checked.size) throw badTorrent('"piece layers" has one that belongs to no file', start)
  return checked
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
  const merged = v1.map((file) => {
    const start = offset
    offset += file.length
    if (file.pad) return file
    const twin = v2[next++]
    if (twin === undefined) throw fail('v1 has more files')
    if (!samePath(file.path, twin.path)) throw fail(`file ${next} has two names`)
    if (file.length !== twin.length) throw fail(`file ${next} has ${file.length} and ${twin.length} bytes`)
    if (file.length > 0 && start !== alignedEnd()) throw fail(`file ${next} begins in different pieces`)
    if (file.length > 0) v2End = offset
    return { ...file, piecesRoot: twin.piecesRoot }
  })
  if (next < v2.length) throw fail('v2 has more files')
  if (offset > alignedEnd()) throw fail('v1 has more pieces')
  return merged
}

interface ExpectedLayer {
  readonly length: number
  readonly piecesRoot: Uint8Array
  readonly pieceLength: number
  readonly name: string
  readonly start: number
}

function checkLayer(bytes: Uint8Array, expected: ExpectedLayer, sha256: Sha256): void {
  const { length, piecesRoot, pieceLength, name, start } = expected
  const count = Math.ceil(length / pieceLength)
  if (bytes.length !== count * MERKLE_HASH_LENGTH) {
    throw badTorrent(
      `${name} has ${bytes.length} bytes, not ${MERKLE_HASH_LENGTH} for each of ${count} pieces`,
      start,
    )
  }
  const hashes = Array.from({ length: count }, (_, i) =>
    bytes.subarray(i * MERKLE_HASH_LENGTH, (i + 1) * MERKLE_HASH_LENGTH),
  )
  const layer = Math.log2(pieceLength / BLOCK_LENGTH)
  const root = merkleRoot(hashes, layer, layer + merkleHeight(count), sha256)
  if (!equalBytes(root, piecesRoot)) throw badTorrent(`${name} does not lead to its pieces root`, start)
}

function samePath(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((element, i) => equalBytes(element, b[i] ?? new Uint8Array()))
}
