import { PeerError } from '../../base/errors.ts'
import { VERSION } from '../../base/version.ts'
import { Bitfield } from '../../wire/bitfield.ts'
import type { OutputFile } from '../../net/files/output-file.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import { byteText } from '../../report/escape.ts'
import { judged } from '../../report/judge.ts'
import { startTime } from '../start-time.ts'
import { sessionConclusion } from '../../report/exit-code.ts'
import type { MetadataCommandReport, MetadataReport } from '../../report/model/metadata.ts'
import { safeFilePath } from '../../wire/torrent/file-path.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { POSIX_NAMES } from '../../wire/torrent/name-rules.ts'
import { encodeTorrentFile, fetchMetadata } from './fetch-metadata.ts'
import { lacksPieceLayers, withPieceLayers } from './fetch-piece-layers.ts'
import { joinSessions } from './join-sessions.ts'
import type { MetadataOptions } from '../options.ts'
import type { Ports } from '../ports.ts'
import type { SessionLog } from '../session/log.ts'
import { torrentReport } from '../session/target-event.ts'
import { errorReport } from '../../report/error-report.ts'
import { type SessionResult, holdSession } from '../session/hold.ts'

/** Maximum number of files listed in a report; the rest are counted. */
const MAX_LISTED_FILES = 10_000

/**
 * Fetches the info dictionary from one peer, checks it against the info hash, reports its content, and writes it as a
 * .torrent. Errors of the peer, the network or the disk are in the report.
 *
 * @throws PeerError before anything is sent: E_FILE_EXISTS, E_FILE_WRITE
 */
export async function metadata(options: MetadataOptions, ports: Ports): Promise<MetadataCommandReport> {
  const { output, force } = options
  const file = output === undefined ? undefined : await ports.files.create(output, force)
  try {
    return await new MetadataJob(options, ports, file).run()
  } finally {
    await file?.discard()
  }
}

/** One run of the command, and what it knows so far. */
class MetadataJob {
  readonly #options: MetadataOptions
  readonly #ports: Ports
  readonly #file: OutputFile | undefined
  readonly #startedAt: Date
  #metainfo: Metainfo | undefined
  #layersError: PeerError | undefined
  #written = false

  constructor(options: MetadataOptions, ports: Ports, file: OutputFile | undefined) {
    this.#options = options
    this.#ports = ports
    this.#file = file
    this.#startedAt = startTime(ports)
  }

  async run(): Promise<MetadataCommandReport> {
    const { torrent } = this.#options
    // ignores a given .torrent: here, everything has to come from the peer
    const asked = { ...this.#options, torrent: { ...torrent, metainfo: undefined } }
    const first = await holdSession(asked, this.#ports, (connection, log, signal) =>
      this.#talk(connection, log, signal),
    )
    const isOver = first.error !== undefined || this.#written || this.#file === undefined
    if (isOver) return this.#report(first)
    const second = await this.#talkV2(asked, first.startedAt)
    return this.#report({ session: joinSessions(first.session, second.session), error: second.error })
  }

  async #talk(connection: PeerConnection, log: SessionLog, signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports
    const metainfo = await fetchMetadata(connection, { ...this.#options.torrent, clock, log })
    this.#metainfo = metainfo
    log.know({ ...this.#options.torrent, infoHashes: metainfo.infoHashes, metainfo }, clock.now())
    if (this.#file === undefined) return
    if (connection.state.negotiated('v2')) await this.#addLayers(connection, metainfo)
    // only a v2 session can request hashes, and its info hash was not known before
    else if (lacksPieceLayers(metainfo)) return
    await this.#write(signal)
  }

  /**
   * Opens a session with the v2 info hash of a hybrid to get its piece layers. Omits those that the peer does not
   * send.
   */
  async #talkV2(
    asked: MetadataOptions,
    startedAt: number,
  ): Promise<Pick<SessionResult, 'session' | 'error'>> {
    const { totalTimeoutMs, torrent } = asked
    const elapsedMs = this.#ports.clock.now() - startedAt
    const infoHashes = { v1: undefined, v2: this.#metainfo?.infoHashes.v2 }
    const left = totalTimeoutMs === undefined ? undefined : Math.max(1, totalTimeoutMs - elapsedMs)
    const options = { ...asked, torrent: { ...torrent, infoHashes }, totalTimeoutMs: left }
    const addLayers = async (connection: PeerConnection): Promise<void> => {
      if (this.#metainfo !== undefined) await this.#addLayers(connection, this.#metainfo)
    }
    const { session, error } = await holdSession(options, this.#ports, addLayers, startedAt)
    if (error !== undefined && !(error instanceof PeerError && error.blame !== 'local'))
      return { session, error }
    this.#layersError ??= error
    try {
      await this.#write(this.#ports.signal)
    } catch (reason) {
      return { session, error: reason }
    }
    return { session, error: undefined }
  }

  /** @throws PeerError as `withPieceLayers`, in v2 only; a hybrid is usable without them */
  async #addLayers(connection: PeerConnection, metainfo: Metainfo): Promise<void> {
    try {
      const all = Bitfield.full(metainfo.pieceCount)
      this.#metainfo = await withPieceLayers(connection, metainfo, all, this.#ports.clock)
    } catch (error) {
      const isExcused = metainfo.version === 'hybrid' && this.#ports.signal?.aborted !== true
      if (!isExcused || !(error instanceof PeerError)) throw error
      this.#layersError = error
    }
  }

  async #write(signal: AbortSignal | undefined): Promise<void> {
    if (this.#file === undefined || this.#metainfo === undefined) return
    await this.#file.write(encodeTorrentFile(this.#metainfo), signal)
    await this.#file.commit()
    this.#written = true
  }

  #report({ session, error }: Pick<SessionResult, 'session' | 'error'>): MetadataCommandReport {
    const { torrent, output } = this.#options
    const metainfo = this.#metainfo
    const known = metainfo === undefined ? {} : { metainfo, infoHashes: metainfo.infoHashes }
    const failure = error === undefined ? null : errorReport(error)
    return judged<MetadataCommandReport>(
      {
        schema: 'peerwire.metadata/1',
        version: VERSION,
        ...sessionConclusion(failure, session.findings),
        ...session,
        // the session does not see a given .torrent, but the report includes it
        torrent: torrentReport({ ...torrent, ...known }),
        metadata:
          metainfo === undefined
            ? null
            : {
                ...describe(metainfo),
                output: this.#written ? (output ?? null) : null,
                pieceLayers: this.#written ? this.#layers(metainfo) : null,
              },
      },
      this.#startedAt,
    )
  }

  #layers(metainfo: Metainfo): MetadataReport['pieceLayers'] {
    if (metainfo.version === 'v1') return null
    const error = this.#layersError === undefined ? null : errorReport(this.#layersError)
    return { complete: !lacksPieceLayers(metainfo), error }
  }
}

function describe(metainfo: Metainfo): Omit<MetadataReport, 'output' | 'pieceLayers'> {
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
    files: files
      .slice(0, MAX_LISTED_FILES)
      .map(({ path, length }) => ({ path: safeFilePath(path, POSIX_NAMES), length })),
  }
}
