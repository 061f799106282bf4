import type { ReadingProgress } from '../../report/model/progress.ts'
import type { RewriteOptions } from './rewrite/options.ts'
import type { SessionTrace, TorrentTarget } from '../options.ts'

/** Chooses connections of a capture. */
export interface ConnectionFilter {
  /** A literal address, IPv6 without brackets. */
  readonly address: string
  readonly port: number
}

/** What `decode` reads, and what of it the report is about. */
export interface DecodeOptions {
  /** The input as it was typed. */
  readonly name: string
  readonly chunks: AsyncIterable<Uint8Array>
  /** Length of the input in bytes; undefined where it is not known. */
  readonly totalBytes?: number | undefined
  /** Called from time to time while a long input is read. */
  readonly progress?: ((progress: ReadingProgress) => void) | undefined
  /** The input is hex text. */
  readonly hex: boolean
  /** The number of a connection; undefined to choose the only BitTorrent connection. */
  readonly connection: number | undefined
  /** Only connections with this end. */
  readonly filter: ConnectionFilter | undefined
  /** What is known about the torrent besides the input. */
  readonly torrent: TorrentTarget | undefined
  /** Writes the connections that match as a capture of our own. */
  readonly rewrite?: RewriteOptions | undefined
  /** Receives the events of the connections that match. */
  readonly trace?: SessionTrace | undefined
}
