import type { ProbeContext } from '../../../src/run/probe/context.ts'
import { SessionLog } from '../../../src/run/session/log.ts'
import type { TorrentTarget } from '../../../src/run/options.ts'
import type { Ports } from '../../../src/run/ports.ts'
import type { TraceEvent } from '../../../src/trace/event.ts'
import type { Probe } from '../../../src/trace/probe.ts'
import { INFO_HASH } from './session.ts'

/** An ordinary session over TCP. */
export const USUAL_PROBE: Probe = {
  how: 'session',
  transport: 'tcp',
  variant: 'plaintext',
  hash: 'target',
  identity: 'own',
  reserved: 'usual',
  source: null,
}

const ONLY_HASH: TorrentTarget = {
  infoHashes: { v1: INFO_HASH, v2: undefined },
  name: undefined,
  metainfo: undefined,
}

/** What a probe of a peer needs, with the trace for a test. Metadata from the peer becomes part of the torrent. */
export function probeContext(
  to: { readonly host: string; readonly port: number },
  ports: Ports,
  trace: (event: TraceEvent) => void,
  target = ONLY_HASH,
): ProbeContext {
  let torrent = target
  return {
    to: { address: to.host, port: to.port, family: 4 },
    torrent: () => torrent,
    learn: (metainfo) => {
      torrent = { ...torrent, metainfo }
    },
    limits: {
      connectTimeoutMs: 5000,
      handshakeTimeoutMs: 5000,
      unchokeTimeoutMs: 5000,
      source: undefined,
    },
    capture: undefined,
    ports,
    log: new SessionLog({ peer: { input: 'peer', ...to }, trace }, ports.clock.now()),
  }
}
