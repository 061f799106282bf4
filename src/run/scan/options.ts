import type { PeerError } from '../../base/errors.ts'
import type { PeerDocument, ScannedPeer } from '../../report/model/scan.ts'
import type { ConnectOptions, PeerName, TorrentTarget } from '../options.ts'
import type { ScheduleLimits } from './schedule.ts'

/** A peer of the list. */
export interface ListedPeer {
  /** Its place in the list, from 1: the number of its line. */
  readonly line: number
  /** What the list calls it. */
  readonly label: string | null
  readonly peer: PeerName
  /** Undefined to find out only whether a BitTorrent client answers. */
  readonly torrent: TorrentTarget | undefined
}

/** A line that does not name a peer. */
export interface BadLine {
  readonly line: number
  readonly error: PeerError
}

/** What a session with each peer has in common. */
export type ScanSession = Omit<
  ConnectOptions,
  'peer' | 'otherPeers' | 'torrent' | 'totalTimeoutMs' | 'trace' | 'capture'
>

/** Which peers to scan, how, and how many at once. Times are milliseconds. */
export interface ScanOptions extends ScheduleLimits {
  /** Read as the scan proceeds. Its end ends the scan. */
  readonly peers: AsyncIterable<ListedPeer | BadLine>
  readonly session: ScanSession
  /** For the whole scan; undefined for none. */
  readonly totalTimeoutMs: number | undefined
  /** Completes a report, for example with expectations. */
  readonly check?: ((report: PeerDocument) => Promise<PeerDocument>) | undefined
  /** Receives each peer when it is done. Until it resolves, no other peer takes the place of this one. */
  readonly onPeer?: ((scanned: ScannedPeer) => void | Promise<void>) | undefined
  /** Receives each line that does not name a peer. */
  readonly onBadLine?: ((bad: BadLine) => void | Promise<void>) | undefined
}
