import { decodeMetadataMessage, encodeMetadataMessage } from '../../wire/extension/metadata.ts'
import type { Message } from '../../wire/message/message.ts'
import type { SessionState } from './state.ts'

/**
 * The answer to a request when we serve nothing, so that the peer does not wait: block requests are rejected if the fast
 * extension was negotiated, metadata and hash requests always.
 *
 * @param metadataId the id that we announced for ut_metadata
 */
export function refusal(message: Message, state: SessionState, metadataId: number): Message | undefined {
  switch (message.type) {
    case 'request':
      return state.negotiated('fast') ? { ...message, type: 'reject' } : undefined
    case 'hash-request':
      return { type: 'hash-reject', request: message.request }
    case 'extended':
      return message.id === metadataId ? refuseMetadata(message.payload, state) : undefined
    default:
      return undefined
  }
}

function refuseMetadata(payload: Uint8Array, state: SessionState): Message | undefined {
  const id = state.extensionHandshake?.extensions.get('ut_metadata') ?? 0
  const decoded = decodeMetadataMessage(payload)
  if (id === 0 || !decoded.ok || decoded.value.type !== 'request') return undefined
  return {
    type: 'extended',
    id,
    payload: encodeMetadataMessage({ type: 'reject', piece: decoded.value.piece }),
  }
}
