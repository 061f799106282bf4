import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_OBSERVED_CONNECTIONS } from '../../../../src/base/limits.ts'
import type { CapturedPacket } from '../../../../src/wire/capture/packet.ts'
import { CAPTURE_ENDS, observe, packetsOf } from '../../../support/sessions/observed.ts'

const BYTES = Uint8Array.from({ length: 20_000 }, (_, i) => i % 251)
const some = (from: number, to: number) => BYTES.slice(from, to)

/** A connection with 68 bytes one way and 20000 the other. */
const exchange = (transport: 'tcp' | 'utp', initiator: 'local' | 'remote' = 'local') =>
  packetsOf((open) => {
    const connection = open({ transport, initiator })
    connection.data(1010, initiator, some(0, 68))
    connection.data(1020, initiator === 'local' ? 'remote' : 'local', BYTES)
    connection.closed(1030, { by: 'us', kind: 'fin' })
  })

describe.each(['tcp', 'utp'] as const)('%s', (transport) => {
  test.each(['local', 'remote'] as const)('a connection that the %s side opened', (initiator) => {
    const { table, found } = observe(exchange(transport, initiator))
    const responder = initiator === 'local' ? 'remote' : 'local'
    expect(found).toHaveLength(1)
    const [one] = found
    expect(one?.connection).toStrictEqual({
      number: 1,
      transport,
      ends: { initiator: CAPTURE_ENDS[initiator], responder: CAPTURE_ENDS[responder] },
      isWhole: true,
      startedAt: 1000,
    })
    const isOurs = initiator === 'local'
    expect(one?.initiator.items).toStrictEqual([some(0, 68), ...(isOurs ? ['fin'] : [])])
    expect(one?.responder.items).toStrictEqual([BYTES, ...(isOurs ? [] : ['fin'])])
    expect(one?.closed).toStrictEqual([[30, isOurs ? 'initiator' : 'responder', 'fin']])
    expect([...table.connections()]).toMatchObject([{ figures: { durationMs: 30 } }])
  })

  test('reordered, repeated and lost packets', () => {
    const packets = exchange(transport)
    const isData = ({ bytes }: CapturedPacket) => bytes.length > 1400
    const [first, second, third] = packets.filter(isData)
    const swapped = packets.map((packet) => (packet === first ? second : packet === second ? first : packet))
    expect(observe(swapped as CapturedPacket[]).found[0]?.responder.items).toStrictEqual([BYTES])
    expect(observe([...packets, ...packets]).found[0]?.responder.items).toStrictEqual([BYTES])
    const lost = observe(packets.filter((packet) => packet !== third)).found[0]?.responder.items
    const size = transport === 'tcp' ? 1460 : 1400
    expect(lost).toStrictEqual([some(0, 2 * size), transport === 'tcp' ? size : '?', some(3 * size, 20_000)])
  })

  test('a start in the middle', () => {
    const packets = exchange(transport).slice(8)
    const [one] = observe(packets).found
    expect(one?.connection).toMatchObject({
      isWhole: false,
      ends: { initiator: CAPTURE_ENDS.local, responder: CAPTURE_ENDS.remote },
    })
    expect(one?.initiator.items).toStrictEqual(['fin'])
    const [bytes] = one?.responder.items ?? []
    expect(bytes).toStrictEqual(BYTES.slice(20_000 - (bytes as Uint8Array).length))
  })

  test('a reset, and a capture that ends before the connection', () => {
    for (const kind of ['rst', undefined] as const) {
      const packets = packetsOf((open) => {
        const connection = open({ transport })
        connection.data(1010, 'local', some(0, 68))
        if (kind !== undefined) connection.closed(1020, { by: 'peer', kind })
      })
      const expected = kind === undefined ? [[10, null, null]] : [[20, 'responder', 'rst']]
      expect(observe(packets).found[0]?.closed).toStrictEqual(expected)
    }
  })
})

test('ports that are used again are another connection', () => {
  const packets = exchange('tcp')
  // the second connection begins with another number; 34 bytes of Ethernet and IP are before the TCP header
  const again = packets.map((packet) => {
    const bytes = packet.bytes.slice()
    for (const at of [38, 42]) bytes[at + 1] = (bytes[at + 1] as number) ^ 0x40
    return { ...packet, bytes }
  })
  const { found } = observe([...packets, ...again])
  expect(found.map(({ connection }) => connection.number)).toStrictEqual([1, 2])
  for (const { responder } of found) expect(responder.items).toStrictEqual([BYTES])
})

test('other packets are counted, and a link type that cannot be read is refused by its name', () => {
  const [packet] = exchange('tcp')
  if (packet === undefined) throw new Error('no packet')
  const arp = { ...packet, bytes: Uint8Array.from(packet.bytes, (byte, i) => (i === 13 ? 6 : byte)) }
  const { table } = observe([arp, packet])
  expect(table.figures).toStrictEqual({ packets: 2, otherPackets: 1, leftOut: 0 })
  expect(() => observe([{ ...packet, linkType: 105, offset: 77 }])).toThrow(
    expect.objectContaining({
      code: 'E_BAD_CAPTURE',
      offset: 77,
      message: expect.stringContaining('IEEE 802.11'),
    }),
  )
})

test('connections have a bound, and the rest is counted', () => {
  const packets = packetsOf((open) => {
    for (let port = 1; port <= MAX_OBSERVED_CONNECTIONS + 3; port++)
      open({ ends: { ...CAPTURE_ENDS, local: { address: '192.0.2.1', port } } })
  })
  const { table, found } = observe(packets)
  expect(found).toHaveLength(MAX_OBSERVED_CONNECTIONS)
  // each of the three has three packets
  expect(table.figures.leftOut).toBe(9)
})

test('damaged packets never make it throw', () => {
  const packets = [...exchange('tcp'), ...exchange('utp')]
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(79), fc.nat(255)), { maxLength: 30 }), (faults) => {
      const damaged = packets.map((packet) => ({ ...packet, bytes: packet.bytes.slice() }))
      for (const [which, at, byte] of faults) {
        const packet = damaged[which % damaged.length]
        if (packet !== undefined && at < packet.bytes.length) packet.bytes[at] = byte
      }
      observe(damaged)
    }),
    { numRuns: 200 },
  )
})
