import type { Resolve } from '../net/resolve.ts'
import type { Dial, Encryption, Endpoint, Listen } from '../net/transport.ts'
import type { SeederLimits } from '../net/seeder-options.ts'
import type { BlockStore } from '../session/block-store.ts'
import type { ChosenFault } from '../session/faults/table.ts'
import type { Clock } from '../net/clock.ts'
import type { ServeDeviationReport, ServedPeerReport, ServeReport, TorrentReport } from '../report/model.ts'
import type { ServedPeerProgress } from '../report/progress.ts'
import type { Metainfo } from '../wire/metainfo.ts'
import type { EncryptionMode, PeerName } from './options.ts'

export { FAULTS, parseFault, type ChosenFault } from '../session/faults/table.ts'

/** What is served: files that are there, or a torrent made up from a number. */
export type ServeSource =
  | { readonly type: 'files'; readonly metainfo: Metainfo; readonly dataPath: string }
  | { readonly type: 'synthetic'; readonly length: number }

/** What `serve` serves, to whom, and what it does wrong on purpose. */
export interface ServeOptions {
  readonly source: ServeSource
  /** Pieces that we say to have, first and last; undefined for all. */
  readonly have: readonly (readonly [first: number, last: number])[] | undefined
  /** Port 0 takes a free one. */
  readonly listen: Endpoint
  /** Peers to dial as well; one that cannot be reached is tried again. */
  readonly connect?: readonly PeerName[]
  /**
   * How peers are dialled, as in a session; and what is taken of those that dial: `off` plaintext only, `require` MSE only.
   * Default `auto`, which takes both.
   */
  readonly encryption?: EncryptionMode | undefined
  /** The only transport, dialled and listened on; undefined to dial TCP and listen on both. */
  readonly transport?: 'tcp' | 'utp' | undefined
  /** End after one peer that got past its handshake. */
  readonly once: boolean
  /** Report every deviation of the other side. */
  readonly strict: boolean
  readonly faults: readonly ChosenFault[]
  /** For the content of a synthetic torrent, and for what faults do by lot. */
  readonly seed: number
  /** For the whole command, in milliseconds; undefined for none. */
  readonly timeoutMs: number | undefined
  /** Where to write the .torrent; undefined for nowhere. */
  readonly torrentOutput: { readonly path: string; readonly force: boolean } | undefined
  readonly limits?: Partial<SeederLimits>
  /** Sees what happens as it happens. */
  readonly onNews?: ((news: ServeNews) => void) | undefined
}

/** What happens while serving; `atMs` counts from the start of the command. Text of a peer's in it is not escaped. */
export type ServeNews = { readonly atMs: number } & (
  | { readonly type: 'listening'; readonly address: string; readonly torrent: TorrentReport }
  | {
      readonly type: 'connected'
      readonly peer: number
      readonly remote: string
      readonly transport: string
      readonly encryption: Encryption
      readonly dialled: boolean
    }
  /** A connection that ended before it was known for a peer's: nothing, or no end of an encryption handshake, came. */
  | { readonly type: 'no-peer'; readonly remote: string; readonly reason: string }
  | { readonly type: 'dial-failed'; readonly remote: string; readonly reason: string }
  | { readonly type: 'refused'; readonly peer: number; readonly remote: string; readonly reason: string }
  | { readonly type: 'handshake'; readonly peer: number; readonly client: string | null }
  | { readonly type: 'interested' | 'not-interested' | 'unchoked' | 'choked'; readonly peer: number }
  | ({ readonly type: 'deviation' | 'note'; readonly peer: number } & ServeDeviationReport)
  | { readonly type: 'closed'; readonly report: ServedPeerReport }
  /** Once a second while there are peers. */
  | {
      readonly type: 'progress'
      readonly peers: readonly ServedPeerProgress[]
      readonly uploaded: number
    }
  /** Events that were left out because the reader of the output was too slow for them. */
  | { readonly type: 'lost'; readonly events: number }
  /** Last, when the command ends by itself or is told to. */
  | { readonly type: 'end'; readonly report: ServeReport }
)

/** The world, as serving sees it. */
export interface ServePorts {
  readonly listen: Readonly<Record<'tcp' | 'utp', Listen>>
  readonly dial: Dial
  readonly resolve: Resolve
  readonly clock: Clock
  readonly random: (length: number) => Uint8Array
  readonly openStore: (metainfo: Metainfo, path: string) => Promise<BlockStore>
  readonly writeTorrent: (path: string, force: boolean, bytes: Uint8Array) => Promise<void>
  readonly signal: AbortSignal
}
