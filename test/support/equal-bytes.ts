import { expect } from 'vitest'

const ADDED = Symbol.for('peerwire.equal-bytes')

/**
 * Lets `expect` see at once that two byte arrays are the same; by itself it compares them as it does objects, key by key, and
 * takes a minute for two megabytes. Whatever differs is left to it.
 */
function sameBytes(a: unknown, b: unknown): true | undefined {
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array) || a.constructor !== b.constructor)
    return undefined
  return Buffer.compare(a, b) === 0 ? true : undefined
}

// once in a process: the files that run in it share what is added
if (!(ADDED in globalThis)) {
  Object.defineProperty(globalThis, ADDED, { value: true })
  expect.addEqualityTesters([sameBytes])
}
