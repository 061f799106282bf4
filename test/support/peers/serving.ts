import { serve } from '../verdicts/serve.ts'
import { parseFault, type ServeOptions } from '../../../src/run/serve/options.ts'
import { PeerError } from '../../../src/base/errors.ts'
import type { Dial, Listen } from '../../../src/net/transport.ts'
import type { ServeReport } from '../../../src/report/model/serve.ts'
import type { ServeEvent } from '../../../src/report/model/serve-event.ts'
import { MemoryListener } from '../transports/memory-listener.ts'
import { Leecher, settle, TORRENT } from './seeder.ts'
import { VirtualClock } from '../transports/virtual-clock.ts'

export interface Serving {
  readonly events: readonly ServeEvent[]
  readonly clock: VirtualClock
  readonly connect: () => Leecher
  /** The transports that it listens on. */
  readonly listens: readonly ('tcp' | 'utp')[]
  /** Waits until `serve` ends by itself. */
  readonly report: Promise<ServeReport>
  /** Ends it like SIGINT. */
  readonly interrupt: () => Promise<ServeReport>
}

/** Runs the use case of `serve` in memory, with TORRENT. */
export async function startServing(
  options: Partial<ServeOptions> & {
    readonly faultNames?: readonly string[]
    /** Default: no peer can be reached. */
    readonly dial?: Dial
  } = {},
): Promise<Serving> {
  const clock = new VirtualClock()
  const listener = new MemoryListener()
  const listens: ('tcp' | 'utp')[] = []
  const listenAs =
    (kind: 'tcp' | 'utp'): Listen =>
    (at, accepted) => {
      listens.push(kind)
      return listener.listen(at, accepted)
    }
  const abort = new AbortController()
  const events: ServeEvent[] = []
  const report = serve(
    {
      source: { type: 'files', metainfo: TORRENT.metainfo, dataPath: 'here' },
      have: undefined,
      listen: { address: '127.0.0.1', port: 6881, family: 4 },
      once: false,
      strict: true,
      faults: (options.faultNames ?? []).map((name) => parseFault(name)),
      seed: 1,
      timeoutMs: undefined,
      torrentOutput: undefined,
      onEvent: (item) => events.push(item),
      ...options,
    },
    {
      listen: { tcp: listenAs('tcp'), utp: listenAs('utp') },
      dial: options.dial ?? (() => Promise.reject(new PeerError('E_CONNECT_REFUSED', 'nobody is there'))),
      resolve: (address) => Promise.resolve([{ address, family: 4 }]),
      clock,
      random: (length) => new Uint8Array(length).fill(7),
      openStore: () => Promise.resolve(TORRENT.store),
      writeTorrent: () => Promise.resolve(),
      signal: abort.signal,
    },
  )
  // a test that expects a failure awaits it later
  report.catch(() => undefined)
  await settle()
  return {
    events,
    clock,
    connect: () => new Leecher(listener.connect()),
    listens,
    report,
    interrupt: () => {
      abort.abort(new PeerError('E_INTERRUPTED', 'stopped by SIGINT'))
      return report
    },
  }
}
