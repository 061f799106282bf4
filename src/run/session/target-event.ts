import { toHex } from '../../base/bytes.ts'
import type { TraceEvent } from '../../trace/event.ts'
import type { TorrentTarget } from '../options.ts'

/** What a trace says of the torrent, as far as it is known. */
export function targetEvent(
  { infoHashes, metainfo }: Pick<TorrentTarget, 'infoHashes' | 'metainfo'>,
  at: number,
): Extract<TraceEvent, { readonly type: 'target' }> {
  const { v1, v2 } = metainfo?.infoHashes ?? infoHashes
  return {
    at,
    type: 'target',
    infoHashV1: v1 === undefined ? null : toHex(v1),
    infoHashV2: v2 === undefined ? null : toHex(v2),
    pieceCount: metainfo?.pieceCount ?? null,
    private: metainfo?.private ?? null,
  }
}
