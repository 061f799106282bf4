import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../src/base/bytes.ts'
import {
  decodePeerAddress,
  encodePeerAddress,
  parseIpAddress,
  renderIpAddress,
  specialAddress,
  unmapIpv4,
} from '../../../src/wire/address.ts'

const CANONICAL: readonly [text: string, wire: string][] = [
  ['0.0.0.0', '00000000'],
  ['203.0.113.255', 'cb0071ff'],
  ['::', '00000000000000000000000000000000'],
  ['::1', '00000000000000000000000000000001'],
  ['1::', '00010000000000000000000000000000'],
  ['2001:db8::7', '20010db8000000000000000000000007'],
  // RFC 5952: one group is not shortened; the longest run is; of two, the first; lower case
  ['2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001'],
  ['2001:0:0:1::1', '20010000000000010000000000000001'],
  ['2001:db8::1:0:0:1', '20010db8000000000001000000000001'],
  ['abcd:ef01:2345:6789:abcd:ef01:2345:6789', 'abcdef0123456789abcdef0123456789'],
  ['::ffff:203.0.113.7', '00000000000000000000ffffcb007107'],
]

describe.each(CANONICAL)('%s', (text, wire) => {
  test('is read and rendered', () => {
    expect(toHex(parseIpAddress(text) ?? new Uint8Array())).toBe(wire)
    expect(renderIpAddress(fromHex(wire))).toBe(text)
  })
})

test.each([
  ['2001:DB8:0:0:0:0:0:7', '2001:db8::7'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
])('%s is another way to write %s', (text, canonical) => {
  expect(renderIpAddress(parseIpAddress(text) ?? new Uint8Array())).toBe(canonical)
})

const NO_ADDRESS = `
  1.2.3 1.2.3.4.5 1.2.3.256 01.2.3.4 1.2.3.-4 0x1.2.3.4 localhost
  : ::: 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 1::2::3 1:2:3:4:5:6:7:8:: 12345:: g::
  fe80::1%eth0 [::1] ::1.2.3 1.2.3.4:: ::1.2.3.4:5 1: :1 1:2:3:4:5:6:7:1.2.3.4`

test.each(['', '1.2.3.4 ', ...NO_ADDRESS.trim().split(/\s+/)])('%j is no address', (text) => {
  expect(parseIpAddress(text)).toBeUndefined()
})

test('bytes of another length are refused', () => {
  for (const length of [0, 3, 5, 15, 17]) {
    expect(() => renderIpAddress(new Uint8Array(length))).toThrow(RangeError)
    expect(() => decodePeerAddress(new Uint8Array(length + 2))).toThrow(RangeError)
  }
})

test('only ::ffff:0:0/96 is unmapped', () => {
  const unmapped = (text: string) => renderIpAddress(unmapIpv4(parseIpAddress(text) ?? new Uint8Array()))
  expect(unmapped('::ffff:1.2.3.4')).toBe('1.2.3.4')
  expect(unmapped('1.2.3.4')).toBe('1.2.3.4')
  expect(unmapped('::fffe:1.2.3.4')).toBe('::fffe:102:304')
  expect(unmapped('::1:ffff:1.2.3.4')).toBe('::1:ffff:102:304')
})

test.each([
  ['203.0.113.5', 6881, 'cb0071051ae1'],
  ['2001:db8::1', 65_535, '20010db8000000000000000000000001ffff'],
])('%s port %i in compact form', (address, port, wire) => {
  expect(toHex(encodePeerAddress({ address, port }))).toBe(wire)
  expect(decodePeerAddress(fromHex(wire))).toStrictEqual({ address, port })
})

test('compact form takes addresses and ports only', () => {
  expect(() => encodePeerAddress({ address: 'localhost', port: 1 })).toThrow(RangeError)
  for (const port of [-1, 65_536, 1.5, Number.NaN]) {
    expect(() => encodePeerAddress({ address: '1.2.3.4', port })).toThrow(RangeError)
  }
})

test.each([
  ['0.0.0.0', 'unspecified'],
  ['127.255.0.1', 'loopback'],
  ['10.0.0.1', 'private'],
  ['172.15.0.1', undefined],
  ['172.16.0.1', 'private'],
  ['172.31.0.1', 'private'],
  ['172.32.0.1', undefined],
  ['192.168.1.1', 'private'],
  ['192.169.1.1', undefined],
  ['100.63.0.1', undefined],
  ['100.64.0.1', 'private'],
  ['100.127.0.1', 'private'],
  ['100.128.0.1', undefined],
  ['169.254.0.1', 'link-local'],
  ['223.255.255.255', undefined],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::2', undefined],
  ['::ffff:127.0.0.1', 'loopback'],
  ['fe80::1', 'link-local'],
  ['febf::1', 'link-local'],
  ['fec0::1', undefined],
  ['fc00::1', 'private'],
  ['fdff::1', 'private'],
  ['ff02::1', 'multicast'],
  ['2001:db8::1', undefined],
])('%s is %s', (text, kind) => {
  expect(specialAddress(parseIpAddress(text) ?? new Uint8Array())).toBe(kind)
})
