import { PeerError } from '../base/errors.ts'
import { openFileLimit } from '../net/open-file-limit.ts'
import type { ScannedPeer, ScanReport } from '../report/model/scan.ts'
import { CONNECT_DEFAULTS, MAX_CONCURRENCY, MAX_RATE, SCAN_DEFAULTS } from '../run/defaults.ts'
import { checkSessionOptions, type TorrentTarget } from '../run/options.ts'
import type { BadLine, ListedPeer, ScanSession } from '../run/scan/options.ts'
import { scan as runScan } from '../run/scan/scan.ts'
import { checkTimes, checkWhole } from './check.ts'
import type { ScanOptions, ScanPeer } from './options.ts'
import { readTarget } from './read-target.ts'
import { connectionOptions, peerAt, signalOf, withDefaults } from './session.ts'
import { NOWHERE, portsFor } from './use-cases.ts'

/**
 * Connects to many peers, several at once, and yields the report about each as it finishes; its `line` is the place of the
 * peer in `peers`, from 1. Returns the report about all of them. A slow reader slows the scan down, and one that stops
 * reading ends it. What peers and the network did is in the reports and is never thrown.
 *
 * @throws PeerError before anything is sent: as `connect`
 */
export async function* scan(options: ScanOptions): AsyncGenerator<ScannedPeer, ScanReport, void> {
  const { concurrency } = withDefaults(SCAN_DEFAULTS, options)
  checkWhole('concurrency', concurrency, 1, MAX_CONCURRENCY)
  checkWhole('rate', options.rate, 1, MAX_RATE)
  const settings = withDefaults({ interested: false, ...CONNECT_DEFAULTS }, options)
  checkTimes({ settleMs: settings.settleMs, waitMs: settings.waitMs })
  const { totalTimeoutMs, ...connection } = connectionOptions(options, Number.POSITIVE_INFINITY)
  const session = { ...connection, ...settings }
  const torrent = await sharedTorrent(options)
  const stop = new AbortController()
  const asked = signalOf(options)
  const onAbort = () => stop.abort(asked.reason)
  asked.addEventListener('abort', onAbort, { once: true })
  if (asked.aborted) onAbort()
  const ports = { openFileLimit, ...(await portsFor({ ...options, signal: stop.signal }, NOWHERE)) }
  const results = new Handover<ScannedPeer>()
  const running = runScan(
    {
      peers: listed(options.peers, torrent, session),
      session,
      concurrency,
      rate: options.rate,
      totalTimeoutMs,
      onPeer: (scanned) => results.give(scanned),
    },
    ports,
  )
  const ended = running.then(
    () => results.end(),
    () => results.end(),
  )
  try {
    yield* results.taken()
    return await running
  } finally {
    asked.removeEventListener('abort', onAbort)
    stop.abort()
    results.end()
    await ended
  }
}

async function sharedTorrent(options: ScanOptions): Promise<TorrentTarget | undefined> {
  const { infoHash, torrent } = options
  if (infoHash === undefined && torrent === undefined) return undefined
  if (infoHash !== undefined && torrent !== undefined)
    throw new PeerError('E_USAGE', 'the torrent is given twice', { hint: 'give either infoHash or torrent' })
  const source = infoHash === undefined ? { torrent: torrent ?? '' } : { infoHash }
  return (await readTarget(source, signalOf(options))).torrent
}

async function* listed(
  peers: ScanOptions['peers'],
  shared: TorrentTarget | undefined,
  session: ScanSession,
): AsyncGenerator<ListedPeer | BadLine, void> {
  let line = 0
  for await (const peer of peers) {
    line++
    try {
      yield { line, ...(await listedPeer(peer, shared, session)) }
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      yield { line, error }
    }
  }
}

async function listedPeer(
  { host, port, infoHash, label }: ScanPeer,
  shared: TorrentTarget | undefined,
  session: ScanSession,
): Promise<Omit<ListedPeer, 'line'>> {
  const peer = peerAt(host, port)
  const own = infoHash === undefined ? undefined : (await readTarget({ infoHash }, NEVER)).torrent
  const torrent = own ?? shared
  if (torrent !== undefined) checkSessionOptions({ ...session, peer, torrent })
  else if (session.proxy !== undefined)
    throw new PeerError('E_USAGE', `${peer.input} has no info hash, which proxy needs`)
  return { peer, torrent, label: label ?? null }
}

/** An info hash is not read from a file. */
const NEVER = new AbortController().signal

/** Hands values to one reader, each when the reader asks for it. */
class Handover<Value> {
  #given: { readonly value: Value; readonly taken: () => void }[] = []
  #isEnded = false
  #wake: (() => void) | undefined

  /** Resolves when the reader has taken the value, or reads no more. */
  give(value: Value): Promise<void> {
    return new Promise((taken) => {
      if (this.#isEnded) taken()
      else this.#given.push({ value, taken })
      this.#wake?.()
    })
  }

  /** Lets the reader end after what it has not taken yet. */
  end(): void {
    this.#isEnded = true
    this.#wake?.()
    for (const { taken } of this.#given) taken()
  }

  async *taken(): AsyncGenerator<Value, void, void> {
    for (;;) {
      const next = this.#given.shift()
      if (next !== undefined) {
        next.taken()
        yield next.value
      } else if (this.#isEnded) return
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
    }
  }
}
