import type { Resolve } from '../../net/resolve.ts'
import type { Dial, Endpoint, Listen } from '../../net/transport.ts'
import type { SeederLimits } from '../../net/seeder/options.ts'
import type { BlockStore } from '../../session/upload/block-store.ts'
import type { ChosenFault } from '../../session/faults/table.ts'
import type { Clock } from '../../net/clock.ts'
import type { ServeEvent } from '../../report/model/serve-event.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import type { EncryptionMode, PeerName } from '../options.ts'

export { FAULTS, parseFault, type ChosenFault } from '../../session/faults/table.ts'

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
  /** Report every violation of the other side. */
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
  readonly onEvent?: ((event: ServeEvent) => void) | undefined
}

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
