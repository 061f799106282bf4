import { concat } from '../../../src/base/bytes.ts'
import { type CaptureRecorder, recordCapture } from '../../../src/net/capture/recorder.ts'
import { type Clock, systemClock } from '../../../src/net/clock.ts'

/** The capture of what a test does. */
export interface RecordedCapture {
  readonly port: CaptureRecorder
  /** The file. Nothing may follow. */
  readonly end: () => Uint8Array
}

/** @param epochMs the time of day now, in milliseconds since the Unix epoch */
export function recordedCapture(clock: Pick<Clock, 'now'> = systemClock, epochMs = 0): RecordedCapture {
  const blocks: Uint8Array[] = []
  const port = recordCapture({ clock, epochMs, write: (block) => blocks.push(block) })
  return {
    port,
    end: () => {
      port.end()
      return concat(blocks)
    },
  }
}
