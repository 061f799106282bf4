import { createHash } from 'node:crypto'
import type { BlockStore } from '../../../src/session/upload/block-store.ts'
import { makeSyntheticTorrent } from '../../../src/session/upload/synthetic-torrent.ts'
import type { Metainfo } from '../../../src/wire/torrent/metainfo.ts'
import { makeV2Torrent } from '../torrents/made-v2-torrent.ts'

export interface FaultTorrent {
  readonly metainfo: Metainfo
  readonly store: BlockStore
}

/** 37 pieces of 32 KiB, the last of which has 5 bytes: three bits of a bitfield are spare. */
export const FAULT_TORRENT: FaultTorrent = makeSyntheticTorrent({
  length: 36 * 32_768 + 5,
  pieceLength: 32_768,
  sha1: (bytes) => createHash('sha1').update(bytes).digest(),
})

export const FAULT_HASH = FAULT_TORRENT.metainfo.infoHashes.v1 ?? new Uint8Array(20)

const V2 = makeV2Torrent({ length: 60_000, pieceLength: 65_536 })

/** One piece of four blocks, whose hashes have to be asked for. */
export const V2_TORRENT: FaultTorrent = {
  metainfo: V2.metainfo,
  store: {
    read: (_piece, begin, length) => V2.content.slice(begin, begin + length),
    close: () => Promise.resolve(),
  },
}
