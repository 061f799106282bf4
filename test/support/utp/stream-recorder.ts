import { concat } from '../../../src/base/bytes.ts'
import type { StreamSink } from '../../../src/session/observe/stream-sink.ts'

/** Records a stream: runs of bytes as one array, gaps as their length or `?`, and `fin`. */
export class StreamRecorder implements StreamSink {
  readonly items: (Uint8Array | number | '?' | 'fin')[] = []

  bytes(_at: number, bytes: Uint8Array): void {
    const last = this.items.at(-1)
    if (last instanceof Uint8Array) this.items[this.items.length - 1] = concat([last, bytes])
    else this.items.push(bytes.slice())
  }

  gap(_at: number, length: number | undefined): void {
    this.items.push(length ?? '?')
  }

  fin(): void {
    this.items.push('fin')
  }
}
