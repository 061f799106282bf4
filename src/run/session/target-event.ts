import { toHex } from '../../base/bytes.ts'
import { byteText } from '../../report/escape.ts'
import type { TorrentReport } from '../../report/model/session.ts'
import type { TraceEvent } from '../../trace/event.ts'
import type { TorrentTarget } from '../options.ts'

/** The trace event that describes the torrent, as far as it is known. */
export function targetEvent(
  torrent: TorrentTarget,
  at: number,
): Extract<TraceEvent, { readonly type: 'target' }> {
  return { at, type: 'target', ...torrentReport(torrent), private: torrent.metainfo?.private ?? null }
}

/** Describes the torrent in a report, as far as it is known. */
export function torrentReport({ infoHashes, name, metainfo, notes = [] }: TorrentTarget): TorrentReport {
  const { v1, v2 } = metainfo?.infoHashes ?? infoHashes
  return {
    infoHashV1: v1 === undefined ? null : toHex(v1),
    infoHashV2: v2 === undefined ? null : toHex(v2),
    name: metainfo === undefined ? (name ?? null) : byteText(metainfo.name),
    pieceCount: metainfo?.pieceCount ?? null,
    pieceLength: metainfo?.pieceLength ?? null,
    notes: [...notes, ...(metainfo?.notes ?? [])].map(({ id, text, count, offset = null }) => ({
      id,
      text,
      count,
      offset,
    })),
  }
}
