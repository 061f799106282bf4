import type { Endpoint } from '../../net/transport.ts'
import type { Probe } from '../../trace/probe.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import type { SessionOptions, TorrentTarget } from '../options.ts'
import type { Ports } from '../ports.ts'
import type { LocalPeer } from '../session/connect-once.ts'
import type { SessionLog } from '../session/log.ts'

/** What every probe of one peer needs. */
export interface ProbeContext {
  readonly to: Endpoint
  /** What is known of the torrent by now. */
  readonly torrent: () => TorrentTarget
  /** Called with metadata that the peer sent and that matches the info hash. */
  readonly learn: (metainfo: Metainfo) => void
  readonly limits: Pick<
    SessionOptions,
    'connectTimeoutMs' | 'handshakeTimeoutMs' | 'unchokeTimeoutMs' | 'source'
  >
  /** Receives everything that is sent and received, for a capture file. */
  readonly capture: SessionOptions['capture']
  readonly ports: Ports
  readonly log: SessionLog
  /** Who we are in a handshake that is sent in steps. Default: as the probe says. */
  readonly localPeer?: (probe: Probe) => LocalPeer
  /** Longest wait of a scripted probe for its answer, on a local network, in milliseconds. Default: by the probe. */
  readonly answerMs?: number | undefined
}
