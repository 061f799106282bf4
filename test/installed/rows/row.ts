import type { Places, World } from './world.ts'

/** What a run of the installed command left behind. */
export interface Ran {
  readonly stdout: Buffer
  readonly stderr: string
  /** The JSON document on stdout. */
  readonly document: () => unknown
}

/** One run of the installed command; the flags in its arguments count as tested. */
export interface Row {
  readonly title: string
  readonly argv: (places: Places) => readonly string[]
  readonly exitCode: number
  /** Made before it runs. */
  readonly prepare?: (places: Places) => void
  /** Runs against a command that listens, once it does: `serve` is visited. */
  readonly visit?: (served: { readonly peer: string }, world: World) => Promise<unknown>
  /** What only these arguments bring about. */
  readonly check: (ran: Ran, world: World) => unknown
}
