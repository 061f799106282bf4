import { randomBytes } from 'node:crypto'
import { systemClock } from '../../../src/net/clock.ts'
import { dialPeer } from '../../../src/net/dial.ts'
import { systemResolve } from '../../../src/net/resolve.ts'
import type { ConnectReport } from '../../../src/report/model/connect.ts'
import type { ConnectOptions } from '../../../src/run/options.ts'
import type { Ports } from '../../../src/run/ports.ts'
import type { InfoHashes } from '../../../src/wire/torrent/info-hash.ts'
import { connect } from '../verdicts/commands.ts'

/** The real network, without a disk. */
export const NETWORK_PORTS: Ports = {
  dial: dialPeer,
  resolve: systemResolve,
  clock: systemClock,
  random: (length) => randomBytes(length),
  files: { create: () => Promise.reject(new Error('no file is to be written')) },
}

/** Like `peerwire connect HOST:PORT -i HASH` with other flags, and with short timeouts, because everything is on loopback. */
export function probe(
  { host, port }: { readonly host: string; readonly port: number },
  infoHashes: Partial<InfoHashes>,
  changes: Partial<ConnectOptions> = {},
): Promise<ConnectReport> {
  return connect({ ...probeOptions({ host, port }, infoHashes), ...changes }, NETWORK_PORTS)
}

/** Options for a peer on loopback, with only the hashes of the torrent. */
export function probeOptions(
  { host, port }: { readonly host: string; readonly port: number },
  infoHashes: Partial<InfoHashes>,
): ConnectOptions {
  return {
    peer: { input: `${host}:${port}`, host, port },
    torrent: {
      infoHashes: { v1: infoHashes.v1, v2: infoHashes.v2 },
      name: undefined,
      metainfo: undefined,
    },
    features: { fast: true, extensions: true, dht: false },
    peerId: undefined,
    family: undefined,
    source: undefined,
    transport: 'tcp',
    connectTimeoutMs: 5000,
    handshakeTimeoutMs: 10_000,
    unchokeTimeoutMs: 35_000,
    totalTimeoutMs: 60_000,
    interested: false,
    settleMs: 100,
    waitMs: 5000,
  }
}
