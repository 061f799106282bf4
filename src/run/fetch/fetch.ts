import { setImmediate } from 'node:timers/promises'
import { SYSTEM_NAMES } from '../../net/files/system-names.ts'
import { VERSION } from '../../base/version.ts'
import { DownloadFolder, type PieceStore } from '../../net/files/download-folder.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import { judged } from '../../report/judge.ts'
import { startTime } from '../start-time.ts'
import { sessionConclusion } from '../../report/exit-code.ts'
import type { SessionReport } from '../../report/model/session.ts'
import type { FetchCommandReport } from '../../report/model/fetch.ts'
import type { SessionState } from '../../session/peer/state.ts'
import { Bitfield } from '../../wire/bitfield.ts'
import { fetchedLengthAt, FileLayout } from '../../wire/torrent/file-layout.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { fetchMetadata } from '../metadata/fetch-metadata.ts'
import { withPieceLayers } from '../metadata/fetch-piece-layers.ts'
import { FileRoots } from './piece-verifier.ts'
import { piecesOnDisk, runsOf, samplePieces, wantedPieces } from './plan.ts'
import { fetchReport, isLocal, shortfall } from './report.ts'
import { listenUntil } from '../session/listen.ts'
import { AVAILABILITY_WAIT_MS } from '../defaults.ts'
import type { FetchOptions, PeerName } from '../options.ts'
import { PieceTransfer, type TransferOptions } from './piece-transfer.ts'
import type { Ports } from '../ports.ts'
import { SessionLog } from '../session/log.ts'
import { sessionReport } from '../session/report.ts'
import { commandTimeout, timeLimit, holdSession } from '../session/hold.ts'
import { errorReport } from '../../report/error-report.ts'

/** Files to create before yielding to the event loop. */
const FILES_A_TURN = 1024

/** Pieces to check before yielding to the event loop. */
const PIECES_A_TURN = 1024

/** The ports that `fetch` uses. */
export interface FetchPorts extends Ports {
  /** Opens the output folder; on disk by default. */
  readonly openStore?: (root: string, layout: FileLayout) => PieceStore
}

/**
 * Fetches pieces from one peer, verifies each and writes it to its place in the files of the torrent. Pieces already on
 * disk are hashed and not fetched again; if none is missing, the peer is not dialled. Errors of the peer or the network
 * are in the report.
 *
 * @throws PeerError before anything is sent: E_BAD_RANGE, E_BAD_TORRENT, E_FILE_EXISTS, E_FILE_WRITE, E_DISK_FULL
 */
export async function fetch(options: FetchOptions, ports: FetchPorts): Promise<FetchCommandReport> {
  const { metainfo } = options.torrent
  // the time limit also covers work that does not involve the peer
  const limit = timeLimit(options.totalTimeoutMs, ports, commandTimeout)
  const limited = { ...ports, signal: limit.signal }
  const job = new FetchJob(options, limited)
  try {
    try {
      if (metainfo !== undefined) await job.prepare(metainfo)
      if (job.hasNothingToDo) return await job.reportWithoutPeer(undefined)
    } catch (error) {
      if (limit.signal.aborted) return await job.reportWithoutPeer(limit.signal.reason)
      throw error
    }
    const unlimited = { ...options, totalTimeoutMs: undefined }
    const { session, error } = await holdSession(unlimited, limited, (connection, log) =>
      job.talk(connection, log),
    )
    return job.report(session, error)
  } finally {
    limit.cancel()
    job.close()
  }
}

/** One run of the command, and what it knows so far. */
class FetchJob {
  readonly #options: FetchOptions
  readonly #startedAt: Date
  #peer: PeerName
  readonly #ports: FetchPorts
  #metainfo: Metainfo | undefined
  #layout: FileLayout | undefined
  #store: PieceStore | undefined
  #wanted: Bitfield | undefined
  #there: Bitfield | undefined
  #roots: FileRoots | undefined
  #transfer: PieceTransfer | undefined

  constructor(options: FetchOptions, ports: FetchPorts) {
    this.#options = options
    this.#startedAt = startTime(ports)
    this.#peer = options.peer
    this.#ports = ports
  }

  get hasNothingToDo(): boolean {
    return this.#wanted !== undefined && this.#there?.count === this.#wanted.count
  }

  /** Does everything that does not need the peer, so that it fails before dialling. */
  async prepare(metainfo: Metainfo): Promise<void> {
    const { output, sample } = this.#options
    this.#metainfo = metainfo
    this.#wanted = wantedPieces(this.#options, metainfo)
    if (output !== undefined) {
      const { openStore = (root: string, layout: FileLayout) => new DownloadFolder(root, layout) } =
        this.#ports
      this.#layout = new FileLayout(metainfo, SYSTEM_NAMES)
      this.#store = openStore(output, this.#layout)
    }
    this.#there = await this.#checkDisk(metainfo, this.#wanted)
    // a sample depends on what the peer has
    if (sample === undefined) await this.#prepareWrites(metainfo, subtract(this.#wanted, this.#there))
  }

  /** The pieces already on disk. A sample ignores them: it checks what the peer serves. */
  #checkDisk(metainfo: Metainfo, wanted: Bitfield): Promise<Bitfield> {
    const { sample, progress } = this.#options
    const { clock, signal } = this.#ports
    const store = sample === undefined ? this.#store : undefined
    this.#roots = new FileRoots(metainfo)
    return piecesOnDisk(metainfo, wanted, store, { clock, signal, progress, roots: this.#roots })
  }

  /** Finds anything in the way of a piece before we request it from a peer. */
  async #prepareWrites(metainfo: Metainfo, pieces: Bitfield): Promise<void> {
    let count = 0
    for (const [first, last] of runsOf(pieces, PIECES_A_TURN)) {
      const start = first * metainfo.pieceLength
      const end = last * metainfo.pieceLength + fetchedLengthAt(metainfo, last)
      this.#store?.prepareWrite(start, end - start)
      count += last - first + 1
      if (count < PIECES_A_TURN) continue
      count = 0
      await this.#pause()
    }
  }

