import type { PeerError } from '../../base/errors.ts'
import type { CapturePort } from '../../net/capture/tap.ts'
import type { Resolve } from '../../net/resolve.ts'
import type { Dial, Endpoint, Listen } from '../../net/transport.ts'
import type { SeederLimits } from '../../net/seeder/options.ts'
import type { BlockStore } from '../../session/upload/block-store.ts'
import type { ChosenFault } from '../../session/faults/table.ts'
import type { Clock } from '../../net/clock.ts'
import type { ServeEvent } from '../../report/model/serve-event.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import type { EncryptionMode, PeerName, SessionTrace } from '../options.ts'

export { FAULTS, parseFault, type ChosenFault } from '../../session/faults/table.ts'

/** What to serve: existing files, or a synthetic torrent generated from a seed. */
export type ServeSource =
  | { readonly type: 'files'; readonly metainfo: Metainfo; readonly dataPath: string }
  | { readonly type: 'synthetic'; readonly length: number }

/** Options of `serve`: what to serve, to whom, and which faults to inject. */
export interface ServeOptions {
  readonly source: ServeSource
  /** Pieces that we claim to have, first and last of each run; undefined for all. */
  readonly have: readonly (readonly [first: number, last: number])[] | undefined
  /** Port 0 picks a free port. */
  readonly listen: Endpoint
  /** Peers to dial as well; a peer that cannot be reached is tried again. */
  readonly connect?: readonly PeerName[]
  /**
   * How to dial peers, as in a session, and what to accept from peers that dial us: `off` plaintext only, `require` MSE
   * only. Default `auto`, which accepts both.
   */
  readonly encryption?: EncryptionMode | undefined
  /** The only transport, dialled and listened on; undefined to dial TCP and listen on both. */
  readonly transport?: 'tcp' | 'utp' | undefined
  /** End after one peer that got past its handshake. */
  readonly once: boolean
  /** Report every protocol violation by the peer. */
  readonly strict: boolean
  readonly faults: readonly ChosenFault[]
  /** Seeds the content of a synthetic torrent and the random choices of faults. */
  readonly seed: number
  /** For the whole command, in milliseconds; undefined for none. */
  readonly timeoutMs: number | undefined
  /** Where to write the .torrent; undefined for nowhere. */
  readonly torrentOutput: { readonly path: string; readonly force: boolean } | undefined
  readonly limits?: Partial<SeederLimits>
  /** Receives events as they happen. */
  readonly onEvent?: ((event: ServeEvent) => void) | undefined
  /** Receives every event of the connections, which `connection` numbers, and before them what is served. */
  readonly trace?: SessionTrace | undefined
  /** Observes every connection above its encryption, and below the faults. */
  readonly capture?: CapturePort | undefined
  /** Called when every connection is over. Returns why a trace or a capture is missing or incomplete. */
  readonly finish?: (() => Promise<PeerError | undefined>) | undefined
}

/** The ports that `serve` uses. */
export interface ServePorts {
  readonly listen: Readonly<Record<'tcp' | 'utp', Listen>>
  readonly dial: Dial
  readonly resolve: Resolve
  readonly clock: Clock
  /** The time of day; by default that of this machine. */
  readonly date?: () => Date
  readonly random: (length: number) => Uint8Array
  readonly openStore: (metainfo: Metainfo, path: string) => Promise<BlockStore>
  readonly writeTorrent: (path: string, force: boolean, bytes: Uint8Array) => Promise<void>
  readonly signal: AbortSignal
}
