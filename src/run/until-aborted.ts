import type { Clock } from '../net/clock.ts'

/** Waits for what it begins, but gives way to an abort; what was begun goes on and is forgotten. */
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
 * Lets time pass, in milliseconds.
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
