import { isIP } from 'node:net'
import type { Resolve, ResolvedAddress } from '../../net/resolve.ts'
import { isLocalLimit } from './local-limit.ts'

/** Most names that are remembered; the oldest is forgotten first. */
const MAX_NAMES = 4096

/** Looks up each name once, failures included. What this process had no socket for is looked up again. */
export function cachedResolve(resolve: Resolve): Resolve {
  const known = new Map<string, Promise<readonly ResolvedAddress[]>>()
  return (host, family) => {
    // a literal address needs no lookup
    if (isIP(host) !== 0) return resolve(host, family)
    const key = `${family ?? 0} ${host}`
    const before = known.get(key)
    if (before !== undefined) return before
    const found = resolve(host, family)
    known.set(key, found)
    found.catch((error: unknown) => {
      if (isLocalLimit(error)) known.delete(key)
    })
    const [oldest] = known.keys()
    if (known.size > MAX_NAMES && oldest !== undefined) known.delete(oldest)
    return found
  }
}
