import type { Side } from './frame-writer.ts'

/** Writes the packets of one connection. Times are milliseconds since the Unix epoch. */
export interface StreamWriter {
  open(at: number): void
  data(at: number, from: Side, bytes: Uint8Array): void
  fin(at: number, from: Side): void
  reset(at: number, from: Side): void
}
