import { describe, expect, test } from 'vitest'
import { concat, fromHex, toHex } from '../../../../src/base/bytes.ts'
import { MAX_IP_EXTENSION_HEADERS } from '../../../../src/base/limits.ts'
import { decodeIpPacket, type IpPacket } from '../../../../src/wire/network/ip.ts'

function decoded(hex: string): IpPacket {
  const result = decodeIpPacket(fromHex(hex))
  if (!result.ok) throw new Error(result.reason)
  return result.value
}

/** Parts of an IPv4 header; its checksum is not looked at. */
const v4 = ({ first = '45', length = '0018', flags = '4000' }) =>
  `${first} 00 ${length} 1234 ${flags} 40 06 0000 c0000207 c6336409`

const [SOURCE, DESTINATION] = [`20010db8${'00'.repeat(11)}01`, `20010db8${'00'.repeat(11)}02`]
const v6 = (next: string, length: string) => `60000000 ${length} ${next} 40 ${SOURCE} ${DESTINATION}`

describe('IPv4', () => {
  test('ends, protocol and payload, without the padding of Ethernet', () => {
    expect(decoded(`${v4({})} deadbeef 0000`)).toStrictEqual({
      source: fromHex('c0000207'),
      destination: fromHex('c6336409'),
      protocol: 6,
      payload: fromHex('deadbeef'),
      missing: 0,
      fragment: undefined,
    })
  })

  test('options are skipped', () => {
    expect(decoded(`${v4({ first: '47', length: '0020' })} 0101010101010101 deadbeef`).payload).toStrictEqual(
      fromHex('deadbeef'),
    )
  })

  test('bytes that were not captured are counted', () => {
    expect(decoded(`${v4({ length: '05dc' })} deadbeef`)).toMatchObject({ missing: 1476 })
  })

  test('a length of 0 is what a network card leaves that segments for the system', () => {
    expect(decoded(`${v4({ length: '0000' })} deadbeef`)).toMatchObject({
      payload: fromHex('deadbeef'),
      missing: 0,
    })
  })

  test.each([
    ['2000', { id: 0x1234, offset: 0, more: true }],
    ['2003', { id: 0x1234, offset: 24, more: true }],
    ['0003', { id: 0x1234, offset: 24, more: false }],
    ['0000', undefined],
  ])('flags %s', (flags, fragment) => {
    expect(decoded(`${v4({ flags })} deadbeef`).fragment).toStrictEqual(fragment)
  })
})

describe('IPv6', () => {
  test('ends, protocol and payload, without padding', () => {
    expect(decoded(`${v6('06', '0004')} deadbeef 0000`)).toStrictEqual({
      source: fromHex(SOURCE),
      destination: fromHex(DESTINATION),
      protocol: 6,
      payload: fromHex('deadbeef'),
      missing: 0,
      fragment: undefined,
    })
  })

  test.each([
    ['hop-by-hop', '00', '06 00 000000000000'],
    ['routing', '2b', '06 01 0000000000000000000000000000'],
    ['destination', '3c', '06 00 000000000000'],
    ['authentication', '33', '06 04 00000000000000000000000000000000000000000000'],
    ['mobility', '87', '06 00 000000000000'],
    ['a fragment header on a whole packet', '2c', '06 00 0000 00000007'],
    ['two of them', '00', '3c 00 000000000000 06 00 000000000000'],
  ])('skips %s', (_, next, headers) => {
    const length = (fromHex(headers).length + 4).toString(16).padStart(4, '0')
    expect(decoded(`${v6(next, length)} ${headers} deadbeef`)).toMatchObject({
      protocol: 6,
      payload: fromHex('deadbeef'),
      fragment: undefined,
    })
  })

  test('a fragment', () => {
    expect(decoded(`${v6('2c', '000c')} 06 00 0019 000000ff deadbeef`)).toMatchObject({
      protocol: 6,
      payload: fromHex('deadbeef'),
      fragment: { id: 255, offset: 24, more: true },
    })
  })

  test('what is encrypted, and what ends without a payload, keeps its number', () => {
    expect(decoded(`${v6('32', '0004')} deadbeef`)).toMatchObject({ protocol: 50 })
    expect(decoded(v6('3b', '0000'))).toMatchObject({ protocol: 59, payload: new Uint8Array() })
  })

  test('extension headers have a bound', () => {
    const chain = (count: number) =>
      concat([
        ...Array.from({ length: count - 1 }, () => fromHex('3c00000000000000')),
        fromHex('0600000000000000'),
      ])
    const packet = (count: number) => `${v6('3c', '0000')} ${toHex(chain(count))}`
    expect(decoded(packet(MAX_IP_EXTENSION_HEADERS)).protocol).toBe(6)
    expect(decodeIpPacket(fromHex(packet(MAX_IP_EXTENSION_HEADERS + 1)))).toMatchObject({ ok: false })
  })
})

test.each([
  ['nothing', '', 0],
  ['another version', '50', 0],
  ['a cut header of IPv4', '4500001812344000', 8],
  ['a header that is too short', `${v4({ first: '44' })} deadbeef`, 0],
  ['a packet shorter than its header', `${v4({ length: '0010' })} deadbeef`, 2],
  ['cut options', v4({ first: '4f', length: '0050' }), 20],
  ['a cut header of IPv6', '600000000004', 6],
  ['an extension header that is cut', `${v6('00', '0004')} 06000000`, 44],
  ['an extension header longer than the packet', `${v6('00', '0008')} 0603000000000000`, 48],
])('%s is malformed', (_, hex, offset) => {
  expect(decodeIpPacket(fromHex(hex))).toMatchObject({ ok: false, offset })
})
