import type { Probe } from '../../trace/probe.ts'
import type { SessionOptions } from '../options.ts'

/** The next connection that `reach` makes, while it works. */
export interface ReachProgress {
  /** From 1. */
  readonly number: number
  readonly address: string
  readonly probe: Probe
}

/** Which peer is to be reached, and how long to wait. Times are milliseconds. */
export interface ReachOptions extends Pick<
  SessionOptions,
  'peer' | 'family' | 'source' | 'connectTimeoutMs' | 'totalTimeoutMs' | 'trace' | 'capture'
> {
  /** Called before each connection. */
  readonly progress?: ((progress: ReachProgress) => void) | undefined
}
