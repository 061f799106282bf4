import { createHash } from 'node:crypto'
import { toByteString } from '../../../src/base/bytes.ts'
import { hashBlocks, merkleHeight, merkleRoot } from '../../../src/wire/torrent/merkle.ts'
import { Members, type Node } from './bencode-text.ts'

/** Sound torrents of files full of zeros, to be made odd. */

export type BaseKind = 'v1-one' | 'v1-many' | 'v2-one' | 'v2-many' | 'hybrid'

export const BASE_KINDS: readonly BaseKind[] = ['v1-one', 'v1-many', 'v2-one', 'v2-many', 'hybrid']

/** A torrent that mutations change. */
export interface Draft {
  readonly kind: BaseKind
  info: Node
  outer: Members
  /** Changes the bytes of the whole file, as a byte string, at the very end. */
  finish: (file: string) => string
}

export const PIECE_LENGTH = 32_768
const FILES = [
  { path: ['d', 'a'], length: 70_000 },
  { path: ['d', 'e'], length: 0 },
  { path: ['x'], length: 100 },
] as const

export function baseTorrent(kind: BaseKind): Draft {
  const info = new Members({ name: 'name', 'piece length': PIECE_LENGTH })
  const outer = new Members({ announce: 'http://t/', 'created by': 'corpus' })
  if (kind === 'v1-one') {
    info.set('length', 70_000)
    info.set('pieces', '\0'.repeat(60))
  } else if (kind === 'v1-many') {
    info.set(
      'files',
      FILES.map((file) => v1File(file.path, file.length)),
    )
    info.set('pieces', '\0'.repeat(60))
  } else {
    info.set('meta version', 2)
    info.set('file tree', kind === 'v2-one' ? new Members({ name: leaf(70_000) }) : tree())
    outer.set('piece layers', new Members({ [zeros(70_000).root]: zeros(70_000).layer }))
  }
  if (kind === 'hybrid') {
    const pad = new Members({ attr: 'p', length: 28_304, path: ['.pad', '28304'] })
    const [a, e, x] = FILES.map((file) => v1File(file.path, file.length))
    info.set(
      'files',
      [a, pad, e, x].filter((file) => file !== undefined),
    )
    info.set('pieces', '\0'.repeat(80))
  }
  return { kind, info, outer, finish: (file) => file }
}

/** The info dictionary. @throws TypeError when a mutation has put something else in its place */
export function infoOf({ info }: Draft): Members {
  if (info instanceof Members) return info
  throw new TypeError('the info dictionary is gone')
}

/** A v1 file. */
export function v1File(path: readonly string[], length: Node): Members {
  return new Members({ length, path: [...path] })
}

/** The node of a v2 file. */
export function leaf(length: number): Members {
  const properties = new Members({ length })
  if (length > 0) properties.set('pieces root', zeros(length).root)
  return new Members({ '': properties })
}

function tree(): Members {
  return new Members({ d: new Members({ a: leaf(70_000), e: leaf(0) }), x: leaf(100) })
}

const known = new Map<number, { readonly root: string; readonly layer: string }>()

/** The pieces root and the piece layer of a file of zeros, as byte strings. */
export function zeros(length: number): { readonly root: string; readonly layer: string } {
  const before = known.get(length)
  if (before !== undefined) return before
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
  const pieces: Uint8Array[] = []
  const content = new Uint8Array(length)
  for (let at = 0; at < length; at += PIECE_LENGTH)
    pieces.push(merkleRoot(hashBlocks(content.subarray(at, at + PIECE_LENGTH), sha256), 0, 1, sha256))
  const root =
    length <= PIECE_LENGTH
      ? merkleRoot(hashBlocks(content, sha256), 0, undefined, sha256)
      : merkleRoot(pieces, 1, 1 + merkleHeight(pieces.length), sha256)
  const made = { root: toByteString(root), layer: pieces.map(toByteString).join('') }
  known.set(length, made)
  return made
}
