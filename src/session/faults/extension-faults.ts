import { encodeUtf8 } from '../../base/bytes.ts'
import { encodeBencode } from '../../wire/bencode.ts'
import { decodeExtensionHandshake } from '../../wire/extension/handshake.ts'
import { type StreamFault, type FaultAction, insteadOf, type RunningFault, sendMessage } from './fault.ts'

/** Clears the screen, sets the title, reverses the text direction and fakes another client on a new line. */
const HOSTILE_NAME = '\u001b[2J\u001b]0;owned\u0007\u202eexploit\u0000\nuTorrent 9.9'

export const EXTENSION_FAULTS: readonly StreamFault[] = [
  {
    name: 'no-extension-handshake',
    phase: 'extension',
    description: 'set the extension bit and send no extension handshake',
    start: () => insteadOfHandshakePayload(() => []),
  },
  {
    name: 'extension-garbage',
    phase: 'extension',
    description: 'send an extension handshake that is not bencoded',
    start: () => insteadOfHandshakePayload(() => [encodeUtf8('d1:mdthis is not bencode')]),
  },
  {
    name: 'extension-deep',
    phase: 'extension',
    description: 'nest N lists in the extension handshake',
    argument: { unit: 'lists', default: 25_000, min: 1, max: 1_000_000 },
    start: (depth) => insteadOfHandshakePayload(() => [encodeUtf8('l'.repeat(depth))]),
  },
  {
    name: 'extension-types',
    phase: 'extension',
    description: 'give every key of the extension handshake a value of the wrong type',
    start: () =>
      insteadOfHandshakePayload(() => [
        encodeBencode({
          e: [],
          m: 7,
          metadata_size: 'big',
          p: 2 ** 40,
          reqq: -1,
          upload_only: [1],
          v: 5,
          yourip: 'x',
        }),
      ]),
  },
  {
    name: 'extension-flood',
    phase: 'extension',
    description: 'send the extension handshake N times',
    argument: { unit: 'messages', default: 10_000, min: 1, max: 1_000_000 },
    start: (count) => insteadOfHandshakePayload((payload) => Array.from({ length: count }, () => payload)),
  },
  {
    name: 'extension-twice',
    phase: 'extension',
    description: 'send a second extension handshake that disables ut_metadata (legal)',
    start: () => insteadOfHandshakePayload((payload) => [payload, encodeBencode({ m: { ut_metadata: 0 } })]),
  },
  {
    name: 'hostile-name',
    phase: 'extension',
    description: 'put escape sequences and bidirectional control characters into the client name',
    start: () => withMember('v', encodeUtf8(HOSTILE_NAME)),
  },
  {
    name: 'unannounced-extension',
    phase: 'extension',
    description: 'send an extension message with an id that was not announced',
    argument: { unit: 'id', default: 77, min: 1, max: 255 },
    start: (id) =>
      insteadOf('extended', (message) => {
        const extra: FaultAction[] =
          message.id === 0 ? [sendMessage({ type: 'extended', id, payload: encodeUtf8('de') })] : []
        return [sendMessage(message), ...extra]
      }),
  },
  {
    name: 'metadata-size',
    phase: 'metadata',
    description: 'announce a metadata size of N bytes',
    argument: { unit: 'bytes', default: 0x7fff_ffff, min: 0, max: Number.MAX_SAFE_INTEGER },
    start: (size) => withMember('metadata_size', size),
  },
  {
    name: 'reqq',
    phase: 'extension',
    description: 'announce a request queue (reqq) of N requests',
    argument: { unit: 'requests', default: 1, min: 0, max: 0xffff_ffff },
    start: (count) => withMember('reqq', count),
  },
]

function insteadOfHandshakePayload(replace: (payload: Uint8Array) => readonly Uint8Array[]): RunningFault {
  return insteadOf('extended', (message) =>
    message.id === 0
      ? replace(message.payload).map((payload) => sendMessage({ type: 'extended', id: 0, payload }))
      : [sendMessage(message)],
  )
}

/** Our extension handshake with one member replaced. */
function withMember(key: string, value: Uint8Array | number): RunningFault {
  return insteadOfHandshakePayload((payload) => {
    const decoded = decodeExtensionHandshake(payload)
    return decoded.ok ? [encodeBencode(new Map([...decoded.value.raw, [key, value]]))] : [payload]
  })
}
