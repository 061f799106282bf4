import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../../src/base/bytes.ts'
import { internetChecksum, sumWords } from '../../../../src/wire/network/checksum.ts'
import { encodeTcpFrame, encodeUdpFrame, type FrameAddresses } from '../../../../src/wire/network/frame.ts'
import { decodeTcpSegment, TCP_FLAG } from '../../../../src/wire/network/tcp-segment.ts'
import { decodeUdpDatagram } from '../../../../src/wire/network/udp-datagram.ts'

/** The sum of all words. */
function sumOf(bytes: Uint8Array, initial = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return sumWords(view, 0, bytes.length, initial)
}

test('the checksum of RFC 1071', () => {
  expect(internetChecksum(sumOf(fromHex('0001f203f4f5f6f7')))).toBe(0x220d)
  expect(internetChecksum(sumOf(fromHex('01')))).toBe(0xfeff)
  expect(internetChecksum(sumOf(fromHex('0102030405')))).toBe(0xffff - 0x0406 - 0x0500)
  expect(internetChecksum(sumOf(new Uint8Array(65_536).fill(0xff)))).toBe(0)
})

test('any part of memory has the sum of its words', () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => i * 37 + 200)
  for (let start = 0; start < 5; start++) {
    for (let end = start; end <= bytes.length; end++) {
      let sum = 7
      for (let at = start; at < end; at += 2)
        sum += (bytes[at] ?? 0) * 256 + (at + 1 < end ? (bytes[at + 1] ?? 0) : 0)
      const found = sumWords(new DataView(bytes.buffer), start, end, 7)
      expect(internetChecksum(found)).toBe(internetChecksum(sum))
    }
  }
})

const V4: FrameAddresses = {
  hardware: { source: fromHex('020000000001'), destination: fromHex('020000000002') },
  source: fromHex('c0000207'),
  destination: fromHex('c6336409'),
  id: 0x1234,
}
const V6: FrameAddresses = {
  ...V4,
  source: fromHex(`20010db8${'00'.repeat(11)}01`),
  destination: fromHex(`20010db8${'00'.repeat(11)}02`),
}
const TCP = {
  sourcePort: 6881,
  destinationPort: 51_413,
  sequence: 1,
  acknowledged: 0x80000000,
  flags: TCP_FLAG.ack | TCP_FLAG.psh,
  window: 65_535,
}
const UDP = { sourcePort: 6881, destinationPort: 51_413 }

// tshark -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE calls all of them good
test.each([
  [
    'TCP over IPv4',
    encodeTcpFrame(V4, TCP, fromHex('deadbeef')),
    '020000000002020000000001 0800 4500002c12344000400' +
      '63c54 c0000207c6336409 1ae1c8d50000000180000000 5018ffff c22e 0000 deadbeef',
  ],
])('%s', (_, frame, hex) => {
  expect(toHex(frame)).toBe(hex.replaceAll(' ', ''))
})

describe.each([
  ['IPv4', V4, 34],
  ['IPv6', V6, 54],
])('over %s', (_, addresses, at) => {
  /** What a receiver sums up, which must be 0. */
  const check = (frame: Uint8Array, protocol: number) => {
    const upper = frame.subarray(at)
    return internetChecksum(
      sumOf(upper, sumOf(addresses.source, sumOf(addresses.destination, protocol + upper.length))),
    )
  }

  test.each([0, 1, 4, 1460])(
    'a segment with %s bytes of payload has a good checksum and decodes',
    (length) => {
      const payload = Uint8Array.from({ length }, (_byte, i) => i * 7)
      const frame = encodeTcpFrame(addresses, TCP, payload)
      expect(check(frame, 6)).toBe(0)
      expect(decodeTcpSegment(frame.subarray(at))).toStrictEqual({ ok: true, value: { ...TCP, payload } })
    },
  )

  test.each([0, 1, 4, 1472])(
    'a datagram with %s bytes of payload has a good checksum and decodes',
    (length) => {
      const payload = Uint8Array.from({ length }, (_byte, i) => i * 7)
      const frame = encodeUdpFrame(addresses, UDP, payload)
      expect(check(frame, 17)).toBe(0)
      expect(decodeUdpDatagram(frame.subarray(at))).toStrictEqual({ ok: true, value: { ...UDP, payload } })
    },
  )
})

test('TCP options are skipped', () => {
  const segment = fromHex('1ae1c8d50000000180000000 7018ffff00000000 0101080a00000000 deadbeef')
  expect(decodeTcpSegment(segment)).toMatchObject({ value: { payload: fromHex('deadbeef') } })
})

test.each([
  ['a TCP header that is cut', decodeTcpSegment, '1ae1c8d5', 4],
  ['a TCP header that is too short', decodeTcpSegment, '1ae1c8d50000000180000000 4018ffff00000000', 12],
  ['TCP options that are cut', decodeTcpSegment, '1ae1c8d50000000180000000 6018ffff00000000', 20],
  ['a UDP header that is cut', decodeUdpDatagram, '1ae1c8d5', 4],
  ['a UDP datagram shorter than its header', decodeUdpDatagram, '1ae1c8d500070000', 4],
])('%s is malformed', (_, decode, hex, offset) => {
  expect(decode(fromHex(hex))).toMatchObject({ ok: false, offset })
})

test('a UDP length of 0 is what a network card leaves that segments for the system', () => {
  expect(decodeUdpDatagram(fromHex('1ae1c8d500000000 dead'))).toMatchObject({
    value: { payload: fromHex('dead') },
  })
})
