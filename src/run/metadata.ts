import { VERSION } from '../base/version.ts'
import { Bitfield } from '../wire/bitfield.ts'
import type { OutputFile } from '../net/output-file.ts'
import type { PeerConnection } from '../net/peer-connection.ts'
import { byteText } from '../report/escape.ts'
import { sessionConclusion } from '../report/exit-code.ts'
import type { MetadataCommandReport, MetadataReport } from '../report/model.ts'
import { safeFilePath } from '../wire/file-path.ts'
import type { Metainfo } from '../wire/metainfo.ts'
import { encodeTorrentFile, fetchMetadata } from './fetch-metadata.ts'
import { withPieceLayers } from './fetch-piece-layers.ts'
import type { MetadataOptions } from './options.ts'
import type { Ports } from './ports.ts'
import { errorReport, torrentReport } from './session-report.ts'
import { withSession } from './with-session.ts'

/** Files listed in a report; the rest are counted. */
const MAX_LISTED_FILES = 10_000

/**
 * Fetches the info dictionary from one peer, checks it against the hash, reports what is in it, and writes a .torrent
 * around it. What the peer, the network or the disk does wrong is told by the report.
 *
 * @throws PeerError before anything is sent: E_FILE_EXISTS, E_FILE_WRITE
 */
export async function metadata(options: MetadataOptions, ports: Ports): Promise<MetadataCommandReport> {
  const { output, force, torrent } = options
  const file = output === undefined ? undefined : await ports.files.create(output, force)
  // what is known already is not to be believed here: everything comes from the peer
  const asked = { ...options, torrent: { ...torrent, metainfo: undefined } }
  let fetched: Metainfo | undefined
  let written = false
  try {
    const { session, error } = await withSession(asked, ports, async (connection) => {
      fetched = await fetchMetadata(connection, torrent.infoHashes, ports.clock)
      if (file === undefined) return
      fetched = await provable(connection, fetched, ports)
      await write(file, fetched)
      written = true
    })
    const failure = error === undefined ? null : errorReport(error)
    return {
      schema: 'peerwire.metadata/1',
      version: VERSION,
      ...sessionConclusion(failure, session.findings),
      ...session,
      torrent: torrentReport({ ...torrent, ...known(fetched) }),
      metadata: fetched === undefined ? null : metadataReport(fetched, written ? (output ?? null) : null),
    }
  } finally {
    await file?.discard()
  }
}

/** A .torrent of v2 has to hold the piece layers; a connection that speaks v2 can bring them. */
async function provable(connection: PeerConnection, metainfo: Metainfo, { clock }: Ports): Promise<Metainfo> {
  if (metainfo.version !== 'v2') return metainfo
  return withPieceLayers(connection, metainfo, Bitfield.full(metainfo.pieceCount), clock)
}

async function write(file: OutputFile, metainfo: Metainfo): Promise<void> {
  await file.write(encodeTorrentFile(metainfo))
  await file.commit()
}

function known(metainfo: Metainfo | undefined): {
  readonly metainfo?: Metainfo
  readonly infoHashes?: Metainfo['infoHashes']
} {
  return metainfo === undefined ? {} : { metainfo, infoHashes: metainfo.infoHashes }
}

function metadataReport(metainfo: Metainfo, output: string | null): MetadataReport {
  const { name, version, totalLength, pieceLength, pieceCount, infoBytes } = metainfo
  const files = metainfo.files.filter(({ pad }) => !pad)
  return {
    size: infoBytes.length,
    name: byteText(name),
    version,
    totalLength,
    pieceLength,
    pieceCount,
    private: metainfo.private,
    fileCount: files.length,
    files: files.slice(0, MAX_LISTED_FILES).map(({ path, length }) => ({ path: safeFilePath(path), length })),
    output,
  }
}
