import type { CapturePort } from '../../net/capture/tap.ts'
import type { CommentedOptions } from './commented.ts'

/** Adds comments at findings to a capture, if there is one: `commentedCapture`, loaded for that alone. */
export async function withComments(
  capture: CapturePort | undefined,
  options: CommentedOptions,
): Promise<CapturePort | undefined> {
  if (capture === undefined) return undefined
  const { commentedCapture } = await import('./commented.ts')
  return commentedCapture(capture, options)
}
