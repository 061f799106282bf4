import { describe, expect, test } from 'vitest'
import { concat, fromByteString, fromHex, toByteString, toHex } from '../../../../src/base/bytes.ts'
import { MAX_COMMENTS, METADATA_PIECE_LENGTH } from '../../../../src/base/limits.ts'
import { encodeBencode } from '../../../../src/wire/bencode.ts'
import { decodeCommentMessage } from '../../../../src/wire/extension/comment.ts'
import { decodeDonthaveMessage, encodeDonthaveMessage } from '../../../../src/wire/extension/donthave.ts'
import { decodeFlagMessage, encodeFlagMessage } from '../../../../src/wire/extension/flag-message.ts'
import {
  decodeHolepunchMessage,
  encodeHolepunchMessage,
  holepunchErrorName,
  type HolepunchMessage,
} from '../../../../src/wire/extension/holepunch.ts'
import {
  decodeMetadataMessage,
  encodeMetadataMessage,
  metadataPieceCount,
  metadataPieceLength,
  type MetadataMessage,
} from '../../../../src/wire/extension/metadata.ts'
import { extendedPayload, readVectors, type Vector } from '../../../support/wire/vectors.ts'

interface MetadataInput {
  readonly payload_ascii?: string
  readonly metadata_size?: number
}
interface MetadataExpected {
  readonly bytes?: string
  readonly pieces?: number
  readonly last_piece_size?: number
}
const METADATA = readVectors('ut-metadata') as readonly Vector<MetadataInput, MetadataExpected>[]

const METADATA_MESSAGES: Record<string, MetadataMessage> = {
  'ut_metadata request piece 0': { type: 'request', piece: 0 },
  'ut_metadata reject piece 0': { type: 'reject', piece: 0 },
  'ut_metadata data piece 0, 16-byte metadata': {
    type: 'data',
    piece: 0,
    totalSize: 16,
    data: fromHex('000102030405060708090a0b0c0d0e0f'),
  },
}

