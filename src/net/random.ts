import { randomBytes } from 'node:crypto'

/** How many bytes are asked for at once. */
const POOL_LENGTH = 4096

/** More than this does not come from the pool. */
const MAX_POOLED = 256

/** Random bytes of the system, each used once. Asking for those of a peer id costs as much as asking for thousands. */
export function systemRandom(): (length: number) => Uint8Array {
  let pool = new Uint8Array()
  return (length) => {
    if (length > MAX_POOLED) return randomBytes(length)
    // a slice of a Buffer would be a view
    if (pool.length < length) pool = new Uint8Array(randomBytes(POOL_LENGTH))
    const taken = pool.slice(0, length)
    pool = pool.subarray(length)
    return taken
  }
}
