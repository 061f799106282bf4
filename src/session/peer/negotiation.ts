import type { MessageType } from '../../wire/message/message.ts'
import type { NamedFeature } from '../../wire/handshake/reserved-bits.ts'

/** The feature that both sides must have set before a message of this type may be sent; undefined for the messages of BEP 3. */
export function negotiationNeeded(type: MessageType): NamedFeature | undefined {
  switch (type) {
    case 'suggest':
    case 'have-all':
    case 'have-none':
    case 'reject':
    case 'allowed-fast':
      return 'fast'
    case 'extended':
      return 'extension-protocol'
    case 'port':
      return 'dht'
    // answers need no check: the peer has asked for them
    case 'hash-request':
      return 'v2'
    default:
      return undefined
  }
}
