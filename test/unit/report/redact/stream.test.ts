import { describe, expect, test } from 'vitest'
import { concat, encodeUtf8, fromHex, toByteString, toHex } from '../../../../src/base/bytes.ts'
import { MAX_REDACTED_FRAME } from '../../../../src/base/limits.ts'
import { Redactor } from '../../../../src/report/redact/redactor.ts'
import { encodeBencode } from '../../../../src/wire/bencode.ts'
import { encodeExtensionHandshake } from '../../../../src/wire/extension/handshake.ts'
import { encodeHandshake } from '../../../../src/wire/handshake/handshake.ts'
import { MessageDecoder, type WireItem } from '../../../../src/wire/message/decoder.ts'
import { encodeMessages, type Message } from '../../../../src/wire/message/message.ts'
import { serviceOf } from '../../../../src/wire/service.ts'
import { leaks } from '../../../support/wire/forms-of.ts'

const HASH = fromHex('0123456789abcdef0123456789abcdef01234567')
const ID = encodeUtf8('-qB4520-Zz9Yy8Xx7Ww6')
const SECRET = 'Geheimnis-4711'
const ADDRESS = [81, 2, 69, 142] as const

const ANNOUNCED: Message = {
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({
    extensions: new Map([
      ['ut_pex', 1],
      ['ut_metadata', 2],
      ['ut_holepunch', 4],
      ['lt_donthave', 7],
    ]),
    client: 'qBittorrent/4.5.2',
    yourIp: ADDRESS.join('.'),
    unknown: new Map([['label', encodeUtf8(SECRET)]]),
  }),
}

const extended = (id: number, payload: Uint8Array): Message => ({ type: 'extended', id, payload })
const text = (words: string) => encodeUtf8(words)
const PEX = encodeBencode({
  added: Uint8Array.of(...ADDRESS, 0x1a, 0xe1),
  'added.f': Uint8Array.of(2),
  dropped: text(''),
})

const MESSAGES: readonly Message[] = [
  ANNOUNCED,
  { type: 'have-all' },
  { type: 'allowed-fast', piece: 7 },
  extended(1, PEX),
  extended(2, concat([encodeBencode({ msg_type: 1, piece: 0, total_size: 14 }), text(SECRET)])),
  extended(4, Uint8Array.of(0, 0, ...ADDRESS, 0x1a, 0xe1, 0, 0, 0, 0)),
  extended(7, Uint8Array.of(0, 0, 0, 9)),
  extended(99, text(SECRET)),
  { type: 'piece', piece: 3, begin: 16_384, block: text(SECRET.repeat(9)) },
  { type: 'bitfield', bits: Uint8Array.of(0xff, 0x80) },
  {
    type: 'hash-request',
    request: { piecesRoot: new Uint8Array(32).fill(0xab), baseLayer: 0, index: 0, length: 2, proofLayers: 0 },
  },
  { type: 'unchoke' },
]

const STREAM = concat([
  encodeHandshake({ reserved: new Uint8Array(8), infoHash: HASH, peerId: ID }),
  encodeMessages(MESSAGES),
])
const ORIGINALS = [HASH, ID.subarray(8), SECRET, Uint8Array.from(ADDRESS), new Uint8Array(32).fill(0xab)]

/** What is left of a stream that comes in these chunks, from a peer to which the other side announced the same. */
function redacted(stream: Uint8Array, chunkLength = stream.length): Uint8Array {
  const { local, remote } = new Redactor(new Uint8Array(32), []).connection()
  local.push(STREAM.slice(0, 68))
  local.push(encodeMessages([ANNOUNCED]))
  const parts: Uint8Array[] = []
  for (let at = 0; at < stream.length; at += chunkLength)
    parts.push(remote.push(stream.slice(at, at + chunkLength)))
  return concat([...parts, remote.end()])
}

const shapeOf = (item: WireItem) => ({
  kind: item.kind,
  offset: item.offset,
  length: item.length,
  type: item.kind === 'message' ? item.message.type : undefined,
})

describe('a stream of messages', () => {
  const result = redacted(STREAM)
  const items = new MessageDecoder().push(result)

  test('has the same messages in the same places', () => {
    expect(items.map(shapeOf)).toStrictEqual(new MessageDecoder().push(STREAM).map(shapeOf))
  })

  test('has none of the originals', () => {
    expect(leaks(STREAM, ORIGINALS)).not.toStrictEqual([])
    expect(leaks(result, ORIGINALS)).toStrictEqual([])
  })

  test('keeps clients, ports, flags, sizes and numbers', () => {
    const whole = toByteString(result)
    expect(whole).toContain('-qB4520-')
    expect(whole).toContain('qBittorrent/4.5.2')
    expect(whole).toContain(toByteString(Uint8Array.of(192, 0, 2, 1, 0x1a, 0xe1)))
    expect(whole).toContain('7:added.f1:\u0002')
    expect(whole).toContain('10:total_sizei14e')
    expect(items.map((item) => (item.kind === 'message' ? item.message : item))).toContainEqual({
      type: 'bitfield',
      bits: Uint8Array.of(0xff, 0x80),
    })
  })

  test.each([1, 2, 7, 67, 69, 100])('is the same in chunks of %i bytes', (length) => {
    expect(toHex(redacted(STREAM, length))).toBe(toHex(result))
  })

  test.each([30, 47, 60, 90, 140, 200, 300])('that is cut after %i bytes shows nothing', (length) => {
    const cut = redacted(STREAM.slice(0, length))
    expect(cut).toHaveLength(length)
    expect(leaks(cut, ORIGINALS)).toStrictEqual([])
  })
})

test('a message that is too long to hold is cleared as it comes', () => {
  const long = extended(9, text(SECRET.repeat(MAX_REDACTED_FRAME / SECRET.length + 9)))
  const stream = concat([STREAM.slice(0, 68), encodeMessages([long, { type: 'unchoke' }])])
  const { remote } = new Redactor(new Uint8Array(32), []).connection()
  let passed = 0
  for (let at = 0; at < stream.length - 5; at += 1000)
    passed = remote.push(stream.slice(at, at + 1000)).length
  expect(passed).toBeGreaterThan(0)
  const result = redacted(stream, 1000)
  expect(leaks(result, [SECRET])).toStrictEqual([])
  expect(new MessageDecoder().push(result).map(shapeOf)).toStrictEqual(
    new MessageDecoder().push(stream).map(shapeOf),
  )
})

describe('another protocol', () => {
  test.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\nServer: geheimnis-4711\r\n\r\n'],
    ['SSH', 'SSH-2.0-Geheimnis-4711\r\n'],
    ['SMTP', '220 mail.geheimnis-4711.example ESMTP Postfix\r\n'],
    ['FTP', '220 Geheimnis-4711 ready\r\n'],
    ['POP3', '+OK Geheimnis-4711\r\n'],
    ['IRC', ':irc.geheimnis-4711.example NOTICE AUTH :*** hello\r\n'],
    ['VNC', 'RFB 003.008\n'],
    ['MySQL', 'J\0\0\0\n8.0.36-Geheimnis-4711\0abc'],
    ['TLS', '\u0016\u0003\u0003\0\u0050geheimnis-4711.example'],
  ])('%s is still recognised', (name, banner) => {
    const bytes = Uint8Array.from(banner, (character) => character.charCodeAt(0))
    expect(serviceOf(bytes)?.name).toBe(name)
    const result = redacted(bytes)
    expect(result).toHaveLength(bytes.length)
    expect(serviceOf(result)?.name).toBe(name)
    expect(toByteString(result).toLowerCase()).not.toMatch(/geheimnis|4711/)
  })
})
