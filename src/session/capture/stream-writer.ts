import type { Side } from './frame-writer.ts'

/** Writes the packets of one connection. Times are milliseconds since the Unix epoch. */
export interface StreamWriter {
  /** Longest payload of a packet, in bytes. */
  readonly maxPayload: number
  open(at: number): void
  /** @param payloads not empty, of at most `maxPayload` bytes each */
  data(at: number, from: Side, payloads: readonly Uint8Array[]): void
  fin(at: number, from: Side): void
  reset(at: number, from: Side): void
}
