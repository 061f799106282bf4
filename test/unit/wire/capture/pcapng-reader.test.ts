import { describe, expect, test } from 'vitest'
import { concat, fromHex } from '../../../../src/base/bytes.ts'
import {
  MAX_CAPTURE_BLOCK_LENGTH,
  MAX_CAPTURE_INTERFACES,
  MAX_CAPTURED_PACKET_LENGTH,
} from '../../../../src/base/limits.ts'
import {
  interfaceBlock,
  type NumberWriter,
  option,
  ORDERS,
  packetBlock,
  pcapngBlock,
  readCapture,
  sectionBlock,
  simplePacketBlock,
} from '../../../support/captures/capture-files.ts'

const LITTLE = ORDERS['little-endian']
const BIG = ORDERS['big-endian']
const BYTES = fromHex('0102030405')

const read = (...blocks: readonly Uint8Array[]) => readCapture([concat(blocks)])

/** The time of a packet whose interface has this resolution and offset. */
function timeWith(order: NumberWriter, units: bigint, options: readonly Uint8Array[]): number | undefined {
  const blocks = [
    sectionBlock(order),
    interfaceBlock(order, 1, { options }),
    packetBlock(order, { units }, BYTES),
  ]
  return read(...blocks)[0]?.at
}

describe.each(Object.entries(ORDERS))('%s', (_, order) => {
  test('interfaces with link types of their own', () => {
    const packets = read(
      sectionBlock(order),
      interfaceBlock(order, 1),
      packetBlock(order, { id: 0, units: 1_500_000n }, BYTES),
      interfaceBlock(order, 276),
      packetBlock(order, { id: 1, units: 2_000_001n, originalLength: 1500 }, BYTES),
    )
    expect(packets).toMatchObject([
      { at: 1500, interfaceId: 0, linkType: 1, bytes: BYTES, originalLength: 5, offset: 48 },
      { at: 2000.001, interfaceId: 1, linkType: 276, bytes: BYTES, originalLength: 1500 },
    ])
  })

  test('a packet block of old files', () => {
    const fixed = concat([order.u16(0, 7), order.u32(0, 5_000_000, BYTES.length, 9)])
    const packets = read(
      sectionBlock(order),
      interfaceBlock(order),
      pcapngBlock(order, 2, concat([fixed, BYTES])),
    )
    expect(packets).toMatchObject([{ at: 5000, bytes: BYTES, originalLength: 9 }])
  })

  test('a simple packet block has no time, and as many bytes as the snap length allows', () => {
    const packets = read(
      sectionBlock(order),
      interfaceBlock(order, 1, { snapLength: 3 }),
      simplePacketBlock(order, 5, fromHex('01020300')),
      simplePacketBlock(order, 2, fromHex('01020000')),
    )
    expect(packets).toMatchObject([
      { at: undefined, bytes: fromHex('010203'), originalLength: 5 },
      { at: undefined, bytes: fromHex('0102'), originalLength: 2 },
    ])
  })

  test.each([
    ['microseconds by default', 1_000_001n, [], 1000.001],
    ['nanoseconds', 1_000_000_500n, [option(order, 9, Uint8Array.of(9))], 1000.0005],
    ['seconds', 7n, [option(order, 9, Uint8Array.of(0))], 7000],
    ['units of 2^-10 s', 1536n, [option(order, 9, Uint8Array.of(0x8a))], 1500],
    ['options after the last one', 1_000n, [option(order, 0), option(order, 9, Uint8Array.of(0))], 1],
  ])('times in %s', (_name, units, options, at) => {
    expect(timeWith(order, units, options)).toBe(at)
  })
})

test('an offset is added to the times, negative ones too', () => {
  expect(timeWith(BIG, 1_000_000n, [option(BIG, 14, BIG.u32(0, 10))])).toBe(11_000)
  expect(timeWith(LITTLE, 1_000_000n, [option(LITTLE, 14, LITTLE.u32(0xfffffffe, 0xffffffff))])).toBe(-1000)
})

test('a time of today keeps its microseconds, also where it is in nanoseconds', () => {
  const microseconds = 1_795_892_007_123_457n
  expect(Math.round((timeWith(BIG, microseconds, []) ?? 0) * 1000)).toBe(Number(microseconds))
  const nanoseconds = [option(BIG, 9, Uint8Array.of(9))]
  expect(Math.round((timeWith(BIG, microseconds * 1000n, nanoseconds) ?? 0) * 1000)).toBe(
    Number(microseconds),
  )
})

