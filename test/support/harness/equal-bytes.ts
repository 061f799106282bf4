import { expect } from 'vitest'

const ADDED = Symbol.for('peerwire.equal-bytes')

/**
 * Lets `expect` compare equal byte arrays quickly. By default, it compares them key by key like objects, which takes a minute
 * for two megabytes. Differing arrays still use the default.
 */
function sameBytes(a: unknown, b: unknown): true | undefined {
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array) || a.constructor !== b.constructor)
    return undefined
  return Buffer.compare(a, b) === 0 ? true : undefined
}

// once per process: all test files in it share the added testers
if (!(ADDED in globalThis)) {
  Object.defineProperty(globalThis, ADDED, { value: true })
  expect.addEqualityTesters([sameBytes])
}
