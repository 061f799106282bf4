import type { PeerError } from '../../base/errors.ts'
import type { DecodeReport } from '../../report/model/decode.ts'

/** What a reader found. */
export type Decoded = Pick<DecodeReport, 'capture' | 'connection' | 'report' | 'served' | 'stream'> & {
  /** Why what was decoded is a failure; undefined when it is not. */
  readonly error: PeerError | undefined
}

/** Of an input that contains nothing. */
export const NOTHING: Decoded = {
  capture: null,
  connection: null,
  report: null,
  served: null,
  stream: null,
  error: undefined,
}

/** Reads one kind of input. */
export interface InputReader {
  readonly format: NonNullable<DecodeReport['input']['format']>
  /** Takes the next bytes. @throws PeerError E_BAD_CAPTURE */
  push(chunk: Uint8Array): void
  /** Call it after the last bytes. @throws PeerError E_BAD_CAPTURE when something is missing */
  end(): void
  /** What was found, also after an error. Call it once. */
  result(): Decoded
}
