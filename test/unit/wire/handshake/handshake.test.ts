import { describe, expect, test } from 'vitest'
import { encodeUtf8, fromHex, toHex } from '../../../../src/base/bytes.ts'
import type { PeerError } from '../../../../src/base/errors.ts'
import {
  awaitsProtocolName,
  beginsHandshake,
  checkHandshakePrefix,
  decodeHandshake,
  decodeHandshakeHead,
  encodeHandshake,
  HANDSHAKE_HEAD_LENGTH,
  HANDSHAKE_LENGTH,
} from '../../../../src/wire/handshake/handshake.ts'
import { handshakeVectors } from '../../../support/wire/handshake-vectors.ts'

const whole = handshakeVectors.filter(({ expected }) => expected.bytes !== undefined)
const refused = handshakeVectors.filter(
  ({ name, expected }) => expected.error !== undefined && !name.includes('truncated'),
)
const cutOff = handshakeVectors.filter(({ name }) => name.includes('truncated'))

test('the vectors are there', () => {
  expect([whole.length, refused.length, cutOff.length]).toStrictEqual([7, 4, 2])
})

describe.each(whole)('$name', ({ input, expected }) => {
  const bytes = fromHex(expected.bytes ?? '')
  const reserved = fromHex(input.reserved ?? '')
  const infoHash = fromHex(input.info_hash ?? input.info_hash_v2 ?? '').subarray(0, 20)
  const peerId = fromHex(input.peer_id ?? '')

  test('encodes', () => {
    expect(toHex(encodeHandshake({ reserved, infoHash, peerId }))).toBe(expected.bytes)
  })

  test('decodes', () => {
    expect(decodeHandshake(bytes)).toMatchObject({ reserved, infoHash, peerId })
  })

  test('its head decodes without the peer id', () => {
    expect(decodeHandshakeHead(bytes.subarray(0, HANDSHAKE_HEAD_LENGTH))).toMatchObject({
      reserved,
      infoHash,
    })
  })
})

const FOREIGN: readonly { name: string; bytes: Uint8Array; code: string; offset?: number }[] = [
  { name: 'HTTP answer', bytes: encodeUtf8('HTTP/1.1 400 Bad Request\r\n'), code: 'E_NOT_BITTORRENT_HTTP' },
  { name: 'HTML page', bytes: encodeUtf8('<!DOCTYPE html>'), code: 'E_NOT_BITTORRENT_HTTP' },
  { name: 'html page without a doctype', bytes: encodeUtf8('<html>'), code: 'E_NOT_BITTORRENT_HTTP' },
  { name: 'HTTP cut before its slash', bytes: encodeUtf8('HTTP'), code: 'E_NOT_BITTORRENT' },
  { name: 'SSH banner', bytes: encodeUtf8('SSH-2.0-OpenSSH_9.6'), code: 'E_NOT_BITTORRENT_SSH' },
  { name: 'TLS alert', bytes: fromHex('15030100020228'), code: 'E_NOT_BITTORRENT_TLS' },
  { name: 'TLS handshake', bytes: fromHex('1603010200'), code: 'E_NOT_BITTORRENT_TLS' },
  { name: 'TLS record type alone', bytes: fromHex('16'), code: 'E_NOT_BITTORRENT' },
  { name: 'SOCKS5, no method', bytes: fromHex('05ff'), code: 'E_NOT_BITTORRENT_SOCKS' },
  { name: 'SOCKS5, no authentication', bytes: fromHex('0500'), code: 'E_NOT_BITTORRENT_SOCKS' },
  { name: 'SOCKS4, granted', bytes: fromHex('005a000000000000'), code: 'E_NOT_BITTORRENT_SOCKS' },
  { name: 'length of the name one less', bytes: fromHex('1242697454'), code: 'E_NOT_BITTORRENT_LENGTH' },
  { name: 'length of the name 0', bytes: fromHex('0042697454'), code: 'E_NOT_BITTORRENT_LENGTH' },
  { name: 'length of the name 31', bytes: fromHex('1f42697454'), code: 'E_NOT_BITTORRENT_LENGTH' },
  { name: 'length of the name 32', bytes: fromHex('2042697454'), code: 'E_NOT_BITTORRENT' },
  { name: 'a small number and another name', bytes: fromHex('1242697455'), code: 'E_NOT_BITTORRENT' },
  { name: 'length of the name 255', bytes: fromHex('ff42697454'), code: 'E_NOT_BITTORRENT' },
  { name: 'bencode', bytes: encodeUtf8('d8:completei1ee'), code: 'E_NOT_BITTORRENT' },
  {
    name: 'another name',
    bytes: encodeUtf8('\x13BitTorrent Protocol'),
    code: 'E_NOT_BITTORRENT',
    offset: 12,
  },
  {
    name: 'last letter wrong',
    bytes: encodeUtf8('\x13BitTorrent protocoL'),
    code: 'E_NOT_BITTORRENT',
    offset: 19,
  },
]

describe.each(FOREIGN)('$name', ({ bytes, code, offset = 0 }) => {
  test('is refused at the first byte that differs', () => {
    expect(beginsHandshake(bytes)).toBe(false)
    expect(refusal(bytes, 0)).toMatchObject({ code, offset, phase: 'handshake', reference: 'BEP 3' })
    expect(refusal(bytes, 1000).offset).toBe(1000 + offset)
  })
})

test.each(refused)('$name', ({ input }) => {
  expect(refusal(fromHex(input.bytes ?? ''), 0).code).toMatch(/^E_NOT_BITTORRENT/)
})

test.each(cutOff)('$name: nothing to refuse yet', ({ input }) => {
  const bytes = fromHex(input.bytes ?? '')
  expect(beginsHandshake(bytes)).toBe(true)
  expect(() => checkHandshakePrefix(bytes)).not.toThrow()
  expect(() => decodeHandshake(bytes)).toThrow(RangeError)
})

test.each([
  { text: '', awaits: true },
  { text: 'H', awaits: true },
  { text: 'HTTP', awaits: true },
  { text: 'HTTP/', awaits: false },
  { text: 'HTTQ', awaits: false },
  { text: '\x05', awaits: true },
  { text: '\x05\x01', awaits: false },
  { text: 'X', awaits: false },
])('after "$text" a protocol may still be named: $awaits', ({ text, awaits }) => {
  expect(awaitsProtocolName(encodeUtf8(text))).toBe(awaits)
})

test('one byte less than a handshake or its head is a mistake of the caller', () => {
  const bytes = encodeHandshake({
    reserved: new Uint8Array(8),
    infoHash: new Uint8Array(20),
    peerId: new Uint8Array(20),
  })
  expect(bytes).toHaveLength(HANDSHAKE_LENGTH)
  expect(() => decodeHandshake(bytes.subarray(0, 67))).toThrow(RangeError)
  expect(() => decodeHandshakeHead(bytes.subarray(0, 47))).toThrow(RangeError)
})

test.each(['reserved', 'infoHash', 'peerId'] as const)('%s of a wrong length is not encoded', (part) => {
  const parts = { reserved: new Uint8Array(8), infoHash: new Uint8Array(20), peerId: new Uint8Array(20) }
  for (const change of [-1, 1]) {
    const wrong = { ...parts, [part]: new Uint8Array(parts[part].length + change) }
    expect(() => encodeHandshake(wrong)).toThrow(RangeError)
  }
})

function refusal(bytes: Uint8Array, start: number): PeerError {
  try {
    checkHandshakePrefix(bytes, start)
  } catch (error) {
    return error as PeerError
  }
  throw new Error('was not refused')
}
