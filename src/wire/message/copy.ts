import { extended } from '../../base/extended.ts'
import { copyBytes } from '../../base/bytes.ts'
import type { HashRequest } from './hash-request.ts'
import type { Message } from './message.ts'

/** Copies a message so that it does not share memory with its frame and can be kept. */
export function copyMessage(message: Message): Message {
  switch (message.type) {
    case 'piece':
      return extended(message, { block: copyBytes(message.block) })
    case 'bitfield':
      return { type: 'bitfield', bits: copyBytes(message.bits) }
    case 'extended':
    case 'unknown':
    case 'malformed':
      return extended(message, { payload: copyBytes(message.payload) })
    case 'hashes':
      return { ...message, request: copyRequest(message.request), hashes: copyBytes(message.hashes) }
    case 'hash-request':
    case 'hash-reject':
      return { ...message, request: copyRequest(message.request) }
    case 'keep-alive':
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'not-interested':
    case 'have-all':
    case 'have-none':
    case 'have':
    case 'suggest':
    case 'allowed-fast':
    case 'request':
    case 'cancel':
    case 'reject':
    case 'port':
      return message
  }
}

function copyRequest(request: HashRequest): HashRequest {
  return { ...request, piecesRoot: copyBytes(request.piecesRoot) }
}
