import { PeerError } from '../../base/errors.ts'
import { randomFraction } from '../../base/random.ts'
import { VERSION } from '../../base/version.ts'
import { NODE_HASHES } from '../../net/node-hashes.ts'
import type { SeededTorrent, SeederLimits } from '../../net/seeder/options.ts'
import { startSeeder, type Seeder } from '../../net/seeder/seeder.ts'
import { renderEndpoint } from '../../wire/address.ts'
import { isStop } from '../../report/text/session/verdict.ts'
import { judged } from '../../report/judge.ts'
import type { ServeReport } from '../../report/model/serve.ts'
import { renderFault } from '../../session/faults/table.ts'
import { makeSyntheticTorrent } from '../../session/upload/synthetic-torrent.ts'
import { Bitfield } from '../../wire/bitfield.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { withComments } from '../capture/with-comments.ts'
import { localPeerId } from '../session/local-peer.ts'
import { startTime } from '../start-time.ts'
import { ServeLog, torrentTarget } from './log.ts'
import { servedView } from './served-view.ts'
import { dialPeers } from './dial.ts'
import type { ServeOptions, ServePorts } from './options.ts'
import { connectionsOf, type Connections } from './connections.ts'
import { torrentReport } from '../session/target-event.ts'

/** Timeout of a misbehaving seeder for its peers, in milliseconds: its own faults must not end the connection. */
const PATIENCE_MS = 24 * 60 * 60 * 1000

const PROGRESS_MS = 1000

/**
 * Serves a torrent until the signal, the time limit or, with `once`, the end of the first peer stops it. Returns a
 * report in all of these cases: stopping a seeder is not a failure.
 * @throws PeerError E_BIND, E_FILE_READ, E_FILE_WRITE, E_BAD_RANGE
 */
export async function serve(asked: ServeOptions, ports: ServePorts): Promise<ServeReport> {
  const { clock, signal } = ports
  const startedAt = clock.now()
  const date = startTime(ports)
  const { torrent, torrentBytes } = await openTorrent(asked, ports)
  try {
    const judgedBy = { clock, torrent: () => torrentTarget(torrent.metainfo), served: servedView(torrent) }
    const options = { ...asked, capture: await withComments(asked.capture, judgedBy) }
    if (options.torrentOutput !== undefined && torrentBytes !== undefined) {
      const { path, force } = options.torrentOutput
      await ports.writeTorrent(path, force, torrentBytes)
    }
    const stop = new Stop()
    const log = new ServeLog(options, torrent, startedAt, () => stop.now(undefined))
    const connections = connectionsOf({ ...options, limits: limitsOf(options) }, torrent.metainfo, log, ports)
    const seeder = await start(options, torrent, log, ports, connections)
    const onAbort = () => stop.now(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const address = renderEndpoint(seeder.address)
    log.emit({
      type: 'listening',
      address,
      torrent: torrentReport(torrentTarget(torrent.metainfo)),
      faults: options.faults.map((fault) => renderFault(fault)),
    })
    const cancels = [
      progress(log, ports),
      deadline(options, stop, ports),
      dialPeers(options.connect ?? [], {
        ...ports,
        transport: options.transport ?? 'tcp',
        connections,
        seeder,
        log,
        capture: options.capture,
      }),
    ]
    const reason = await stop.reason
    signal.removeEventListener('abort', onAbort)
    for (const cancel of cancels) cancel()
    // a peer that does not read must not hold us up
    await seeder.close(reason === undefined ? 'end' : 'abort')
    const unwritten = await options.finish?.()
    const ended = log.report(address, interruption(reason) ?? unwritten)
    const report = judged<ServeReport>({ schema: 'peerwire.serve/1', version: VERSION, ...ended }, date)
    log.emit({ type: 'end', report })
    return report
  } finally {
    await torrent.store.close()
  }
}

interface OpenedTorrent {
  readonly torrent: SeededTorrent
  /** Undefined if a .torrent was given. */
  readonly torrentBytes: Uint8Array | undefined
}

async function openTorrent({ source, have, seed }: ServeOptions, ports: ServePorts): Promise<OpenedTorrent> {
  if (source.type === 'files') {
    const { metainfo, dataPath } = source
    const pieces = readHave(metainfo, have)
    const store = await ports.openStore(metainfo, dataPath)
    return { torrent: { metainfo, store, have: pieces }, torrentBytes: undefined }
  }
  const { metainfo, store, torrentBytes } = makeSyntheticTorrent({
    length: source.length,
    seed,
    sha1: NODE_HASHES.sha1,
  })
  return { torrent: { metainfo, store, have: readHave(metainfo, have) }, torrentBytes }
}

function readHave({ pieceCount }: Metainfo, have: ServeOptions['have']): Bitfield | 'all' {
  if (have === undefined) return 'all'
  const pieces = new Bitfield(pieceCount)
  for (const [first, last] of have) {
    if (last >= pieceCount)
      throw new PeerError('E_BAD_RANGE', `there is no piece ${last}, the torrent has ${pieceCount}`, {
        hint: `use pieces from 0 to ${pieceCount - 1}`,
      })
    for (let piece = first; piece <= last; piece++) pieces.set(piece)
  }
  return pieces
}

function start(
  options: ServeOptions,
  torrent: SeededTorrent,
  log: ServeLog,
  { clock, random }: ServePorts,
  { transports }: Connections,
): Promise<Seeder> {
  return startSeeder({
    listen: options.listen,
    torrent,
    transports,
    peerId: localPeerId(undefined, random),
    random: () => randomFraction(random),
    client: `peerwire ${VERSION}`,
    clock,
    limits: limitsOf(options),
    onEvent: (event) => log.event(event),
  })
}

function limitsOf({ faults, limits }: ServeOptions): Partial<SeederLimits> {
  return faults.length === 0
    ? { ...limits }
    : { stalledMs: PATIENCE_MS, handshakeTimeoutMs: PATIENCE_MS, ...limits }
}

/** Resolves once, with the reason why serving ends. */
class Stop {
  readonly reason: Promise<unknown>
  #resolve: (reason: unknown) => void = () => {}

  constructor() {
    this.reason = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** @param reason undefined if serving is complete */
  now(reason: unknown): void {
    this.#resolve(reason)
  }
}

function progress(log: ServeLog, { clock }: ServePorts): () => void {
  let cancel = (): void => {}
  const next = () => {
    cancel = clock.schedule(clock.now() + PROGRESS_MS, () => {
      log.progress(clock.now())
      next()
    })
  }
  next()
  return () => cancel()
}

function deadline({ timeoutMs }: ServeOptions, stop: Stop, { clock }: ServePorts): () => void {
  if (timeoutMs === undefined) return () => {}
  return clock.schedule(clock.now() + timeoutMs, () => stop.now('timeout'))
}

/** Why serving failed. A seeder that was told to stop has done its job. */
function interruption(reason: unknown): PeerError | undefined {
  return reason instanceof PeerError && !isStop(reason.code) ? reason : undefined
}
