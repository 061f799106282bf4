import { toHex } from '../../base/bytes.ts'
import { VERSION } from '../../base/version.ts'
import { PeerError } from '../../base/errors.ts'
import type { OutputFile } from '../../net/files/output-file.ts'
import { NODE_HASHES } from '../../net/node-hashes.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import { judged } from '../../report/judge.ts'
import { sessionConclusion } from '../../report/exit-code.ts'
import type { BlockReport, FetchBlockReport, RequestReport } from '../../report/model/fetch-block.ts'
import type { SessionState } from '../../session/peer/state.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { pieceLengthAt, type PieceSpace } from '../../wire/torrent/piece-layout.ts'
import { fetchMetadata } from '../metadata/fetch-metadata.ts'
import { fetchRange, type RangeData } from './fetch-range.ts'
import { listenUntil } from '../session/listen.ts'
import { misfitError } from '../session/unavailable.ts'
import { AVAILABILITY_WAIT_MS } from '../defaults.ts'
import type { FetchBlockOptions, TorrentTarget } from '../options.ts'
import type { Ports } from '../ports.ts'
import type { SessionLog } from '../session/log.ts'
import { notProven, proveRange } from './prove-piece.ts'
import { round } from '../../base/round.ts'
import { errorReport } from '../../report/error-report.ts'
import { startTime } from '../start-time.ts'
import { holdSession } from '../session/hold.ts'

/** Longest wait for a *have* for the piece after a bitfield that lacks it, in milliseconds. */
const HAVE_WAIT_MS = 1_000

/** The fields of a request have 32 bits. */
const UINT32_END = 2 ** 32

/** Longest range held in memory, in bytes: longer than the pieces of any torrent in use. */
const MAX_RANGE_LENGTH = 256 * 1024 * 1024

/**
 * Fetches one range of a piece from one peer and, if requested and possible, verifies it. Errors of the peer, the
 * network or the disk are in the report. The output file is created only if everything succeeds.
 *
 * @throws PeerError before anything is sent: E_BAD_RANGE, E_FILE_EXISTS, E_FILE_WRITE
 */
export async function fetchBlock(options: FetchBlockOptions, ports: Ports): Promise<FetchBlockReport> {
  checkRange(options, options.torrent.metainfo)
  const startedAt = startTime(ports)
  const output = await ports.files.create(options.output, options.force)
  let { torrent } = options
  let block: BlockReport | null = null
  try {
    const { session, error } = await holdSession(dialled(options), ports, async (connection, log, signal) => {
      torrent = await withMetadata(connection, options, ports, log)
      log.know(torrent, ports.clock.now())
      block = await fetchTo(
        connection,
        output,
        { ...options, peer: log.peer, torrent },
        { ...ports, signal, log },
      )
    })
    const failure = error === undefined ? null : errorReport(error)
    const conclusion = sessionConclusion(failure, session.findings)
    return judged<FetchBlockReport>(
      { schema: 'peerwire.fetch-block/1', version: VERSION, ...conclusion, ...session, block },
      startedAt,
    )
  } finally {
    await output.discard()
  }
}

/** Only v2 sessions can request merkle proofs, so verifying a hybrid offers the peer an upgrade to v2. */
function dialled(options: FetchBlockOptions): FetchBlockOptions {
  const { verify, torrent, features } = options
  if (!verify || torrent.metainfo?.version !== 'hybrid') return options
  return { ...options, features: { ...features, v2: true } }
}

/** The torrent, with metadata from the peer if that is requested and no .torrent was given. */
async function withMetadata(
  connection: PeerConnection,
  { torrent, metadata }: FetchBlockOptions,
  { clock }: Ports,
  log: SessionLog,
): Promise<TorrentTarget> {
  if (metadata !== true || torrent.metainfo !== undefined) return torrent
  const metainfo = await fetchMetadata(connection, { ...torrent, clock, log })
  return { ...torrent, metainfo, infoHashes: metainfo.infoHashes }
}

