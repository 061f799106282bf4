import { acceptEncryption, type AcceptEncryptionOptions } from './encryption.ts'
import type { Listen, Listener, Transport } from './transport.ts'

/** Most peers that are in the encryption handshake at a time, over all addresses; more are turned away. */
const MAX_HANDSHAKES = 256

/**
 * Makes a listener of any transport take encrypted peers as well, or only those. A transport is handed on once its
 * peer has shown which it is; who fails is closed and not heard of.
 */
export function acceptEncrypted(
  listen: Listen,
  options: Omit<AcceptEncryptionOptions, 'signal' | 'onEvent' | 'onEnd'>,
): Listen {
  return async (at, accepted): Promise<Listener> => {
    const stop = new AbortController()
    let handshakes = 0
    const take = async (transport: Transport): Promise<void> => {
      if (handshakes >= MAX_HANDSHAKES) {
        transport.abort()
        return
      }
      handshakes++
      try {
        accepted(await acceptEncryption(transport, { ...options, signal: stop.signal }))
      } catch {
        // closed by then: a peer that does not get through is no peer
      } finally {
        handshakes--
      }
    }
    const listener = await listen(at, (transport) => void take(transport))
    return {
      address: listener.address,
      close: async () => {
        stop.abort()
        await listener.close()
      },
    }
  }
}