  /** Empty files do not depend on the peer. There may be a hundred thousand of them. */
  async #createEmptyFiles(): Promise<void> {
    const { pieces, sample } = this.#options
    if (this.#store === undefined || pieces !== undefined || sample !== undefined) return
    let count = 0
    for (const file of this.#layout?.files ?? []) {
      if (file.length > 0) continue
      this.#store.createEmpty(file)
      if (++count % FILES_A_TURN === 0) await this.#pause()
    }
  }

  #pause = async (): Promise<void> => {
    await setImmediate()
    this.#ports.signal?.throwIfAborted()
  }

  async talk(connection: PeerConnection, log: SessionLog): Promise<void> {
    // the peer that was reached
    this.#peer = log.peer
    const { clock, random } = this.#ports
    const { torrent, sample } = this.#options
    const metainfo = this.#metainfo ?? (await fetchMetadata(connection, { ...torrent, clock, log }))
    log.know({ ...torrent, infoHashes: metainfo.infoHashes, metainfo }, clock.now())
    const wanted = this.#wanted ?? wantedPieces(this.#options, metainfo)
    // SHA-1 proves the pieces of a hybrid; requesting more hashes takes a v2 connection
    const isProvable = metainfo.pieceHashes !== undefined
    const provable = isProvable ? metainfo : await withPieceLayers(connection, metainfo, wanted, clock)
    // if the metadata or the piece layers came from the peer, data on disk can be checked only now
    if (this.#there === undefined) await this.prepare(provable)
    else if (provable !== metainfo) this.#there = await this.#checkDisk(provable, wanted)
    this.#metainfo = provable
    await this.#createEmptyFiles()
    let missing = subtract(wanted, this.#there)
    if (sample !== undefined) {
      const hasSpoken = ({ availability }: SessionState) => availability.source !== 'none'
      await listenUntil(connection, hasSpoken, clock.now() + AVAILABILITY_WAIT_MS)
      const { availability } = connection.state
      const claimed = new Bitfield(metainfo.pieceCount)
      for (const piece of missing) if (availability.has(piece)) claimed.set(piece)
      missing = samplePieces(claimed, sample, random)
      this.#wanted = missing
    }
    await this.#transferPieces(connection, log, { metainfo: provable, pieces: missing })
  }

  async #transferPieces(
    connection: PeerConnection,
    log: SessionLog,
    { metainfo, pieces }: Pick<TransferOptions, 'metainfo' | 'pieces'>,
  ): Promise<void> {
    const { unchokeTimeoutMs, blockTimeoutMs } = this.#options
    const { clock } = this.#ports
    const transfer = new PieceTransfer(connection, {
      metainfo,
      pieces,
      store: this.#store,
      roots: this.#roots ?? new FileRoots(metainfo),
      clock,
      unchokeTimeoutMs,
      blockTimeoutMs,
      // good pieces are left out: there can be tens of thousands of them a second
      onBadPiece: (piece) => log.verified(piece, false, clock.now()),
      progress: this.#progress(metainfo, pieces),
    })
    this.#transfer = transfer
    let error: unknown
    try {
      await transfer.run()
    } catch (reason) {
      error = reason
    }
    error = shortfall(transfer, this.#peer, error)
    // files that disappeared do not count as fetched, whatever else went wrong
    if (!isLocal(error)) await this.#store?.checkAll(this.#pause)
    if (error !== undefined) throw error
  }

  #progress(metainfo: Metainfo, pieces: Bitfield): TransferOptions['progress'] {
    const { progress } = this.#options
    if (progress === undefined) return undefined
    let totalBytes = 0
    for (const piece of pieces) totalBytes += fetchedLengthAt(metainfo, piece)
    return (transfer) => progress({ stage: 'fetching', ...transfer, pieces: pieces.count, totalBytes })
  }

  report(session: SessionReport, error: unknown): FetchCommandReport {
    const metainfo = this.#metainfo
    const wanted = this.#wanted
    const failure = error === undefined ? null : errorReport(error)
    return judged<FetchCommandReport>(
      {
        schema: 'peerwire.fetch/1',
        version: VERSION,
        ...sessionConclusion(failure, session.findings),
        ...session,
        fetch:
          metainfo === undefined || wanted === undefined
            ? null
            : fetchReport({
                options: this.#options,
                wanted,
                there: this.#there,
                transfer: this.#transfer,
                links: this.#layout?.links,
                error,
              }),
      },
      this.#startedAt,
    )
  }

  async reportWithoutPeer(error: unknown): Promise<FetchCommandReport> {
    const { clock } = this.#ports
    if (error === undefined) await this.#createEmptyFiles()
    const log = new SessionLog(this.#options, clock.now())
    log.know(this.#options.torrent, clock.now())
    return this.report(sessionReport(log.finish(clock.now())), error)
  }

  close(): void {
    this.#store?.close()
  }
}

/** The pieces of `all` that are not in `some`. */
function subtract(all: Bitfield, some: Bitfield | undefined): Bitfield {
  const rest = all.clone()
  for (const piece of some ?? []) rest.clear(piece)
  return rest
}
