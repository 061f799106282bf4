import { describe, expect, test } from 'vitest'
import { concat, fromHex } from '../../../../src/base/bytes.ts'
import { linkLayer, linkTypeName } from '../../../../src/wire/network/link-layer.ts'

const IP = fromHex('4500')
const MACS = '020000000002 020000000001'
const COOKED = '0000 0001 0006 020000000001 0000'

describe.each<readonly [string, number, string]>([
  ['Ethernet', 1, `${MACS} 0800`],
  ['Ethernet with IPv6', 1, `${MACS} 86dd`],
  ['Ethernet with a VLAN tag', 1, `${MACS} 8100 0064 0800`],
  ['Ethernet with QinQ', 1, `${MACS} 88a8 0001 8100 0002 86dd`],
  ['Ethernet with old QinQ', 1, `${MACS} 9100 0001 8100 0002 0800`],
  ['raw IP', 101, ''],
  ['raw IP of BSD', 12, ''],
  ['raw IP of OpenBSD', 14, ''],
  ['raw IPv4', 228, ''],
  ['raw IPv6', 229, ''],
  ['Linux cooked', 113, `${COOKED} 0800`],
  ['Linux cooked with a VLAN tag', 113, `${COOKED} 8100 0064 86dd`],
  ['Linux cooked v2', 276, '86dd 0000 00000002 0001 00 06 0200000000010000'],
  ['Linux cooked v2 with a VLAN tag', 276, '8100 0000 00000002 0001 00 06 0200000000010000 0064 0800'],
  ['BSD loopback, little-endian', 0, '02000000'],
  ['BSD loopback, big-endian', 0, '00000002'],
  ['BSD loopback with the IPv6 of macOS', 0, '1e000000'],
  ['BSD loopback with the IPv6 of FreeBSD', 0, '1c000000'],
  ['OpenBSD loopback', 108, '00000018'],
])('%s', (_, linkType, header) => {
  const ipPacket = linkLayer(linkType)?.ipPacket

  test('the IP packet is found', () => {
    expect(ipPacket?.(concat([fromHex(header), IP]))).toStrictEqual(IP)
  })

  test('a frame that is cut anywhere carries none', () => {
    const bytes = fromHex(header)
    for (let length = 0; length <= bytes.length; length++)
      expect(ipPacket?.(bytes.subarray(0, length))).toBeUndefined()
  })
})

test.each<readonly [string, number, string]>([
  ['ARP', 1, `${MACS} 0806 0001`],
  ['an IEEE 802.3 length', 1, `${MACS} 0026 4242`],
  ['ARP in a VLAN', 1, `${MACS} 8100 0064 0806 0001`],
  ['ARP on Linux', 113, `${COOKED} 0806 0001`],
  ['ARP on Linux, v2', 276, '0806 0000 00000002 0001 00 06 0200000000010000 0001'],
  ['AppleTalk on BSD', 0, '10000000 0001'],
])('%s is not IP', (_, linkType, frame) => {
  expect(linkLayer(linkType)?.ipPacket(fromHex(frame))).toBeUndefined()
})

test('a link type has the name that people know', () => {
  expect(linkLayer(105)).toBeUndefined()
  expect(linkTypeName(105)).toBe('IEEE 802.11 (105)')
  expect(linkTypeName(1)).toBe('Ethernet (1)')
  expect(linkTypeName(4711)).toBe('number 4711')
})
