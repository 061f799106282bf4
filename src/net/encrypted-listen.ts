import { acceptEncryption, type AcceptEncryptionOptions } from './encryption.ts'
import type { Listen, Listener, Transport } from './transport.ts'

/** Most peers that are in the encryption handshake at a time, over all addresses; more are turned away. */
const MAX_HANDSHAKES = 256

export interface AcceptEncryptedOptions extends Omit<
  AcceptEncryptionOptions,
  'signal' | 'onEvent' | 'onEnd'
> {
  /** Hears of a peer that did not get through, with the error or the reason of a closed listener; it is closed by then. */
  readonly onFailed?: ((transport: Transport, error: unknown) => void) | undefined
}

/**
 * Makes a listener of any transport take encrypted peers as well, or only those. A transport is handed on once its
 * peer has shown which it is; who fails is closed and not handed on.
 */
export function acceptEncrypted(listen: Listen, { onFailed, ...options }: AcceptEncryptedOptions): Listen {
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
      } catch (error) {
        onFailed?.(transport, error)
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