async function fetchTo(
  connection: PeerConnection,
  output: OutputFile,
  options: FetchBlockOptions,
  { clock, signal, log }: Ports & { readonly log: SessionLog },
): Promise<BlockReport> {
  const { piece, offset, length, unchokeTimeoutMs, blockTimeoutMs, repeat } = options
  const { metainfo } = options.torrent
  checkRange(options, metainfo)
  const canRequest = (state: SessionState) => isOffered(state, piece)
  const hasSpoken = ({ availability }: SessionState) => availability.source !== 'none'
  const offeredOrSpoken = (state: SessionState) => canRequest(state) || hasSpoken(state)
  await listenUntil(connection, offeredOrSpoken, clock.now() + AVAILABILITY_WAIT_MS)
  // peers that leave pieces out of their bitfield announce them right after it
  await listenUntil(connection, canRequest, clock.now() + HAVE_WAIT_MS)
  const { pieceSpace } = connection.state
  // in a v2 session of a hybrid, the last piece of a file ends where the file ends: padding cannot be requested
  if (pieceSpace === 'v2') checkRange(options, metainfo, pieceSpace)
  checkAvailable(connection.state, piece)
  const fetch = (begin: number, bytes: number) =>
    fetchRange(connection, {
      range: { piece, begin, length: bytes },
      unchokeTimeoutMs,
      blockTimeoutMs,
      clock,
    })
  let fetched = await fetch(offset, length)
  const requests = requestReports(fetched)
  for (let again = 1; again < repeat; again++) {
    fetched = await fetch(offset, length)
    requests.push(...requestReports(fetched))
  }
  const { data } = fetched
  const more = async (begin: number, bytes: number) => (await fetch(begin, bytes)).data
  const proof = options.verify
    ? await proveRange(metainfo, { piece, offset, data }, { ...options, connection, clock, fetch: more, log })
    : notProven('--verify was not given')
  await output.write(data, signal)
  await output.commit()
  const sha1 = toHex(NODE_HASHES.sha1(data))
  return { piece, offset, length, bytes: data.length, sha1, output: options.output, ...proof, requests }
}

function requestReports(fetched: RangeData): RequestReport[] {
  return fetched.answered.map(({ request, latencyMs }) => ({
    offset: request.begin,
    length: request.length,
    latencyMs: round(latencyMs),
  }))
}

function checkRange(
  { piece, offset, length }: FetchBlockOptions,
  metainfo: Metainfo | undefined,
  space?: PieceSpace,
): void {
  if (length > MAX_RANGE_LENGTH) throw badRange(`a range of ${length} bytes is more than ${MAX_RANGE_LENGTH}`)
  if (length < 1) throw badRange('a range of no bytes')
  const isWhole = [piece, offset, length].every((value) => Number.isInteger(value) && value >= 0)
  const fits = piece < UINT32_END && offset + length <= UINT32_END
  if (!isWhole || (metainfo === undefined && !fits))
    throw badRange(`a request cannot name piece ${piece}, offset ${offset}, length ${length}`)
  if (metainfo === undefined) return
  if (piece >= metainfo.pieceCount) {
    throw badRange(`there is no piece ${piece}: the torrent has ${metainfo.pieceCount}, numbered from 0`)
  }
  const pieceLength = pieceLengthAt(metainfo, piece, space)
  if (offset + length <= pieceLength) return
  throw badRange(
    `piece ${piece} has ${pieceLength} bytes; offset ${offset} and length ${length} go past its end`,
  )
}

function badRange(message: string): PeerError {
  return new PeerError('E_BAD_RANGE', message, {
    hint: 'choose --piece, --offset and --length within the torrent',
  })
}

/** Whether we may request the piece from the peer, now or once it unchokes us. */
function isOffered({ availability, fast }: SessionState, piece: number): boolean {
  return availability.has(piece) || fast.canRequestWhileChoked(piece)
}

function checkAvailable(state: SessionState, piece: number): void {
  const { availability } = state
  if (isOffered(state, piece)) return
  const misfit = misfitError(availability)
  if (misfit !== undefined) throw misfit
  const message = availability.isEmpty
    ? 'the peer has not announced a piece'
    : `the peer announced pieces, and ${piece} is not among them`
  throw new PeerError('E_PIECE_UNAVAILABLE', message, {
    phase: 'availability',
    hint: availability.isEmpty
      ? 'peerwire why waits for a super-seeder, which announces its pieces one by one'
      : 'peerwire connect --bitfield shows which pieces it announced',
  })
}
