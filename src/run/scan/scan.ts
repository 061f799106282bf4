import { PeerError } from '../../base/errors.ts'
import { round } from '../../base/round.ts'
import { VERSION } from '../../base/version.ts'
import { errorReport } from '../../report/error-report.ts'
import { judged } from '../../report/judge.ts'
import type { ScanReport } from '../../report/model/scan.ts'
import type { Ports } from '../ports.ts'
import { commandTimeout, timeLimit } from '../session/hold.ts'
import { startTime } from '../start-time.ts'
import { untilAborted } from '../until-aborted.ts'
import type { BadLine, ListedPeer, ScanOptions } from './options.ts'
import { ScanRun } from './scan-run.ts'

/** Ports of a scan. */
export interface ScanPorts extends Ports {
  /** How many files and sockets this process may open; undefined if that is not known. */
  readonly openFileLimit?: (() => number | undefined) | undefined
}

/** Files that a process has open besides its peers: its streams, those of Node, the list, and lookups of names. */
const OTHER_FILES = 48

/**
 * Runs `connect` with each peer of a list that names a torrent, and `reach` with the others, many at once. What the peers and
 * the network did is in the reports of the peers and is never thrown. Being stopped is not an error once there is a result.
 *
 * @throws what `onPeer` and `onBadLine` throw
 */
export async function scan(options: ScanOptions, ports: ScanPorts): Promise<ScanReport> {
  const startedAt = startTime(ports)
  const limit = timeLimit(options.totalTimeoutMs, ports, commandTimeout)
  const { proxy } = options.session
  await ports.prepareDial?.({ host: '', transport: 'tcp', proxy })
  if (proxy === undefined) await ports.prepareDial?.({ host: '', transport: 'utp' })
  const from = ports.clock.now()
  const files = ports.openFileLimit?.() ?? Number.POSITIVE_INFINITY
  const concurrency = Math.max(1, Math.min(options.concurrency, files - OTHER_FILES))
  const run = new ScanRun({ ...options, concurrency }, { ...ports, signal: limit.signal })
  let isRead = false
  try {
    isRead = await readList(options.peers, run)
  } finally {
    await run.idle().finally(() => limit.cancel())
  }
  return scanReport(run, startedAt, {
    complete: isRead && run.unfinished === 0,
    stop: limit.signal.aborted ? (limit.signal.reason as unknown) : undefined,
    elapsedMs: round(ports.clock.now() - from),
  })
}

/** Passes the list to the run as fast as it takes it. @returns whether it was read to its end */
async function readList(peers: ScanOptions['peers'], run: ScanRun): Promise<boolean> {
  const iterator = peers[Symbol.asyncIterator]()
  try {
    // one race for the whole list: one for each line would take longer than reading it
    return await untilAborted(() => readLines(iterator, run), run.signal)
  } catch (error) {
    // what stopped the scan is in its report
    if (run.signal.aborted) return false
    throw error
  } finally {
    // a list that waits for its next line ends when that comes
    iterator.return?.().catch(() => undefined)
  }
}

/** Reads until the end, or until the scan is stopped. @returns whether it came to the end */
async function readLines(iterator: AsyncIterator<ListedPeer | BadLine>, run: ScanRun): Promise<boolean> {
  for (;;) {
    const next = await nextOf(iterator, run)
    if (next === undefined || run.signal.aborted) return false
    if (next.done === true) return true
    if (!run.hasRoom) await run.room()
    if ('error' in next.value) await run.refuse(next.value)
    else run.add(next.value)
  }
}

/** The next line; undefined if the list cannot be read: what was read before is scanned. */
async function nextOf<Line>(
  iterator: AsyncIterator<Line>,
  { signal, tally }: ScanRun,
): Promise<IteratorResult<Line> | undefined> {
  try {
    return await iterator.next()
  } catch (error) {
    if (!(error instanceof PeerError)) throw error
    if (!signal.aborted) tally.addError(errorReport(error))
    return undefined
  }
}

function scanReport(
  { tally, unfinished, concurrency }: ScanRun,
  startedAt: Date,
  ended: Pick<ScanReport, 'complete' | 'elapsedMs'> & { readonly stop: unknown },
): ScanReport {
  const { stop, complete, elapsedMs } = ended
  const isTimeout = stop instanceof PeerError && stop.code === 'E_TIMEOUT'
  if (stop !== undefined && (isTimeout || tally.peers === 0)) tally.addError(errorReport(stop))
  const counted = tally.report()
  if (stop === undefined && counted.peers === 0 && tally.failure === null) {
    tally.addError(errorReport(EMPTY_LIST))
  }
  const { failure } = tally
  return judged<ScanReport>(
    {
      schema: 'peerwire.scan/1',
      version: VERSION,
      ok: failure === null,
      exitCode: failure?.exitCode ?? 0,
      error: failure?.error ?? null,
      complete,
      unfinished,
      ...counted,
      concurrency,
      elapsedMs,
    },
    startedAt,
  )
}

const EMPTY_LIST = new PeerError('E_USAGE', 'the list names no peer', {
  hint: 'give one HOST:PORT per line',
})
