import { readFileSync } from 'node:fs'

/** Linux: every byte that passed the loopback interface, headers too. */
const COUNTER = '/sys/class/net/lo/statistics/rx_bytes'

const POLL_MS = 5

/** From here on it is the transfer: more than any handshake or announce, in bytes. */
const FIRST_BYTES = 2 ** 20

/**
 * Times the transfer of `length` bytes over loopback from outside, whatever the client does before and after: the wait
 * for its next tick, above all. Whatever else passes loopback meanwhile is counted too.
 * @returns ends the watch: milliseconds from the first megabyte to the last byte, NaN when they did not pass
 */
export function watchLoopback(length: number): () => number {
  const before = readCounter()
  const seen = { first: Number.NaN, last: Number.NaN }
  const look = (): void => {
    const passed = readCounter() - before
    if (Number.isNaN(seen.first) && passed >= FIRST_BYTES) seen.first = performance.now()
    if (Number.isNaN(seen.last) && passed >= length) seen.last = performance.now()
  }
  const timer = setInterval(look, POLL_MS)
  return () => {
    clearInterval(timer)
    look()
    return seen.last - seen.first
  }
}

function readCounter(): number {
  try {
    return Number(readFileSync(COUNTER, 'latin1'))
  } catch {
    return Number.NaN
  }
}
