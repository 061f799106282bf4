import { PeerError } from '../../base/errors.ts'
import type { FetchReport, LatencyReport } from '../../report/model/fetch.ts'
import type { LatencyHistogram } from '../../session/download/latency-histogram.ts'
import { Bitfield } from '../../wire/bitfield.ts'
import type { LaidOutLink } from '../../wire/torrent/file-layout.ts'
import type { FetchOptions, PeerName } from '../options.ts'
import { misfitError } from '../session/unavailable.ts'
import type { TransferResult } from './piece-transfer.ts'
import { round } from '../../base/round.ts'

/** Maximum number of pieces named in a message; the report lists all of them. */
const MAX_NAMED_PIECES = 10

/** Maximum number of links listed in a report; the rest are counted. */
const MAX_LISTED_LINKS = 1000

/** The outcome of a fetch. */
export interface FetchOutcome {
  readonly options: Pick<FetchOptions, 'output' | 'sample'>
  readonly wanted: Bitfield
  /** Pieces found on disk; undefined if the disk was not checked. */
  readonly there: Bitfield | undefined
  /** Undefined if there was nothing to request, or the transfer never began. */
  readonly transfer: TransferResult | undefined
  /** Undefined if the metadata never came, or if no files are kept. */
  readonly links: readonly LaidOutLink[] | undefined
  /** The error that ended it, if any. */
  readonly error: unknown
}

export function fetchReport({
  options,
  wanted,
  there,
  transfer,
  links = [],
  error,
}: FetchOutcome): FetchReport {
  const { queue, bytes = 0, unfinishedBytes = 0, verified = [], bad = [] } = transfer ?? {}
  const transferMs = transferTime(transfer)
  const alreadyThere = there?.count ?? 0
  const unavailable = queue?.unavailable ?? new Bitfield(wanted.pieceCount)
  return {
    output: options.output ?? null,
    wanted: wanted.renderRanges(),
    wantedCount: wanted.count,
    alreadyThere,
    fetched: verified.length,
    bad,
    refused: queue?.refused ?? [],
    unavailable: unavailable.renderRanges(),
    unavailableCount: unavailable.count,
    // pieces that were verified but whose file then disappeared do not count
    complete: alreadyThere + verified.length === wanted.count && !isLocal(error),
    bytes,
    unfinishedBytes,
    unchokeWaitMs: transfer === undefined ? null : unchokeWaitMs(transfer),
    transferMs: round(transferMs),
    bytesPerSecond: bytes === 0 || transferMs === 0 ? null : Math.round((bytes * 1000) / transferMs),
    latency: queue === undefined ? null : latencyReport(queue.latencies),
    ...(queue?.counts ?? { chokes: 0, rejects: 0, duplicates: 0, unrequested: 0, timedOut: 0 }),
    links: links.slice(0, MAX_LISTED_LINKS).map(({ path, target }) => ({ path, target })),
    linkCount: links.length,
    sample: options.sample === undefined ? null : { asked: wanted.count, served: verified.length },
  }
}

/** Duration of the transfer, from the first request: before it, the peer was choking us. */
function transferTime(transfer: TransferResult | undefined): number {
  if (transfer?.firstRequestAt === undefined) return 0
  const { queue, firstRequestAt, endedAt, unfinishedBytes } = transfer
  const lastAt = unfinishedBytes > 0 ? endedAt : (queue.lastBlockAt ?? endedAt)
  return lastAt - firstRequestAt
}

function unchokeWaitMs({ startedAt, unchokedAt, endedAt }: TransferResult): number {
  return round((unchokedAt ?? endedAt) - startedAt)
}

/**
 * Why wanted pieces are missing. Bad data takes precedence over any other error of the peer.
 * @param error the error that ended the transfer, if any
 */
export function shortfall(transfer: TransferResult, peer: PeerName, error: unknown): unknown {
  const { bad, queue } = transfer
  if (isLocal(error) || (bad.length === 0 && error !== undefined)) return error
  if (bad.length > 0) return badData(bad, peer)
  if (queue.refused.length > 0) {
    const message = `the peer claims and keeps rejecting ${pieces(queue.refused)}`
    return new PeerError('E_REQUEST_REJECTED', message, { phase: 'transfer', reference: 'BEP 6' })
  }
  const { unavailable } = queue
  const misfit = misfitError(transfer)
  if (misfit !== undefined) return misfit
  if (unavailable.isEmpty) return undefined
  const message = `the peer did not announce ${unavailable.count} of the pieces: ${unavailable.renderRanges(MAX_NAMED_PIECES)}`
  return new PeerError('E_PIECE_UNAVAILABLE', message, {
    phase: 'transfer',
    hint: 'what it had is in its place; get the rest from another peer with the same -o',
  })
}

/** Whether a local cause, not the peer or the network, ended the transfer. */
export function isLocal(error: unknown): boolean {
  return error !== undefined && !(error instanceof PeerError && error.blame !== 'local')
}

function badData(bad: readonly number[], peer: PeerName): PeerError {
  const verb = bad.length === 1 ? 'does' : 'do'
  const message = `${peer.input} sent bad data: ${pieces(bad)} ${verb} not have the hash of the torrent`
  return new PeerError('E_PIECE_HASH', message, {
    phase: 'transfer',
    reference: 'BEP 3',
    hint: 'nothing of it was written; fetch it from another peer with the same -o',
  })
}

function pieces(numbers: readonly number[]): string {
  const named = numbers.slice(0, MAX_NAMED_PIECES).join(', ')
  const more = numbers.length > MAX_NAMED_PIECES ? ' and more' : ''
  return `${numbers.length === 1 ? 'piece' : 'pieces'} ${named}${more}`
}

function latencyReport(latencies: LatencyHistogram): LatencyReport | null {
  const at = (share: number): number => round(latencies.percentile(share) ?? 0)
  if (latencies.count === 0) return null
  return { p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1) }
}