describe('ut_metadata', () => {
  test.each(METADATA.filter(({ expected }) => expected.bytes !== undefined))(
    '$name',
    ({ name, expected }) => {
      const wire = extendedPayload(expected.bytes ?? '')
      const value = METADATA_MESSAGES[name] as MetadataMessage
      expect(decodeMetadataMessage(fromHex(wire))).toStrictEqual({ ok: true, value })
      expect(toHex(encodeMetadataMessage(value))).toBe(wire)
    },
  )

  test.each(METADATA.filter(({ input }) => input.metadata_size !== undefined))(
    '$name',
    ({ input, expected }) => {
      const size = input.metadata_size ?? -1
      const count = metadataPieceCount(size)
      expect(count).toBe(expected.pieces)
      expect(metadataPieceLength(count - 1, size)).toBe(expected.last_piece_size)
      expect(metadataPieceLength(count, size)).toBe(0)
    },
  )

  test('pieces before the last are whole, and there is none before the first', () => {
    expect([-1, 0, 1, 2].map((piece) => metadataPieceLength(piece, 31_235))).toStrictEqual([
      0, 16_384, 14_851, 0,
    ])
  })

  test('the last piece of 31235 bytes has the length that its vector gives', () => {
    const data = new Uint8Array(14_851)
    const payload = encodeMetadataMessage({ type: 'data', piece: 1, totalSize: 31_235, data })
    expect(payload.length + 2).toBe(14_898)
    expect(toByteString(payload.subarray(0, 45))).toBe('d8:msg_typei1e5:piecei1e10:total_sizei31235ee')
  })

  test('the end of the dictionary is not the first "ee"', () => {
    const payload = fromByteString('d3:aaa2:ee8:msg_typei1e5:piecei2e10:total_sizei9eeeerest')
    expect(decodeMetadataMessage(payload)).toStrictEqual({
      ok: true,
      value: { type: 'data', piece: 2, totalSize: 9, data: fromByteString('eerest') },
    })
  })

  test('data shares memory with the payload', () => {
    const payload = encodeMetadataMessage({
      type: 'data',
      piece: 0,
      totalSize: 3,
      data: Uint8Array.of(1, 2, 3),
    })
    const result = decodeMetadataMessage(payload)
    expect(result.ok && result.value.type === 'data' && result.value.data.buffer).toBe(payload.buffer)
  })

  test.each<[string, MetadataMessage]>([
    ['d8:msg_typei7e5:piecei0ee', { type: 'unknown', messageType: 7 }],
    ['d8:msg_typei-1eetrailing', { type: 'unknown', messageType: -1 }],
    ['d8:msg_typei0e5:piecei1000000000ee', { type: 'request', piece: 1_000_000_000 }],
    ['d8:msg_typei2e5:piecei3e10:total_sizei9ee', { type: 'reject', piece: 3 }],
    ['d8:msg_typei1e5:piecei0e10:total_sizei34256ee', data0(34_256)],
    ['d8:msg_typei1e5:piecei0e10:total_size1:9e', data0()],
    ['d8:msg_typei1e5:piecei0e10:total_sizei0ee', data0()],
    ['d8:msg_typei1e5:piecei0e10:total_sizei-1ee', data0()],
    ['d8:msg_typei1e5:piecei0e10:total_sizei9223372036854775808ee', data0()],
    ['d8:msg_typei1e5:piecei0ee', data0()],
  ])('%s is read', (text, value) => {
    expect(decodeMetadataMessage(fromByteString(text))).toStrictEqual({ ok: true, value })
  })

  test.each([
    ['', 'ends inside', 0],
    ['i1e', 'not a dictionary', 0],
    ['de', 'no integer msg_type', 0],
    ['d8:msg_type1:0e', 'no integer msg_type', 0],
    ['d8:msg_typei0ee', 'no integer piece', 0],
    ['d8:msg_typei0e5:piecei-1ee', 'no integer piece', 0],
    ['d8:msg_typei0e5:piecei9223372036854775808ee', 'no integer piece', 0],
    ['d8:msg_typei0e5:piecei0eex', '1 bytes after the dictionary', 25],
    ['d8:msg_typei2e5:piecei0eexy', '2 bytes after the dictionary', 25],
    ['l'.repeat(25_000), 'nested deeper', 32],
  ])('%.40s is malformed', (text, reason, offset) => {
    const expected = { ok: false, reason: expect.stringContaining(reason) as string, offset }
    expect(decodeMetadataMessage(fromByteString(text))).toStrictEqual(expected)
  })

  test('data may be one piece long and not a byte more', () => {
    const dictionary = fromByteString('d8:msg_typei1e5:piecei0ee')
    const sized = (length: number) => decodeMetadataMessage(concat([dictionary, new Uint8Array(length)]))
    expect(sized(METADATA_PIECE_LENGTH).ok).toBe(true)
    expect(sized(METADATA_PIECE_LENGTH + 1)).toMatchObject({ ok: false, offset: 25 })
    const data = new Uint8Array(METADATA_PIECE_LENGTH + 1)
    expect(() => encodeMetadataMessage({ type: 'data', piece: 0, totalSize: 1, data })).toThrow(RangeError)
  })
})

interface HolepunchInput {
  readonly msg_type: number
  readonly addr: string
  readonly port: number
  readonly err_code: number | null
}
const HOLEPUNCH = readVectors('ut-holepunch') as readonly Vector<HolepunchInput, { payload: string }>[]

describe('ut_holepunch', () => {
  test.each(HOLEPUNCH)('$name', ({ input, expected }) => {
    const { addr: address, port, err_code: errorCode } = input
    const type = (['rendezvous', 'connect', 'error'] as const)[input.msg_type]
    const value = (
      type === 'error' ? { type, address, port, errorCode } : { type, address, port }
    ) as HolepunchMessage
    expect(decodeHolepunchMessage(fromHex(expected.payload))).toStrictEqual({ ok: true, value })
    const bepForm = errorCode === null ? `${expected.payload}00000000` : expected.payload
    expect(toHex(encodeHolepunchMessage(value))).toBe(bepForm)
  })

  test.each([
    ['', 'message type -1', 0],
    ['03 00 cb007105 1ae1', 'message type 3', 0],
    ['00', 'address type undefined', 1],
    ['00 02 cb007105 1ae1', 'address type 2', 1],
    ['00 00 cb007105 1a', '7 bytes, expected 12', 7],
    ['00 00 cb007105 1ae1 00', '9 bytes, expected 12', 8],
    ['00 00 cb007105 1ae1 0000000000', '13 bytes, expected 12', 8],
    ['00 01 cb007105 1ae1', '8 bytes, expected 24', 8],
    ['02 00 cb007105 1ae1', '8 bytes, expected 12', 8],
  ])('%j is malformed', (wire, reason, offset) => {
    const expected = { ok: false, reason: expect.stringContaining(reason) as string, offset }
    expect(decodeHolepunchMessage(fromHex(wire))).toStrictEqual(expected)
  })

  test('error codes have names', () => {
    const names = ['no-such-peer', 'not-connected', 'no-support', 'no-self']
    expect([1, 2, 3, 4].map(holepunchErrorName)).toStrictEqual(names)
    for (const code of [0, 5, 0xffff_ffff]) expect(holepunchErrorName(code)).toBeUndefined()
  })
})

