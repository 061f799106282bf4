import { fromHex } from '../../base/bytes.ts'
import { hashRequestDefect } from '../../wire/message/hash-request.ts'
import type { Conversation } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING, onReceived } from '../rule.ts'

/** BEP 52: messages about merkle trees. */
export const hashes = defineTheme({
  findings: {
    'hashes-not-negotiated': {
      severity: 'error',
      title: 'The peer sent a hash message for a torrent without v2 hashes',
      reference: 'BEP 52',
      explanation:
        'hash request, hashes and hash reject are for v2 and hybrid torrents. libtorrent closes the connection when it receives one for any other torrent.',
    },
    'hash-request-invalid': {
      severity: 'error',
      title: 'A hash request does not fit the merkle tree',
      reference: 'BEP 52',
      explanation:
        'The length must be a power of two and at least 2, the index must be a multiple of the length, and the hashes and the proof must be within the merkle tree of the file.',
    },
  },
  both: [negotiated],
  serve: [requests],
})

function negotiated(conversation: Conversation): Fold<'hashes-not-negotiated'> {
  return onReceived(['hash-request', 'hashes', 'hash-reject'], ({ message, offset }) => {
    const { target, local } = conversation
    // a v1 hash alone may belong to a hybrid torrent: only the metadata shows that a torrent has no v2 hashes
    if (target === undefined || target.pieceCount === null || target.infoHashV2 !== null) return NOTHING
    if (local?.features.includes('v2') === true) return NOTHING
    return [{ id: 'hashes-not-negotiated', detail: message.type, offset }]
  })
}

function requests(conversation: Conversation): Fold<'hash-request-invalid'> {
  return onReceived(['hash-request'], ({ message, offset }) => {
    if (message.type !== 'hash-request' || conversation.served === undefined) return NOTHING
    const request = { ...message.request, piecesRoot: fromHex(message.request.piecesRoot) }
    const defect = hashRequestDefect(request, conversation.served.treeHeightOf(request.piecesRoot))
    if (defect?.level !== 'must') return NOTHING
    return [{ id: 'hash-request-invalid', detail: defect.reason, offset }]
  })
}
