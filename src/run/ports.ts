import type { Clock } from '../net/clock.ts'
import type { Resolve } from '../net/resolve.ts'
import type { Dial, DialOptions } from '../net/transport.ts'
import type { OutputFiles } from '../net/files/output-file.ts'

/** The ports to the outside world that a use case needs. */
export interface Ports {
  readonly dial: Dial
  /** Called before the clock of a session starts, to load what `dial` needs. */
  readonly prepareDial?: (
    to: Pick<DialOptions, 'transport' | 'proxy'> & { readonly host: string },
  ) => Promise<void>
  readonly resolve: Resolve
  readonly clock: Clock
  /** The time of day; by default that of this machine. */
  readonly date?: () => Date
  readonly random: (length: number) => Uint8Array
  readonly files: OutputFiles
  /** Stops everything at once; its reason is the PeerError that the report shows. */
  readonly signal?: AbortSignal | undefined
}
