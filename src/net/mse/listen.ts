import { acceptEncryption, type AcceptEncryptionOptions } from './encryption.ts'
import type { Listen, Listener, Transport } from '../transport.ts'

/** Most peers that have not shown what they are at a time, over all addresses. */
const MAX_HANDSHAKES = 256

/** How accepted connections are encrypted. */
export interface AcceptEncryptedOptions extends Omit<
  AcceptEncryptionOptions,
  'signal' | 'onEvent' | 'onEnd'
> {
  /** Hears of a peer that did not get through, with the error or the reason of a closed listener; it is closed by then. */
  readonly onFailed?: ((transport: Transport, error: unknown) => void) | undefined
}

/**
 * Makes a listener of any transport take encrypted peers as well, or only those. A transport is handed on once its
 * peer has shown which it is; who fails is closed and not handed on. When too many have shown nothing yet the oldest of them has
 * to go, so that peers that keep silent keep nobody out: who means it takes a round trip.
 */
export function acceptEncrypted(listen: Listen, { onFailed, ...options }: AcceptEncryptedOptions): Listen {
  return async (at, accepted): Promise<Listener> => {
    const handshakes = new Set<AbortController>()
    const take = async (transport: Transport): Promise<void> => {
      const [oldest] = handshakes
      if (oldest !== undefined && handshakes.size >= MAX_HANDSHAKES) {
        handshakes.delete(oldest)
        oldest.abort()
      }
      const stop = new AbortController()
      handshakes.add(stop)
      let ready: Transport
      try {
        ready = await acceptEncryption(transport, { ...options, signal: stop.signal })
      } catch (error) {
        onFailed?.(transport, error)
        return
      } finally {
        handshakes.delete(stop)
      }
      // outside the try: what the handler throws is not the peer's failure, and reaches the process like any bug
      accepted(ready)
    }
    const listener = await listen(at, (transport) => void take(transport))
    return {
      address: listener.address,
      close: async () => {
        for (const stop of handshakes) stop.abort()
        await listener.close()
      },
    }
  }
}
