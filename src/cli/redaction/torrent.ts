import { decodeUtf8 } from '../../base/bytes.ts'
import { MAX_PSEUDONYMS } from '../../base/limits.ts'
import type { Pseudonyms } from '../../report/redact/pseudonyms.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { safeFilePath } from '../../wire/torrent/file-path.ts'

/** Learns the names of a torrent and its files, as they are and as they are on disk. */
export function learnTorrent({ name, files }: Metainfo, names: Pseudonyms): void {
  const text = decodeUtf8(name)
  if (text !== undefined) names.name(text)
  for (const { path } of files.slice(0, MAX_PSEUDONYMS)) {
    for (const part of [...path.map((bytes) => decodeUtf8(bytes) ?? ''), ...safeFilePath(path).split('/')])
      names.name(part)
  }
}
