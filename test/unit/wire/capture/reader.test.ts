import { describe, expect, test } from 'vitest'
import { concat, fromHex, toHex } from '../../../../src/base/bytes.ts'
import { MAX_CAPTURED_PACKET_LENGTH } from '../../../../src/base/limits.ts'
import { beginsCapture } from '../../../../src/wire/capture/reader.ts'
import { ORDERS, pcapFile, readCapture, sectionBlock } from '../../../support/captures/capture-files.ts'

/** One packet as text2pcap and editcap of Wireshark 4.0 write it. */
const FRAME =
  '2052454356002053454e440008004500002c12340000ff06bd53c0000207c63364091ae1c8d500000000000000005000200022480000deadbeef0000'
const RECORD = `3c0000003c000000${FRAME}`

describe('pcap', () => {
  test.each([
    ['microseconds', 'd4c3b2a1', '01000000'],
    ['nanoseconds', '4d3cb2a1', 'e8030000'],
  ])('of Wireshark, in %s', (_, magic, fraction) => {
    const hex = `${magic}020004000000000000000000000004000100000027230b6b${fraction}${RECORD}`
    expect(readCapture([fromHex(hex)])).toStrictEqual([
      {
        at: 1_795_892_007_000.001,
        interfaceId: 0,
        linkType: 1,
        bytes: fromHex(FRAME),
        originalLength: 60,
        offset: 24,
      },
    ])
  })

  test.each(Object.entries(ORDERS))('%s, several packets, one of them cut by the snap length', (_, order) => {
    const bytes = [fromHex('0102'), fromHex('03'), new Uint8Array()]
    const file = pcapFile(order, { magic: 0xa1b23c4d, linkType: 101 }, [
      { seconds: 1, fraction: 500_000_000, bytes: bytes[0] as Uint8Array },
      { seconds: 2, fraction: 1000, bytes: bytes[1] as Uint8Array, originalLength: 1500 },
      { seconds: 0xffffffff, fraction: 0, bytes: bytes[2] as Uint8Array },
    ])
    const packets = readCapture([file])
    expect(packets.map(({ at }) => at)).toStrictEqual([1500, 2000.001, 4_294_967_295_000])
    expect(packets.map(({ originalLength }) => originalLength)).toStrictEqual([2, 1500, 0])
    expect(packets.map(({ bytes }) => bytes)).toStrictEqual(bytes)
    expect(packets.map(({ offset }) => offset)).toStrictEqual([24, 42, 59])
    expect(new Set(packets.map(({ linkType }) => linkType))).toStrictEqual(new Set([101]))
  })

  test('the frame check sequence in the field of the link type does not change it', () => {
    const file = pcapFile(ORDERS['little-endian'], { linkType: 0x50000001 }, [
      { seconds: 0, fraction: 0, bytes: fromHex('aa') },
    ])
    expect(readCapture([file])[0]?.linkType).toBe(1)
  })

  test('the longest packet is read, and a longer one is refused before its bytes come', () => {
    const order = ORDERS['big-endian']
    const longest = { seconds: 0, fraction: 0, bytes: new Uint8Array(MAX_CAPTURED_PACKET_LENGTH) }
    expect(readCapture([pcapFile(order, {}, [longest])])).toHaveLength(1)
    const header = pcapFile(order, {}, [])
    expect(() => readCapture([header, order.u32(0, 0, MAX_CAPTURED_PACKET_LENGTH + 1, 0)])).toThrow(
      expect.objectContaining({ code: 'E_BAD_CAPTURE', offset: 32 }),
    )
  })
})

test.each([
  ['an empty file', '', 0, 'the file is empty'],
  ['a file of two bytes', 'd4c3', 0, 'cut'],
  ['a cut header', 'd4c3b2a10200040000', 0, 'cut'],
  ['a cut record', `d4c3b2a1020004000000000000000000000004000100000027230b6b010000003c`, 24, 'cut'],
  ['another version', 'd4c3b2a1030000000000000000000000000004000100000000', 4, 'pcap version 3'],
  ['a modified pcap', '34cdb2a102000400', 0, 'modified pcap'],
  ['gzip', '1f8b080000', 0, 'compressed with gzip'],
  ['zstd', '28b52ffd00', 0, 'compressed with zstd'],
  ['text', toHex(new TextEncoder().encode('{"schema"')), 0, 'neither pcap nor pcapng'],
])('%s ends in an error that says where', (_, hex, offset, message) => {
  const read = () => readCapture([fromHex(hex)])
  expect(read).toThrow(message)
  expect(read).toThrow(expect.objectContaining({ code: 'E_BAD_CAPTURE', offset }))
})

test('a file is recognized by its first four bytes', () => {
  const order = ORDERS['little-endian']
  expect(beginsCapture(pcapFile(order, {}, []))).toBe(true)
  expect(beginsCapture(sectionBlock(order))).toBe(true)
  expect(beginsCapture(fromHex('d4c3b2'))).toBe(false)
  expect(beginsCapture(fromHex('13426974'))).toBe(false)
})

test('packets before a damaged place are delivered', () => {
  const order = ORDERS['little-endian']
  const good = pcapFile(order, {}, [{ seconds: 0, fraction: 0, bytes: fromHex('aa') }])
  const seen: number[] = []
  const bad = concat([good, order.u32(0, 0, 0xffffffff, 0)])
  expect(() => readCapture([bad], ({ offset }) => seen.push(offset))).toThrow('at byte 49')
  expect(seen).toStrictEqual([24])
})
