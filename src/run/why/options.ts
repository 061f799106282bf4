import type { Probe } from '../../trace/probe.ts'
import type { ResolvedAddress } from '../../net/resolve.ts'
import type { TargetOptions } from '../options.ts'
import type { Ports } from '../ports.ts'

/** The next connection that `why` makes, while it works. */
export interface WhyProgress {
  /** From 1. */
  readonly number: number
  /** Most connections that are made. */
  readonly of: number
  readonly probe: Probe
  /** Why it is made, as a clause: `TCP closed without a byte`. */
  readonly reason: string
}

/** Which peer `why` examines, and how long it waits. Times are milliseconds. */
export interface WhyOptions extends TargetOptions {
  /** Called before each connection. */
  readonly progress?: ((progress: WhyProgress) => void) | undefined
}

/** The ports that `why` needs. */
export interface WhyPorts extends Ports {
  /** Other local addresses from which the peer may be reached. */
  readonly otherSources: (to: ResolvedAddress, used: string | undefined) => readonly string[]
}
