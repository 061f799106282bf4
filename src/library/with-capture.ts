import { recordCapture } from '../net/capture/recorder.ts'
import type { CapturePort } from '../net/capture/tap.ts'
import type { Clock } from '../net/clock.ts'
import type { CaptureOption } from './options.ts'

/**
 * Runs a use case, and passes on what it sends and receives as a capture, up to its last packet.
 * @param run takes the observer of its connections; undefined if nobody wants a capture
 */
export async function withCapture<Result>(
  { capture }: CaptureOption,
  { clock }: { readonly clock: Pick<Clock, 'now'> },
  run: (observer: CapturePort | undefined) => Promise<Result>,
): Promise<Result> {
  if (capture === undefined) return run(undefined)
  const recorder = recordCapture({ clock, epochMs: Date.now(), write: capture })
  try {
    return await run(recorder)
  } finally {
    recorder.end()
  }
}
