import { PeerError } from '../base/errors.ts'
import { MAX_PIECE_LENGTH, MAX_PIECES } from '../base/limits.ts'
import type { ConnectReport } from '../report/model/connect.ts'
import type { DemoReport } from '../report/model/demo.ts'
import type { ExplainReport } from '../report/model/explain.ts'
import type { FetchBlockReport } from '../report/model/fetch-block.ts'
import type { FetchCommandReport } from '../report/model/fetch.ts'
import type { MetadataCommandReport } from '../report/model/metadata.ts'
import type { ReachReport } from '../report/model/reach.ts'
import type { WhyReport } from '../report/model/why.ts'
import { otherSources } from '../net/other-sources.ts'
import { connect as runConnect } from '../run/connect.ts'
import {
  BLOCK_TIMEOUT_MS,
  CONNECT_DEFAULTS,
  FETCH_BLOCK_DEFAULTS,
  MAX_REPEAT,
  SESSION_DEFAULTS,
} from '../run/defaults.ts'
import { demo as runDemo } from '../run/demo.ts'
import { explain as runExplain } from '../run/explain.ts'
import { fetchBlock as runFetchBlock } from '../run/fetch-block/fetch-block.ts'
import { fetch as runFetch } from '../run/fetch/fetch.ts'
import { metadata as runMetadata } from '../run/metadata/metadata.ts'
import { reach as runReach } from '../run/reach/reach.ts'
import { why as runWhy } from '../run/why/why.ts'
import type { Ports } from '../run/ports.ts'
import { checkTimes, checkWhole } from './check.ts'
import { type CapturedData, captureData } from './captured-data.ts'
import type {
  ConnectOptions,
  DemoOptions,
  FetchBlockOptions,
  FetchTorrentOptions,
  MetadataOptions,
  PeerOptions,
  ReachOptions,
  WhyOptions,
} from './options.ts'
import { withCapture } from './with-capture.ts'
import { finite, peerAt, sessionOptions, signalOf, withDefaults } from './session.ts'
import { type DataSink, demoPorts, systemPorts } from './system-ports.ts'

/** A report together with its data. The data is not part of the document: `data` is not enumerable. */
export type WithData<Report> = Report & {
  /** Undefined if a path was given, or if the data is incomplete. */
  readonly data: Uint8Array | undefined
}

/**
 * Opens a session with one peer, listens to what it says about itself, closes and reports. Errors of the peer or the
 * network are in the report and are never thrown.
 * @throws PeerError before anything is sent: E_USAGE, E_BAD_ADDRESS, E_BAD_HASH, E_BAD_TORRENT, E_FILE_READ
 */
export async function connect(options: ConnectOptions): Promise<ConnectReport> {
  const session = await sessionOptions(options)
  const settings = withDefaults({ interested: false, ...CONNECT_DEFAULTS }, options)
  checkTimes({ settleMs: settings.settleMs, waitMs: settings.waitMs })
  const ports = await portsFor(options, NOWHERE)
  return withCapture(options, ports, (capture) => runConnect({ ...session, ...settings, capture }, ports))
}

/**
 * Fetches one range of a piece from one peer, measures the time and, with `verify`, verifies the bytes. Errors of the
 * peer, the network or the disk are in the report.
 * @throws PeerError before anything is sent: as `connect`, and E_BAD_RANGE, E_FILE_EXISTS, E_FILE_WRITE
 */
export async function fetchBlock(options: FetchBlockOptions): Promise<WithData<FetchBlockReport>> {
  const session = await sessionOptions(options)
  const { piece } = options
  const defaults = { ...FETCH_BLOCK_DEFAULTS, blockTimeoutMs: BLOCK_TIMEOUT_MS }
  const switches = { output: '-', force: false, verify: false, metadata: false }
  const settings = withDefaults({ ...defaults, ...switches }, options)
  // JavaScript callers may omit it
  checkWhole('piece', piece ?? Number.NaN, 0, 0xffff_ffff)
  checkWhole('offset', settings.offset, 0, MAX_PIECE_LENGTH)
  checkWhole('length', settings.length, 1, MAX_PIECE_LENGTH)
  checkWhole('repeat', settings.repeat, 1, MAX_REPEAT)
  checkTimes({ blockTimeoutMs: settings.blockTimeoutMs })
  const captured = captureData()
  const ports = await portsFor(options, captured)
  const report = await withCapture(options, ports, (capture) =>
    runFetchBlock({ ...session, piece, ...settings, capture }, ports),
  )
  return withData(report, report.block === null ? undefined : captured)
}