test('a new section has interfaces of its own, and may have another byte order', () => {
  const packets = read(
    sectionBlock(LITTLE),
    interfaceBlock(LITTLE, 1),
    packetBlock(LITTLE, {}, BYTES),
    sectionBlock(BIG),
    interfaceBlock(BIG, 113),
    packetBlock(BIG, {}, BYTES),
  )
  expect(packets.map(({ linkType }) => linkType)).toStrictEqual([1, 113])
  const undescribed = () =>
    read(sectionBlock(LITTLE), interfaceBlock(LITTLE), sectionBlock(BIG), packetBlock(BIG, {}, BYTES))
  expect(undescribed).toThrow('a packet of interface 0, which is not described')
})

test('blocks of names, statistics and unknown kinds are skipped', () => {
  const others = [4, 5, 10, 0x0bad, 0x80000001].map((type) => pcapngBlock(LITTLE, type, new Uint8Array(20)))
  expect(
    read(sectionBlock(LITTLE), ...others, interfaceBlock(LITTLE), packetBlock(LITTLE, {}, BYTES)),
  ).toHaveLength(1)
})

describe('a damaged file ends in an error that says where', () => {
  const begin = concat([sectionBlock(LITTLE), interfaceBlock(LITTLE)])
  const at = begin.length
  const packet = packetBlock(LITTLE, {}, BYTES)
  const replaced = (offset: number, value: number) => {
    const bytes = packet.slice()
    bytes.set(LITTLE.u32(value), offset)
    return bytes
  }

  test.each<readonly [string, Uint8Array, number, string]>([
    ['a cut block', packet.subarray(0, 20), at, 'cut'],
    ['a length that is not a multiple of 4', replaced(4, packet.length + 1), at + 4, 'cannot have'],
    ['a length of 8', replaced(4, 8), at + 4, 'cannot have 8 bytes'],
    ['a length above the bound', LITTLE.u32(6, MAX_CAPTURE_BLOCK_LENGTH + 4, 0), at + 4, 'cannot have'],
    ['another length at the end', replaced(packet.length - 4, 12), at + packet.length - 4, 'at the end'],
    ['an interface that is missing', replaced(8, 1), at + 8, 'interface 1'],
    ['a packet longer than its block', replaced(20, 1000), at + 20, 'longer than its block'],
    ['a packet block that is too short', pcapngBlock(LITTLE, 6, new Uint8Array(16)), at, 'too short'],
    ['a simple packet without its length', pcapngBlock(LITTLE, 3, new Uint8Array()), at, 'too short'],
    ['an interface that is too short', pcapngBlock(LITTLE, 1, new Uint8Array(4)), at, 'too short'],
    [
      'an option longer than its block',
      interfaceBlock(LITTLE, 1, { options: [LITTLE.u16(9, 40)] }),
      at + 16,
      'option',
    ],
    ['a section without its mark', pcapngBlock(LITTLE, 0x0a0d0d0a, new Uint8Array(16)), at + 8, 'mark'],
    [
      'a section that is too short',
      pcapngBlock(LITTLE, 0x0a0d0d0a, LITTLE.u32(0x1a2b3c4d)),
      at + 4,
      'cannot',
    ],
    [
      'a section of another version',
      pcapngBlock(LITTLE, 0x0a0d0d0a, concat([LITTLE.u32(0x1a2b3c4d), LITTLE.u16(2, 0), new Uint8Array(8)])),
      at + 12,
      'version 2',
    ],
  ])('%s', (_, bytes, offset, message) => {
    expect(() => read(begin, bytes)).toThrow(message)
    expect(() => read(begin, bytes)).toThrow(expect.objectContaining({ code: 'E_BAD_CAPTURE', offset }))
  })
})

test('interfaces and packets have a bound', () => {
  const many = Array.from({ length: MAX_CAPTURE_INTERFACES }, () => interfaceBlock(LITTLE))
  expect(read(sectionBlock(LITTLE), ...many)).toStrictEqual([])
  expect(() => read(sectionBlock(LITTLE), ...many, interfaceBlock(LITTLE))).toThrow('interfaces')
  const longest = new Uint8Array(MAX_CAPTURED_PACKET_LENGTH)
  const begin = [sectionBlock(LITTLE), interfaceBlock(LITTLE)]
  expect(read(...begin, packetBlock(LITTLE, {}, longest))).toHaveLength(1)
  const longer = new Uint8Array(MAX_CAPTURED_PACKET_LENGTH + 4)
  expect(() => read(...begin, packetBlock(LITTLE, {}, longer))).toThrow('longer')
  expect(() => read(...begin, simplePacketBlock(LITTLE, longer.length, longer))).toThrow('more than')
})
