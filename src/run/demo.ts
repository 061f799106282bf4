import { PeerError } from '../base/errors.ts'
import { randomFraction } from '../base/random.ts'
import { VERSION } from '../base/version.ts'
import { NODE_HASHES } from '../net/node-hashes.ts'
import { startSeeder } from '../net/seeder/seeder.ts'
import type { Endpoint, Listen } from '../net/transport.ts'
import type { TemporaryFolder } from '../net/files/temporary-folder.ts'
import { judged } from '../report/judge.ts'
import type { ConnectReport } from '../report/model/connect.ts'
import type { DemoReport } from '../report/model/demo.ts'
import { makeSyntheticTorrent } from '../session/upload/synthetic-torrent.ts'
import { connect } from './connect.ts'
import { CONNECT_DEFAULTS, FEATURE_DEFAULTS } from './defaults.ts'
import { fetchBlock } from './fetch-block/fetch-block.ts'
import type { SessionOptions } from './options.ts'
import { localPeerId } from './session/local-peer.ts'
import { startTime } from './start-time.ts'
import type { Ports } from './ports.ts'

/** What observes the two sessions of the demo. */
export type DemoOptions = Pick<SessionOptions, 'trace' | 'capture'>

/** The ports that the demo needs in addition to those of a probe. */
export interface DemoPorts extends Ports {
  readonly listen: Listen
  readonly temporaryFolder: () => Promise<TemporaryFolder>
}

/** Deliberately uneven: the last piece is short, and the last byte of the bitfield has spare bits. */
const DEMO_LENGTH = 3_000_000
const DEMO_PIECE_LENGTH = 65_536

/** The range to fetch, from the middle of a piece: three requests, the last one short. */
const DEMO_BLOCK = { piece: 3, offset: 16_384, length: 40_000 } as const

/** Loopback answers at once. Anything slower is a bug and must not hang the demo. */
const DEMO_TIMEOUTS = {
  connectTimeoutMs: 5_000,
  handshakeTimeoutMs: 5_000,
  unchokeTimeoutMs: 5_000,
  totalTimeoutMs: 15_000,
} as const

/**
 * Shows the main use without any setup: seeds a synthetic torrent on a free loopback port, connects to it as to any
 * other peer, fetches a block into a temporary file and verifies it. Then it connects once more, to show a failure.
 *
 * @throws PeerError E_BIND if it cannot bind a loopback port, E_FILE_WRITE if it cannot write a temporary file
 */
export async function demo(options: DemoOptions, ports: DemoPorts): Promise<DemoReport> {
  const torrent = makeSyntheticTorrent({
    length: DEMO_LENGTH,
    pieceLength: DEMO_PIECE_LENGTH,
    name: 'demo',
    sha1: NODE_HASHES.sha1,
  })
  const folder = await ports.temporaryFolder()
  try {
    let accepted = 0
    const listen: Listen = (at, take) =>
      ports.listen(at, (transport) => {
        accepted++
        take(transport)
      })
    const seeder = await startSeeder({
      listen: { address: '127.0.0.1', port: 0, family: 4 },
      torrent: { metainfo: torrent.metainfo, have: 'all', store: torrent.store },
      transports: [listen],
      peerId: localPeerId(undefined, ports.random),
      random: () => randomFraction(ports.random),
      client: `peerwire ${VERSION}`,
      clock: ports.clock,
    })
    const session = demoOptions(seeder.address, torrent.metainfo, options)
    let report: DemoReport
    try {
      report = await probe(session, folder, ports)
      if (report.error?.phase === 'handshake' && accepted < PROBES) throw notAccepted()
    } finally {
      await seeder.close()
    }
    return report.ok ? { ...report, failure: await failed(session, ports) } : report
  } finally {
    await folder.remove()
  }
}

/** Connections that a successful demo makes to its seeder. */
const PROBES = 2

/** When file descriptors run out, the system accepts a connection and closes it at once; the seeder never sees it. */
function notAccepted(): PeerError {
  return new PeerError(
    'E_BIND',
    'this machine closed a connection of the demo before its own seeder got it',
    {
      hint: 'raise the limit of open files (ulimit -n)',
    },
  )
}

async function probe(options: SessionOptions, folder: TemporaryFolder, ports: Ports): Promise<DemoReport> {
  const startedAt = startTime(ports)
  const connected = await connect({ ...options, interested: false, ...CONNECT_DEFAULTS }, ports)
  const output = folder.file('block.bin')
  const fetched = await fetchBlock(
    { ...options, ...DEMO_BLOCK, output, force: false, verify: true, repeat: 1 },
    ports,
  )
  const failed = [connected, fetched].find(({ ok }) => !ok)
  const { ok, exitCode, error } = failed ?? connected
  const { client } = connected
  return judged<DemoReport>(
    {
      schema: 'peerwire.demo/1',
      version: VERSION,
      ok,
      exitCode,
      error,
      client,
      connect: connected,
      fetchBlock: fetched,
      failure: null,
    },
    startedAt,
  )
}

/** What a failure looks like: nothing listens any more. It is not recorded, and does not count. */
function failed(session: SessionOptions, ports: Ports): Promise<ConnectReport> {
  const options = { ...session, trace: undefined, capture: undefined }
  return connect({ ...options, interested: false, ...CONNECT_DEFAULTS }, ports)
}

function demoOptions(
  { address, port }: Endpoint,
  metainfo: ReturnType<typeof makeSyntheticTorrent>['metainfo'],
  { trace, capture }: DemoOptions,
): SessionOptions {
  return {
    peer: { input: `${address}:${port}`, host: address, port },
    torrent: { infoHashes: metainfo.infoHashes, name: undefined, metainfo },
    features: FEATURE_DEFAULTS,
    peerId: undefined,
    family: undefined,
    source: undefined,
    ...DEMO_TIMEOUTS,
    trace,
    capture,
  }
}
