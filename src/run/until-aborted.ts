import type { Clock } from '../net/clock.ts'

/** Starts an operation and waits for it, or until an abort. After an abort it continues, but its result is ignored. */
export async function untilAborted<T>(begin: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return begin()
  signal.throwIfAborted()
  let abort: (() => void) | undefined
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([begin(), aborted])
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort)
  }
}

/**
 * Waits for a number of milliseconds.
 * @throws the signal's reason
 */
export function pause(
  durationMs: number,
  { clock, signal }: { readonly clock: Clock; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  let cancel: (() => void) | undefined
  const over = new Promise<void>((resolve) => {
    cancel = clock.schedule(clock.now() + durationMs, resolve)
  })
  return untilAborted(() => over, signal).finally(() => cancel?.())
}
