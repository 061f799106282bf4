import { randomBytes } from 'node:crypto'
import { systemClock } from '../../../src/net/clock.ts'
import { createOutputFile } from '../../../src/net/files/output-file.ts'
import { dialTcp } from '../../../src/net/tcp/tcp.ts'
import type { FetchOptions, SessionOptions } from '../../../src/run/options.ts'
import type { Ports } from '../../../src/run/ports.ts'
import type { InfoHashes } from '../../../src/wire/torrent/info-hash.ts'
import type { Metainfo } from '../../../src/wire/torrent/metainfo.ts'

/** The real ports, restricted to loopback. */
export function testPorts(signal?: AbortSignal): Ports {
  return {
    dial: dialTcp,
    resolve: (host) => Promise.resolve([{ address: host, family: host.includes(':') ? 6 : 4 }]),
    clock: systemClock,
    random: (length) => new Uint8Array(randomBytes(length)),
    files: { create: (path, force) => createOutputFile(path, force, randomBytes(4).toString('hex')) },
    signal,
  }
}

export function sessionOptions(
  peer: { readonly host: string; readonly port: number },
  target: { readonly infoHashes: InfoHashes; readonly metainfo?: Metainfo },
): SessionOptions {
  return {
    peer: { input: `${peer.host}:${peer.port}`, host: peer.host, port: peer.port },
    torrent: { infoHashes: target.infoHashes, name: undefined, metainfo: target.metainfo },
    features: { fast: true, extensions: true, dht: false },
    peerId: undefined,
    family: undefined,
    source: undefined,
    transport: 'tcp',
    connectTimeoutMs: 5000,
    handshakeTimeoutMs: 5000,
    unchokeTimeoutMs: 30_000,
    totalTimeoutMs: undefined,
  }
}

export function fetchOptions(
  peer: { readonly host: string; readonly port: number },
  target: { readonly infoHashes: InfoHashes; readonly metainfo?: Metainfo },
  output: string | undefined,
  changes: Partial<FetchOptions> = {},
): FetchOptions {
  return {
    ...sessionOptions(peer, target),
    pieces: undefined,
    sample: undefined,
    output,
    blockTimeoutMs: 30_000,
    ...changes,
  }
}

/** A .torrent was given. */
export function withMetainfo(metainfo: Metainfo) {
  return { infoHashes: metainfo.infoHashes, metainfo }
}
