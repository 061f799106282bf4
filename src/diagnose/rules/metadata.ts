import { MAX_METADATA_LENGTH, METADATA_PIECE_LENGTH } from '../../base/limits.ts'
import { extensionHandshakeOf } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING, type Observation, onMessages } from '../rule.ts'

/** BEP 9. */
export const metadata = defineTheme({
  findings: {
    'metadata-not-requested': {
      severity: 'warning',
      title: 'The peer sent an unrequested metadata message',
      reference: 'BEP 9',
      explanation:
        'Every data or reject message answers one request and repeats its piece number. An answer with any other number leaves the request outstanding forever.',
    },
    'metadata-total-size': {
      severity: 'warning',
      title: 'The peer gives two different metadata sizes',
      reference: 'BEP 9',
      explanation:
        'The `total_size` of a data message must equal the `metadata_size` of the extension handshake, which must not change. A client that allocates one size and uses the other reads or writes out of bounds.',
    },
  },
  both: [answers],
})

/** The largest number of metadata pieces that can be outstanding. */
const MAX_PIECES = MAX_METADATA_LENGTH / METADATA_PIECE_LENGTH

/** Each answer of ut_metadata must match an unanswered request and have the announced size. */
function answers(): Fold<'metadata-not-requested' | 'metadata-total-size'> {
  const open = new Map<number, number>()
  let announced: number | undefined
  return onMessages({ sent: ['extended'], received: ['extended'] }, ({ message, type, offset }) => {
    if (message.type !== 'extended') return NOTHING
    const seen: Observation<'metadata-not-requested' | 'metadata-total-size'>[] = []
    const size = type === 'received' ? extensionHandshakeOf(message)?.metadataSize : undefined
    if (size !== undefined && announced !== undefined && size !== announced)
      seen.push({ id: 'metadata-total-size', detail: `${size}, ${announced} before`, offset })
    announced = size ?? announced
    const { metadata: about } = message
    if (about === undefined) return seen
    const waiting = open.get(about.piece) ?? 0
    if (type === 'sent') {
      if (about.kind === 'request' && open.size < MAX_PIECES) open.set(about.piece, waiting + 1)
      return seen
    }
    if (about.kind === 'request') return seen
    const what = `${about.kind} of metadata piece ${about.piece}`
    if (waiting === 0) seen.push({ id: 'metadata-not-requested', detail: what, offset })
    else open.set(about.piece, waiting - 1)
    const { totalSize } = about
    if (totalSize !== undefined && announced !== undefined && totalSize !== announced) {
      const detail = `${what}: total_size is ${totalSize}, metadata_size was ${announced}`
      seen.push({ id: 'metadata-total-size', detail, offset })
    }
    return seen
  })
}
