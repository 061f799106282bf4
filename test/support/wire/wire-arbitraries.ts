import * as fc from 'fast-check'
import { concat } from '../../../src/base/bytes.ts'
import { encodeHandshake, type Handshake } from '../../../src/wire/handshake/handshake.ts'
import { MessageId } from '../../../src/wire/message/id.ts'
import { encodeMessage, type Message } from '../../../src/wire/message/message.ts'

const uint32 = fc.oneof(fc.nat({ max: 70_000 }), fc.nat({ max: 0xffff_ffff }), fc.constant(0xffff_ffff))
const byte = fc.nat({ max: 255 })
const bytes = fc.uint8Array({ maxLength: 60 })
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

const hashRequest = fc.record({
  piecesRoot: exactly(32),
  baseLayer: uint32,
  index: uint32,
  length: uint32,
  proofLayers: uint32,
})

const undefinedId = byte.filter((id) => !Object.values<number>(MessageId).includes(id))

/** Every well-formed message, including unknown ids. */
export const readableMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constantFrom(
      'keep-alive' as const,
      'choke' as const,
      'unchoke' as const,
      'interested' as const,
      'not-interested' as const,
      'have-all' as const,
      'have-none' as const,
    ),
  }),
  fc.record({
    type: fc.constantFrom('have' as const, 'suggest' as const, 'allowed-fast' as const),
    piece: uint32,
  }),
  fc.record({
    type: fc.constantFrom('request' as const, 'cancel' as const, 'reject' as const),
    piece: uint32,
    begin: uint32,
    length: uint32,
  }),
  fc.record({ type: fc.constant('bitfield' as const), bits: bytes }),
  fc.record({ type: fc.constant('piece' as const), piece: uint32, begin: uint32, block: bytes }),
  fc.record({ type: fc.constant('port' as const), port: fc.nat({ max: 65_535 }) }),
  fc.record({ type: fc.constant('extended' as const), id: byte, payload: bytes }),
  fc.record({
    type: fc.constantFrom('hash-request' as const, 'hash-reject' as const),
    request: hashRequest,
  }),
  fc.record({
    type: fc.constant('hashes' as const),
    request: hashRequest,
    hashes: fc.nat({ max: 3 }).chain((count) => exactly(32 * count)),
  }),
  fc.record({ type: fc.constant('unknown' as const), id: undefinedId, payload: bytes }),
)

/** One frame with any id and any payload, and a correct length prefix. */
export const anyFrame: fc.Arbitrary<Uint8Array> = bytes.map((body) =>
  concat([Uint8Array.of(0, 0, 0, body.length), body]),
)

const handshake: fc.Arbitrary<Pick<Handshake, 'reserved' | 'infoHash' | 'peerId'>> = fc.record({
  reserved: exactly(8),
  infoHash: exactly(20),
  peerId: exactly(20),
})

/**
 * What a peer might send after the handshake: complete frames, and sometimes noise. Noise alone would almost never form
 * a frame, and frames alone would never be invalid.
 */
const frames: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: readableMessage.map(encodeMessage) },
      { weight: 3, arbitrary: anyFrame },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 9 }) },
    ),
    { maxLength: 12 },
  )
  .map(concat)

/** A stream from its start: a handshake, part of one, none, or another protocol, and then frames. */
export const stream: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: handshake.map(encodeHandshake) },
      handshake.map((parts) => encodeHandshake(parts).subarray(0, 48)),
      fc.constantFrom('HTTP/1.1 200 OK', 'SSH-2.0', '\x16\x03\x01', '\x05\x00').map((text) => {
        return Uint8Array.from(text, (char) => char.charCodeAt(0))
      }),
      fc.uint8Array({ maxLength: 70 }),
    ),
    frames,
  )
  .map(concat)

/** Chunk lengths to cycle through. */
export const chunkSizes: fc.Arbitrary<number[]> = fc.array(fc.integer({ min: 1, max: 90 }), {
  minLength: 1,
  maxLength: 8,
})
