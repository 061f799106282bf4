import { concat } from '../base/bytes.ts'
import type { DataSink } from './system-ports.ts'

/** Keeps in memory what a use case writes to `-`. */
export interface CapturedData extends DataSink {
  /** Everything written so far; undefined if nothing was written. */
  bytes(): Uint8Array | undefined
}

export function captureData(): CapturedData {
  const chunks: Uint8Array[] = []
  return {
    write: (data) => {
      chunks.push(data)
      return Promise.resolve()
    },
    bytes: () => (chunks.length === 0 ? undefined : concat(chunks)),
  }
}
