import { MAX_METADATA_LENGTH, METADATA_PIECE_LENGTH } from '../../base/limits.ts'
import { extensionHandshakeOf } from '../conversation.ts'
import { defineTheme, type Fold, onMessages } from '../rule.ts'

/** BEP 9. */
export const metadata = defineTheme({
  findings: {
    'metadata-not-requested': {
      severity: 'warning',
      title: 'A piece of metadata came that was not requested',
      reference: 'BEP 9',
      explanation:
        'Every data or reject message answers one request and repeats its piece number. An answer under another number leaves the request open for ever.',
    },
    'metadata-total-size': {
      severity: 'warning',
      title: 'Two sizes are given for the metadata',
      reference: 'BEP 9',
      explanation:
        '`total_size` of a data message is to be the `metadata_size` of the extension handshake, and that stays the same. Clients that take the one where they allocated the other read or write past an end.',
    },
  },
  both: [answers],
})

/** Most pieces of metadata that can be outstanding. */
const MAX_PIECES = MAX_METADATA_LENGTH / METADATA_PIECE_LENGTH

/** Each answer of ut_metadata must have a request that nothing answered before, and the announced size. */
function answers(): Fold<'metadata-not-requested' | 'metadata-total-size'> {
  const open = new Map<number, number>()
  let announced: number | undefined
  return onMessages(['extended'], function* ({ message, type, offset }) {
    if (message.type !== 'extended') return
    const size = type === 'received' ? extensionHandshakeOf(message)?.metadataSize : undefined
    if (size !== undefined && announced !== undefined && size !== announced)
      yield { id: 'metadata-total-size', detail: `${size}, ${announced} before`, offset }
    announced = size ?? announced
    const { metadata: about } = message
    if (about === undefined) return
    const waiting = open.get(about.piece) ?? 0
    if (type === 'sent') {
      if (about.kind === 'request' && open.size < MAX_PIECES) open.set(about.piece, waiting + 1)
      return
    }
    if (about.kind === 'request') return
    const what = `${about.kind} of metadata piece ${about.piece}`
    if (waiting === 0) yield { id: 'metadata-not-requested', detail: what, offset }
    else open.set(about.piece, waiting - 1)
    const { totalSize } = about
    if (totalSize !== undefined && announced !== undefined && totalSize !== announced) {
      const detail = `${what} says ${totalSize} bytes in all, metadata_size said ${announced}`
      yield { id: 'metadata-total-size', detail, offset }
    }
  })
}