describe('lt_donthave', () => {
  const vectors = readVectors('lt-donthave') as readonly Vector<{ index: number }, { bytes: string }>[]
  test.each(vectors)('$name', ({ input, expected }) => {
    const wire = extendedPayload(expected.bytes)
    const value = { piece: input.index }
    expect(decodeDonthaveMessage(fromHex(wire))).toStrictEqual({ ok: true, value })
    expect(toHex(encodeDonthaveMessage(value))).toBe(wire)
  })

  test('the piece is unsigned, and 4 bytes', () => {
    expect(decodeDonthaveMessage(fromHex('ffffffff'))).toMatchObject({ value: { piece: 4_294_967_295 } })
    for (const length of [0, 3, 5]) expect(decodeDonthaveMessage(new Uint8Array(length)).ok).toBe(false)
  })
})

describe('upload_only and share_mode', () => {
  const vectors = [...readVectors('upload-only'), ...readVectors('share-mode')] as readonly Vector<
    { value: number },
    { bytes: string }
  >[]
  test.each(vectors)('$name', ({ input, expected }) => {
    const wire = extendedPayload(expected.bytes)
    const value = { isSet: input.value === 1 }
    expect(decodeFlagMessage(fromHex(wire))).toStrictEqual({ ok: true, value })
    expect(toHex(encodeFlagMessage(value))).toBe(wire)
  })

  test('any value but 0 is set, and there is one byte', () => {
    expect(decodeFlagMessage(Uint8Array.of(2))).toStrictEqual({ ok: true, value: { isSet: true } })
    for (const length of [0, 2]) expect(decodeFlagMessage(new Uint8Array(length)).ok).toBe(false)
  })
})

describe('ut_comment', () => {
  const [request, answer] = readVectors('ut-comment') as readonly Vector<unknown, { bytes: string }>[]
  const read = (vector: Vector<unknown, { bytes: string }> | undefined) =>
    decodeCommentMessage(fromHex(extendedPayload(vector?.expected.bytes ?? '')))

  test('request and answer', () => {
    expect(read(request)).toStrictEqual({ ok: true, value: { type: 'request', count: 20 } })
    const comments = [{ owner: 'a', text: 'ok', like: 5, ageSeconds: 60 }]
    expect(read(answer)).toStrictEqual({ ok: true, value: { type: 'comments', comments } })
  })

  test('what is no comment is left out, and the list is bounded', () => {
    const many = Array.from({ length: MAX_COMMENTS + 1 }, () => ({ text: 'x' }))
    const decode = (comments: (typeof many)[number][] | string) =>
      decodeCommentMessage(encodeBencode({ comments, msg_type: 1 }))
    const counted = decode(many)
    expect(counted.ok && counted.value.type === 'comments' && counted.value.comments.length).toBe(
      MAX_COMMENTS,
    )
    expect(decode('x')).toStrictEqual({ ok: true, value: { type: 'comments', comments: [] } })
    expect(decodeCommentMessage(encodeBencode({ msg_type: 9 }))).toMatchObject({ value: { type: 'unknown' } })
    expect(decodeCommentMessage(encodeBencode({}))).toMatchObject({ ok: false })
    expect(decodeCommentMessage(new Uint8Array())).toMatchObject({ ok: false })
  })
})

function data0(totalSize?: number): MetadataMessage {
  return { type: 'data', piece: 0, totalSize, data: new Uint8Array() }
}
