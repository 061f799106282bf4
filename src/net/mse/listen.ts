import { type CapturePort, tapped } from '../capture/tap.ts'
import { acceptEncryption, type AcceptEncryptionOptions } from './encryption.ts'
import type { Listen, Listener, Transport } from '../transport.ts'

/** The maximum number of pending handshakes, over all addresses. */
const MAX_HANDSHAKES = 256

/** How accepted connections are encrypted. */
export interface AcceptEncryptedOptions extends Omit<
  AcceptEncryptionOptions,
  'signal' | 'onEvent' | 'onEnd'
> {
  /** Observes every connection above its encryption. */
  readonly capture?: CapturePort | undefined
  /** Called for a peer that failed, after it was closed, with the error or the reason of a closed listener. */
  readonly onFailed?: ((transport: Transport, error: unknown) => void) | undefined
}

/**
 * Makes a listener of any transport accept encrypted peers too, or only those. A transport is passed on when the kind of its
 * peer is known; if that fails, it is closed. When too many handshakes are pending, the oldest is dropped, so that silent peers
 * cannot lock out real ones, which need only a round trip.
 */
export function acceptEncrypted(
  listen: Listen,
  { capture, onFailed, ...options }: AcceptEncryptedOptions,
): Listen {
  return async (at, accepted): Promise<Listener> => {
    const handshakes = new Set<AbortController>()
    const take = async (transport: Transport): Promise<void> => {
      const [oldest] = handshakes
      if (oldest !== undefined && handshakes.size >= MAX_HANDSHAKES) {
        handshakes.delete(oldest)
        oldest.abort()
      }
      const stop = new AbortController()
      const tap = capture?.open(transport, 'peer')
      handshakes.add(stop)
      let ready: Transport
      try {
        ready = await acceptEncryption(transport, {
          ...options,
          signal: stop.signal,
          onEnd: (end) => tap?.notEncrypted(end),
        })
      } catch (error) {
        onFailed?.(transport, error)
        return
      } finally {
        handshakes.delete(stop)
      }
      // outside the try: an error in the handler is not a failure of the peer, and reaches the process like any bug
      accepted(tapped(ready, tap))
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
