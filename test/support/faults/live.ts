import { randomBytes } from 'node:crypto'
import { systemClock } from '../../../src/net/clock.ts'
import { dialPeer } from '../../../src/net/dial.ts'
import { listenTcp } from '../../../src/net/tcp/tcp.ts'
import { listenUtp } from '../../../src/net/utp/utp.ts'
import type { ConnectReport } from '../../../src/report/model/connect.ts'
import type { FetchBlockReport } from '../../../src/report/model/fetch-block.ts'
import type { Ports } from '../../../src/run/ports.ts'
import { serve } from '../verdicts/serve.ts'
import { parseFault } from '../../../src/session/faults/table.ts'
import { sessionOptions, testPorts, withMetainfo } from '../sessions/fetch-setup.ts'
import type { FaultRow, Told } from './fault-row.ts'
import { FAULT_TORRENT, type FaultTorrent, V2_TORRENT } from './fault-torrents.ts'
import { connect, fetchBlock } from '../verdicts/commands.ts'

/** A seeder with faults. */
export interface FaultyServer {
  readonly port: number
  readonly torrent: FaultTorrent
  readonly stop: () => Promise<unknown>
}

/** `serve` on a free port, over TCP and uTP. */
export async function startFaulty(torrent: FaultTorrent, faults: readonly string[]): Promise<FaultyServer> {
  const abort = new AbortController()
  let report: Promise<unknown> = Promise.resolve()
  const port = await new Promise<number>((resolve, reject) => {
    report = serveOn(torrent, faults, abort.signal, resolve)
    report.catch(reject)
  })
  return {
    port,
    torrent,
    stop: () => {
      abort.abort()
      return report
    },
  }
}

function serveOn(
  torrent: FaultTorrent,
  faults: readonly string[],
  signal: AbortSignal,
  listening: (port: number) => void,
): Promise<unknown> {
  return serve(
    {
      source: { type: 'files', metainfo: torrent.metainfo, dataPath: '.' },
      have: undefined,
      listen: { address: '127.0.0.1', port: 0, family: 4 },
      once: false,
      strict: false,
      faults: faults.map((text) => parseFault(text)),
      seed: 1,
      timeoutMs: undefined,
      torrentOutput: undefined,
      onEvent: (events) => {
        if (events.type === 'listening') listening(Number(events.address.split(':')[1]))
      },
    },
    {
      listen: { tcp: listenTcp, utp: listenUtp },
      dial: dialPeer,
      resolve: (address) => Promise.resolve([{ address, family: 4 }]),
      clock: systemClock,
      random: (length) => randomBytes(length),
      openStore: () => Promise.resolve(torrent.store),
      writeTorrent: () => Promise.resolve(),
      signal,
    },
  )
}

const PORTS: Ports = {
  ...testPorts(),
  dial: dialPeer,
  files: {
    create: () =>
      Promise.resolve({
        write: () => Promise.resolve(),
        commit: () => Promise.resolve(),
        discard: () => Promise.resolve(),
      }),
  },
}

const PATIENCE_MS = 30_000

/** Points the command of the row at the seeder. */
export function diagnoseFaulty(
  { by = 'connect', options }: Told,
  { port, torrent }: FaultyServer,
): Promise<ConnectReport | FetchBlockReport> {
  const { metainfo } = torrent
  const target = by === 'metadata' ? { infoHashes: metainfo.infoHashes } : withMetainfo(metainfo)
  const session = {
    ...sessionOptions({ host: '127.0.0.1', port }, target),
    encryption: 'off',
    connectTimeoutMs: PATIENCE_MS,
    handshakeTimeoutMs: PATIENCE_MS,
    unchokeTimeoutMs: PATIENCE_MS,
  } as const
  if (by === 'connect' || by === 'interested')
    return connect(
      { ...session, interested: by === 'interested', settleMs: 100, waitMs: PATIENCE_MS, ...options },
      PORTS,
    )
  const range = { piece: 0, offset: 0, length: 32_768 }
  const how = { output: '-', force: true, verify: true, metadata: true, repeat: 1 }
  return fetchBlock({ ...session, ...range, ...how, blockTimeoutMs: PATIENCE_MS, ...options }, PORTS)
}

/** The torrent that a row is tried with. */
export const torrentOf = ({ fault }: FaultRow): FaultTorrent =>
  fault.startsWith('hashes-') ? V2_TORRENT : FAULT_TORRENT
