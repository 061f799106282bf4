import {
  decodeMetadataMessage,
  encodeMetadataMessage,
  type MetadataMessage,
} from '../../wire/extension/metadata.ts'
import {
  type StreamFault,
  type FaultAction,
  insteadOf,
  type RunningFault,
  sendMessage,
  withFlippedBit,
} from './fault.ts'

type MetadataData = Extract<MetadataMessage, { readonly type: 'data' }>

export const METADATA_FAULTS: readonly StreamFault[] = [
  {
    name: 'metadata-reject',
    phase: 'metadata',
    description: 'offer metadata and reject every request for it',
    start: () => insteadOfData(({ piece }) => [{ type: 'reject', piece }]),
  },
  {
    name: 'metadata-silent',
    phase: 'metadata',
    description: 'offer metadata and answer no request for it',
    start: () => insteadOfData(() => []),
  },
  {
    name: 'metadata-corrupt',
    phase: 'metadata',
    description: 'turn over a bit in every piece of the metadata',
    start: () =>
      insteadOfData((message) => [
        { ...message, data: withFlippedBit(message.data, message.data.length >> 1) },
      ]),
  },
  {
    name: 'metadata-short',
    phase: 'metadata',
    description: 'leave out the last byte of every piece of the metadata',
    start: () => insteadOfData((message) => [{ ...message, data: message.data.slice(0, -1) }]),
  },
  {
    name: 'metadata-wrong-piece',
    phase: 'metadata',
    description: 'answer with the number of the next piece of the metadata',
    start: () => insteadOfData((message) => [{ ...message, piece: message.piece + 1 }]),
  },
  {
    name: 'metadata-total-size',
    phase: 'metadata',
    description: 'give another total_size with the data than in the extension handshake',
    start: () => insteadOfData((message) => [{ ...message, totalSize: (message.totalSize ?? 0) + 1 }]),
  },
  {
    name: 'hashes-reject',
    phase: 'hashes',
    description: 'reject every hash request',
    start: () => insteadOf('hashes', ({ request }) => [sendMessage({ type: 'hash-reject', request })]),
  },
  {
    name: 'hashes-corrupt',
    phase: 'hashes',
    description: 'turn over a bit of the hashes in every answer',
    start: () =>
      insteadOf('hashes', (message) => [
        sendMessage({ ...message, hashes: withFlippedBit(message.hashes, 0) }),
      ]),
  },
]

/** ut_metadata is the only extension that a seeder answers: every message but the handshake is one of it. */
function insteadOfData(replace: (message: MetadataData) => readonly MetadataMessage[]): RunningFault {
  return insteadOf('extended', (message): readonly FaultAction[] => {
    const decoded = message.id === 0 ? undefined : decodeMetadataMessage(message.payload)
    if (decoded === undefined || !decoded.ok || decoded.value.type !== 'data') return [sendMessage(message)]
    return replace(decoded.value).map((answer) =>
      sendMessage({ type: 'extended', id: message.id, payload: encodeMetadataMessage(answer) }),
    )
  })
}
