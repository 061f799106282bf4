import { PeerError } from '../base/errors.ts'
import { MAX_SYNTHETIC_LENGTH } from '../base/limits.ts'
import { familyOf } from '../net/address-family.ts'
import type { Endpoint } from '../net/transport.ts'
import type { ServeReport } from '../report/model/serve.ts'
import { SERVE_DEFAULTS } from '../run/defaults.ts'
import { FAULTS, parseFault, type ServeSource } from '../run/serve/options.ts'
import { serve as runServe } from '../run/serve/serve.ts'
import { parseIpAddress } from '../wire/address.ts'
import { checkTimes, checkWhole } from './check.ts'
import type { ServeOptions, ServeSettings } from './options.ts'
import { readTorrent } from './read-target.ts'
import { finite, isPort, peerAt, signalOf, withDefaults } from './session.ts'
import { withCapture } from './with-capture.ts'
import { servePorts, systemPorts } from './system-ports.ts'

/**
 * Serves a torrent until the signal, the time limit or, with `once`, the end of the first peer stops it. Reports on
 * every peer.
 * @throws PeerError E_USAGE, E_BIND, E_FILE_READ, E_FILE_WRITE, E_BAD_RANGE, E_BAD_TORRENT
 */
export async function serve(options: ServeOptions): Promise<ServeReport> {
  const signal = signalOf(options)
  const { have, transport, faults = [], connect = [], limits, onEvent, trace, torrentOutput } = options
  const { force, totalTimeoutMs, ...settings } = withDefaults(DEFAULTS, options)
  checkTimes({ totalTimeoutMs: finite(totalTimeoutMs) })
  checkWhole('seed', settings.seed, 0, 0xffff_ffff)
  checkWhole('synthetic', options.synthetic, 1, MAX_SYNTHETIC_LENGTH)
  // serving only writes to files, never to `-`
  const system = await systemPorts({ write: () => Promise.resolve() }, signal)
  const ports = { ...(await servePorts(system)), ...options.ports }
  const source = await readSource(options, signal)
  return withCapture(options, ports, (capture) =>
    runServe(
      {
        ...settings,
        source,
        listen: listenOn(options.listen),
        have,
        transport,
        connect: connect.map(({ host, port }) => peerAt(host, port)),
        faults: faults.map(parseFault),
        timeoutMs: finite(totalTimeoutMs),
        torrentOutput: torrentOutput === undefined ? undefined : { path: torrentOutput, force },
        ...(limits === undefined ? {} : { limits }),
        onEvent,
        trace,
        capture,
      },
      ports,
    ),
  )
}

/** The names of the faults that `serve` can inject. */
export const FAULT_NAMES: readonly string[] = FAULTS.map(({ name }) => name)

const DEFAULTS = {
  encryption: SERVE_DEFAULTS.encryption,
  seed: SERVE_DEFAULTS.seed,
  once: false,
  strict: false,
  force: false,
  totalTimeoutMs: Number.POSITIVE_INFINITY,
} as const

async function readSource(options: ServeOptions, signal: AbortSignal): Promise<ServeSource> {
  if (options.synthetic !== undefined) return { type: 'synthetic', length: options.synthetic }
  const { metainfo } = (await readTorrent(options.torrent, signal)).torrent
  if (metainfo !== undefined) return { type: 'files', metainfo, dataPath: options.data }
  throw new PeerError('E_USAGE', 'the torrent is missing', { hint: 'give torrent and data, or synthetic' })
}

function listenOn(wanted: ServeSettings['listen'] = {}): Endpoint {
  const { address, port } = withDefaults(SERVE_DEFAULTS.listen, wanted)
  if (parseIpAddress(address) !== undefined && isPort(port))
    return { address, port, family: familyOf(address) }
  throw new PeerError('E_USAGE', 'the address to listen on is not an IP address with a port', {
    hint: 'give { address: "127.0.0.1", port: 0 }',
  })
}
