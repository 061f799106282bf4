import { encodeUtf8 } from '../../base/bytes.ts'
import { encodeHandshake } from '../../wire/handshake/handshake.ts'
import { decodeFeatures } from '../../wire/handshake/reserved-bits.ts'
import { type StreamFault, type FaultAction, insteadOfHandshake, withFlippedBit } from './fault.ts'

/** The answer of a web server that listens on a peer's port. */
const HTTP_ANSWER = 'HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nConnection: close\r\n\r\n'

export const HANDSHAKE_FAULTS: readonly StreamFault[] = [
  {
    name: 'silent',
    phase: 'handshake',
    description: 'accept the connection and never send a byte',
    atOnce: true,
    start: () => ({ connected: () => [{ type: 'stall' }] }),
  },
  {
    name: 'close-on-accept',
    phase: 'handshake',
    description: 'close as soon as the connection is established',
    atOnce: true,
    start: () => ({ connected: () => [{ type: 'close', how: 'end' }] }),
  },
  {
    name: 'reset-on-accept',
    phase: 'handshake',
    description: 'reset as soon as the connection is established',
    atOnce: true,
    start: () => ({ connected: () => [{ type: 'close', how: 'abort' }] }),
  },
  {
    name: 'wrong-info-hash',
    phase: 'handshake',
    description: 'answer with an info hash that differs in one bit',
    start: () =>
      insteadOfHandshake((handshake) => [
        {
          type: 'send',
          unit: {
            type: 'handshake',
            handshake: { ...handshake, infoHash: withFlippedBit(handshake.infoHash, 19) },
          },
        },
      ]),
  },
  {
    name: 'wrong-protocol',
    phase: 'handshake',
    description: 'misspell the last letter of the protocol name',
    start: () =>
      insteadOfHandshake((handshake) => [
        { type: 'raw', bytes: withFlippedBit(encodeHandshake(handshake), 19) },
      ]),
  },
  {
    name: 'http',
    phase: 'handshake',
    description: 'answer like a web server, and close the connection',
    start: () =>
      insteadOfHandshake(() => [
        { type: 'raw', bytes: encodeUtf8(HTTP_ANSWER) },
        { type: 'close', how: 'end' },
      ]),
  },
  {
    name: 'echo-peer-id',
    phase: 'handshake',
    description: "answer with the peer's own peer id",
    start: (_argument, { peerHandshake }) =>
      insteadOfHandshake((handshake) => {
        const peerId = peerHandshake()?.peerId ?? handshake.peerId
        return [{ type: 'send', unit: { type: 'handshake', handshake: { ...handshake, peerId } } }]
      }),
  },
  {
    name: 'zero-peer-id',
    phase: 'handshake',
    description: 'answer with a peer id of zeros',
    start: () =>
      insteadOfHandshake((handshake) => [
        {
          type: 'send',
          unit: { type: 'handshake', handshake: { ...handshake, peerId: new Uint8Array(20) } },
        },
      ]),
  },
  {
    name: 'cut-handshake',
    phase: 'handshake',
    description: 'close the connection after N bytes of the handshake',
    argument: { unit: 'bytes', default: 28, min: 0, max: 67 },
    start: (length) =>
      insteadOfHandshake((handshake) => [
        { type: 'raw', bytes: encodeHandshake(handshake).subarray(0, length) },
        { type: 'close', how: 'end' },
      ]),
  },
  {
    name: 'slow-handshake',
    phase: 'handshake',
    description: 'send the handshake one byte at a time, N milliseconds apart',
    argument: { unit: 'ms', default: 1000, min: 0, max: 600_000 },
    start: (ms) =>
      insteadOfHandshake((handshake) =>
        Array.from(encodeHandshake(handshake)).flatMap((byte): FaultAction[] => [
          { type: 'raw', bytes: Uint8Array.of(byte) },
          { type: 'wait', ms },
        ]),
      ),
  },
  {
    name: 'all-bits',
    phase: 'handshake',
    description: 'set all 64 reserved bits',
    start: () => withReserved(0xff),
  },
  {
    name: 'not-negotiated',
    phase: 'handshake',
    description: 'clear all reserved bits, and use the extensions anyway',
    start: () => withReserved(0),
  },
]

function withReserved(byte: number) {
  const reserved = new Uint8Array(8).fill(byte)
  return insteadOfHandshake((handshake) => [
    {
      type: 'send',
      unit: { type: 'handshake', handshake: { ...handshake, reserved, features: decodeFeatures(reserved) } },
    },
  ])
}
