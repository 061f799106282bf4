import type { Side } from './frame-writer.ts'

/** Writes the packets of one connection. Times are milliseconds since the Unix epoch. */
export interface StreamWriter {
  /** Longest payload of a packet, in bytes. */
  readonly maxPayload: number
  /** The initiator asks for the connection. */
  syn(at: number): void
  /** The other side accepts it. */
  accept(at: number): void
  /** @param payloads not empty, of at most `maxPayload` bytes each */
  data(at: number, from: Side, payloads: readonly Uint8Array[]): void
  /** Bytes of a side are not written. @param length undefined where their number is not known */
  skip(from: Side, length: number | undefined): void
  /** Acknowledges all that the other side sent, which changes nothing. */
  acknowledge(at: number, from: Side): void
  fin(at: number, from: Side): void
  reset(at: number, from: Side): void
}
