import { fromHex } from '../../base/bytes.ts'
import { hashRequestDefect } from '../../wire/message/hash-request.ts'
import type { Conversation } from '../conversation.ts'
import { defineTheme, type Fold, onReceived } from '../rule.ts'

/** BEP 52: messages about merkle trees. */
export const hashes = defineTheme({
  findings: {
    'hashes-not-negotiated': {
      severity: 'error',
      title: 'A hash message came for a torrent that has no v2 hashes',
      reference: 'BEP 52',
      explanation:
        'hash request, hashes and hash reject belong to v2 and hybrid torrents. libtorrent closes on them elsewhere.',
    },
    'hash-request-invalid': {
      severity: 'error',
      title: 'A hash request does not fit the tree',
      reference: 'BEP 52',
      explanation:
        'The length must be a power of two from 2, the index a multiple of it, and the hashes and the proof must lie inside the tree of the file.',
    },
  },
  both: [negotiated],
  serve: [requests],
})

function negotiated(conversation: Conversation): Fold<'hashes-not-negotiated'> {
  return onReceived(['hash-request', 'hashes', 'hash-reject'], function* ({ message, offset }) {
    const { target, local } = conversation
    // a v1 hash alone may be one of a hybrid: only with its metadata is a torrent known to have no v2 hashes
    if (target === undefined || target.pieceCount === null || target.infoHashV2 !== null) return
    if (local?.features.includes('v2') === true) return
    yield { id: 'hashes-not-negotiated', detail: message.type, offset }
  })
}

function requests(conversation: Conversation): Fold<'hash-request-invalid'> {
  return onReceived(['hash-request'], function* ({ message, offset }) {
    if (message.type !== 'hash-request' || conversation.served === undefined) return
    const request = { ...message.request, piecesRoot: fromHex(message.request.piecesRoot) }
    const defect = hashRequestDefect(request, conversation.served.treeHeightOf(request.piecesRoot))
    if (defect?.level === 'must') yield { id: 'hash-request-invalid', detail: defect.reason, offset }
  })
}
