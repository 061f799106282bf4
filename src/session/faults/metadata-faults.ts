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
    description: 'offer metadata, and reject every request for it',
    start: () => insteadOfData(({ piece }) => [{ type: 'reject', piece }]),
  },
  {
    name: 'metadata-silent',
    phase: 'metadata',
    description: 'offer metadata, and answer no requests for it',
    start: () => insteadOfData(() => []),
  },
  {
    name: 'metadata-corrupt',
    phase: 'metadata',
    description: 'flip one bit in every metadata piece',
    start: () =>
      insteadOfData((message) => [
        { ...message, data: withFlippedBit(message.data, message.data.length >> 1) },
      ]),
  },
  {
    name: 'metadata-short',
    phase: 'metadata',
    description: 'omit the last byte of every metadata piece',
    start: () => insteadOfData((message) => [{ ...message, data: message.data.slice(0, -1) }]),
  },
  {
    name: 'metadata-wrong-piece',
    phase: 'metadata',
    description: 'answer with the index of the next metadata piece',
    start: () => insteadOfData((message) => [{ ...message, piece: message.piece + 1 }]),
  },
  {
    name: 'metadata-total-size',
    phase: 'metadata',
    description: 'send metadata with a total_size that differs from the extension handshake',
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
    description: 'flip one bit of the hashes in every answer',
    start: () =>
      insteadOf('hashes', (message) => [
        sendMessage({ ...message, hashes: withFlippedBit(message.hashes, 0) }),
      ]),
  },
]

/** ut_metadata is the only extension that a seeder answers, so every message but the handshake is a ut_metadata message. */
function insteadOfData(replace: (message: MetadataData) => readonly MetadataMessage[]): RunningFault {
  return insteadOf('extended', (message): readonly FaultAction[] => {
    const decoded = message.id === 0 ? undefined : decodeMetadataMessage(message.payload)
    if (decoded === undefined || !decoded.ok || decoded.value.type !== 'data') return [sendMessage(message)]
    return replace(decoded.value).map((answer) =>
      sendMessage({ type: 'extended', id: message.id, payload: encodeMetadataMessage(answer) }),
    )
  })
}
