import { fromHex } from '../../base/bytes.ts'
import type { TraceHandshake, TraceMessage } from '../../trace/event.ts'
import { readExtensionHandshake } from '../../trace/extension-handshake.ts'
import type { Handshake } from '../../wire/handshake/handshake.ts'
import type { StateMessage } from './state.ts'

// From a trace back to what moves a `SessionState`: the way of trace.ts in the other direction.

const NO_BYTES = new Uint8Array()

/** As much of a message as moves a state. */
export function replayedMessage(message: TraceMessage): StateMessage {
  switch (message.type) {
    case 'bitfield':
      return { type: 'bitfield', bits: fromHex(message.bits) }
    case 'extended':
      return {
        type: 'extended',
        id: message.id,
        payload: message.id === 0 ? NO_BYTES : fromHex(message.payload ?? ''),
        handshake: readExtensionHandshake(message),
      }
    default:
      return message
  }
}

export function replayedHandshake({ reserved, features, infoHash, peerId }: TraceHandshake): Handshake {
  return { reserved: fromHex(reserved), features, infoHash: fromHex(infoHash), peerId: fromHex(peerId) }
}
