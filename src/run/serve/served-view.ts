import { equalBytes } from '../../base/bytes.ts'
import { BLOCK_LENGTH } from '../../base/limits.ts'
import type { ServedView } from '../../diagnose/conversation.ts'
import { SEEDER_LIMITS, type SeededTorrent } from '../../net/seeder/options.ts'
import { servedLength } from '../../session/upload/peer-upload.ts'
import { merkleHeight } from '../../wire/torrent/merkle.ts'

/** What the rules about clients need to know about the seeder. */
export function servedView({ metainfo, have }: SeededTorrent): ServedView {
  return {
    pieceCount: metainfo.pieceCount,
    lengthOf: (piece) => servedLength(metainfo, piece),
    has: (piece) => have === 'all' || have.has(piece),
    queueLength: SEEDER_LIMITS.queueLength,
    treeHeightOf: (piecesRoot) => {
      const file = metainfo.files.find(
        (known) => known.piecesRoot !== undefined && equalBytes(known.piecesRoot, piecesRoot),
      )
      return file === undefined ? undefined : treeHeight(file.length)
    },
  }
}

/** Layers between the leaves and the root of the tree of a file. */
export function treeHeight(fileLength: number): number {
  return merkleHeight(Math.ceil(fileLength / BLOCK_LENGTH))
}