/**
 * Fetches pieces from one peer, verifies each, and writes it to its place below a folder. A second call resumes where
 * the first one stopped. Errors of the peer or the network are in the report.
 * @throws PeerError before anything is sent: as `connect`, and E_BAD_RANGE, E_FILE_EXISTS, E_FILE_WRITE, E_DISK_FULL
 */
export async function fetchTorrent(options: FetchTorrentOptions): Promise<FetchCommandReport> {
  const session = await sessionOptions(options, Number.POSITIVE_INFINITY)
  const { pieces, sample, output, progress } = options
  if (output === undefined && sample === undefined) {
    throw new PeerError('E_USAGE', 'the folder is missing', {
      hint: 'give output, or sample to keep nothing',
    })
  }
  const settings = withDefaults({ blockTimeoutMs: BLOCK_TIMEOUT_MS }, options)
  checkWhole('sample', sample, 1, MAX_PIECES)
  checkTimes({ blockTimeoutMs: settings.blockTimeoutMs })
  const request = { ...session, pieces, sample, output, progress, ...settings }
  const ports = await portsFor(options, NOWHERE)
  return withCapture(options, ports, (capture) => runFetch({ ...request, capture }, ports))
}

/**
 * Fetches the info dictionary from one peer, checks it against the info hash, and reports its content. Errors of the
 * peer, the network or the disk are in the report.
 * @throws PeerError before anything is sent: as `connect`, and E_FILE_EXISTS, E_FILE_WRITE
 */
export async function metadata(options: MetadataOptions): Promise<WithData<MetadataCommandReport>> {
  const session = await sessionOptions(options)
  const { output, force = false } = options
  const captured = captureData()
  const ports = await portsFor(options, captured)
  const report = await withCapture(options, ports, (capture) =>
    runMetadata({ ...session, output, force, capture }, ports),
  )
  return withData(report, typeof report.metadata?.output === 'string' ? captured : undefined)
}

/**
 * Finds out why a peer does not serve a torrent: up to 12 connections that differ in one thing each, one after the
 * other. What the peer and the network did is in the report and is never thrown.
 * @throws PeerError before anything is sent: as `connect`
 */
export async function why(options: WhyOptions): Promise<WhyReport> {
  const session = await sessionOptions(options, Number.POSITIVE_INFINITY)
  const ports = await portsFor(options, NOWHERE)
  return withCapture(options, ports, (capture) =>
    runWhy({ ...session, progress: options.progress, capture }, { ...ports, otherSources }),
  )
}

/**
 * Finds out whether a port is open and whether a BitTorrent client answers there, over TCP and uTP, without a torrent.
 * Errors of the peer or the network are in the report and are never thrown.
 * @throws PeerError before anything is sent: E_USAGE, E_BAD_ADDRESS
 */
export async function reach(options: ReachOptions): Promise<ReachReport> {
  const { host, port, family, source, trace, progress } = options
  const peer = peerAt(host, port)
  const { connectTimeoutMs, totalTimeoutMs } = withDefaults(SESSION_DEFAULTS, options)
  const limitMs = finite(totalTimeoutMs)
  checkTimes({ connectTimeoutMs, totalTimeoutMs: limitMs })
  const ports = await portsFor(options, NOWHERE)
  const limits = { connectTimeoutMs, totalTimeoutMs: limitMs }
  return withCapture(options, ports, (capture) =>
    runReach({ peer, family, source, trace, progress, ...limits, capture }, ports),
  )
}

/**
 * Seeds a synthetic torrent on a free loopback port, connects to it, fetches a block and verifies it. Does not need a
 * network.
 * @throws PeerError E_BIND if it cannot bind a loopback port, E_FILE_WRITE if it cannot write a temporary file
 */
export async function demo(options: DemoOptions = {}): Promise<DemoReport> {
  const ports = await demoPorts(await portsFor(options, NOWHERE))
  return withCapture(options, ports, (capture) => runDemo({ trace: options.trace, capture }, ports))
}

/**
 * Explains an exit code, an error code, a finding, a message, a reserved bit or a peer id; without a code, lists all.
 * @throws PeerError E_USAGE for an unknown code; its hint names the nearest known one
 */
export function explain(code?: string): ExplainReport {
  return runExplain(code)
}

export async function portsFor(
  options: Pick<PeerOptions, 'ports' | 'signal'>,
  sink: DataSink,
): Promise<Ports> {
  return { ...(await systemPorts(sink, signalOf(options))), ...options.ports }
}

/** For use cases that write data only to files. */
export const NOWHERE: DataSink = { write: () => Promise.resolve() }

function withData<Report extends object>(
  report: Report,
  captured: CapturedData | undefined,
): WithData<Report> {
  return Object.defineProperty(report, 'data', { value: captured?.bytes() }) as WithData<Report>
}
