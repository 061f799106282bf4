import { createHash } from 'node:crypto'
import { concat, encodeUtf8, toHex } from '../../../src/base/bytes.ts'
import { HashServer, type HashAnswer } from '../../../src/session/upload/hash-server.ts'
import { encodeBencode } from '../../../src/wire/bencode.ts'
import type { HashRequest } from '../../../src/wire/message/hash-request.ts'
import { hashBlocks, merkleRoot } from '../../../src/wire/torrent/merkle.ts'
import { decodeInfo } from '../../../src/wire/torrent/metainfo.ts'
import type { MadeTorrent } from './made-torrent.ts'

export interface MadeV2Torrent extends MadeTorrent {
  /** The v1 info hash of a hybrid. */
  readonly v1: Uint8Array | undefined
  /** The part of the .torrent outside the metadata: the piece layers, by the root of their file. */
  readonly pieceLayers: ReadonlyMap<string, Uint8Array>
  readonly answer: (request: HashRequest) => HashAnswer
}

/** One file in a v2 or hybrid torrent. Sessions use v2: for a hybrid, only the v2 hash is given. */
export function makeV2Torrent({
  length = 200_001,
  pieceLength = 65_536,
  hybrid = false,
  wrong,
}: {
  readonly length?: number
  readonly pieceLength?: number
  readonly hybrid?: boolean
  /** Which hashes are wrong, because they were computed from other content. */
  readonly wrong?: 'v1' | 'v2'
} = {}): MadeV2Torrent {
  const content = Uint8Array.from({ length }, (_, at) => (at * 31 + (at >>> 8) * 7 + (at >>> 14)) & 0xff)
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
  const other = content.map((byte) => byte ^ 1)
  const leaves = hashBlocks(wrong === 'v2' ? other : content, sha256)
  const piecesRoot = merkleRoot(leaves, 0, undefined, sha256)
  const name = encodeUtf8('content')
  const tree = new Map([['', { length, 'pieces root': piecesRoot }]])
  const pieces: Uint8Array[] = []
  for (let at = 0; at < length; at += pieceLength)
    pieces.push(
      createHash('sha1')
        .update((wrong === 'v1' ? other : content).subarray(at, at + pieceLength))
        .digest(),
    )
  const info = encodeBencode({
    ...(hybrid ? { length, pieces: new Uint8Array(Buffer.concat(pieces)) } : {}),
    'file tree': { content: Object.fromEntries(tree) },
    'meta version': 2,
    name,
    'piece length': pieceLength,
  })
  const metainfo = decodeInfo(info)
  const perPiece = pieceLength / 16_384
  const layer = Math.log2(perPiece)
  const pieceHashes = pieces.map((_, i) =>
    merkleRoot(leaves.slice(i * perPiece, (i + 1) * perPiece), 0, layer, sha256),
  )
  const server = new HashServer([
    {
      piecesRoot,
      length,
      pieceLength,
      pieceHashes: pieceHashes.length > 1 ? pieceHashes : [],
      blockHashes: (first, count) => leaves.slice(first, first + count),
    },
  ])
  return {
    content,
    v1: metainfo.infoHashes.v1,
    pieceLayers: pieceHashes.length > 1 ? new Map([[toHex(piecesRoot), concat(pieceHashes)]]) : new Map(),
    metainfo: { ...metainfo, infoHashes: { v1: undefined, v2: metainfo.infoHashes.v2 } },
    answer: (request) => server.answer(request),
  }
}
