import { describe, expect, test } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import {
  chainMisbehaviour,
  chainPackets,
  parseFault,
  seededRandom,
  sortFaults,
} from '../../../../src/session/faults/table.ts'
import { encodeMetadataMessage } from '../../../../src/wire/extension/metadata.ts'
import type { Message } from '../../../../src/wire/message/message.ts'
import { encodeUtpPacket } from '../../../../src/wire/utp/packet.ts'
import { type Leecher, request, seedInMemory, settle, TORRENT } from '../../../support/peers/seeder.ts'

/* What each fault does on the wire is in faults-live.test.ts; here is what they have in common. */

/** What a leecher does that wants a bit of everything. */
async function visit(seed: number, ...faults: readonly string[]): Promise<Leecher> {
  const { connect, clock } = await seedInMemory({ faults, seed })
  const leecher = connect().greet()
  await settle()
  clock.advance(0)
  leecher.send(...[request(0), request(1), request(39, 0, 5)], METADATA_REQUEST)
  clock.advance(100)
  return leecher
}

const METADATA_REQUEST: Message = {
  type: 'extended',
  id: 2,
  payload: encodeMetadataMessage({ type: 'request', piece: 0 }),
}

/** What 300 packets of a uTP connection become. */
function packetsThrough(seed: number, ...faults: readonly string[]): Uint8Array {
  const { packets } = sortFaults(faults.map((text) => parseFault(text)))
  const change = chainPackets(packets, seededRandom(seed))
  const sent = Array.from({ length: 300 }, (_, i) => change(dataPacket(1000 + i)))
  return concat(sent.flat())
}

function dataPacket(sequenceNumber: number): Uint8Array {
  return encodeUtpPacket({
    type: 'data',
    connectionId: 7,
    timestamp: 1,
    timestampDifference: 2,
    windowSize: 3,
    sequenceNumber,
    acknowledged: 4,
    selectiveAck: undefined,
    closeReason: undefined,
    payload: Uint8Array.of(1, 2, 3),
  })
}

describe('by lot', () => {
  const streams = (seed: number, fault: string) => visit(seed, fault).then(({ bytes }) => bytes)
  const packets = (seed: number, fault: string) => Promise.resolve(packetsThrough(seed, fault))

  test.each([
    { fault: 'wrong-bitfield', through: streams },
    { fault: 'corrupt-every=2', through: streams },
    { fault: 'garbage=1000', through: streams },
    { fault: 'utp-drop=30', through: packets },
    { fault: 'utp-reorder', through: packets },
  ])('$fault is the same for the same seed, and another for another', async ({ fault, through }) => {
    const [first, again, other] = [await through(1, fault), await through(1, fault), await through(9, fault)]
    expect(again).toStrictEqual(first)
    expect(other).not.toStrictEqual(first)
  })
})

describe('uTP faults add up', () => {
  test('dropped packets are not sent twice, and those that are have the window', () => {
    const change = (...faults: readonly string[]) => packetsThrough(1, ...faults).length / 23
    const kept = change('utp-drop=50')
    expect(kept).toBeLessThan(200)
    expect(change('utp-drop=50', 'utp-duplicate', 'utp-window=9')).toBe(2 * kept)
  })

  test('what is no uTP packet passes', () => {
    const { packets } = sortFaults([parseFault('utp-silent')])
    const bytes = new Uint8Array(5)
    expect(chainPackets(packets, () => 0)(bytes)).toStrictEqual([bytes])
  })

  test('a FIN is sent again for the packet whose place it took, and nothing else is', () => {
    const { packets } = sortFaults([parseFault('utp-fin=1')])
    const change = chainPackets(packets, () => 0)
    const types = (sequenceNumber: number) =>
      change(dataPacket(sequenceNumber)).map((bytes) => (bytes[0] as number) >> 4)
    expect([10, 11, 12, 11, 10].map(types)).toStrictEqual([[0], [1], [], [1], []])
  })
})

describe('MSE faults add up', () => {
  test('what stops earliest stops, and the others change what is said', () => {
    const { encryption } = sortFaults(
      [
        'mse-stall-after-key',
        'mse-weak-key=1',
        'mse-close-after-key',
        'mse-long-pad=600',
        'mse-select=3',
      ].map((text) => parseFault(text)),
    )
    const { stop, key, select } = chainMisbehaviour(encryption)
    expect(stop).toBe('close')
    const said = key?.({ publicKey: new Uint8Array(96).fill(9), pad: new Uint8Array() })
    expect([said?.publicKey[0], said?.publicKey[95], said?.pad.length]).toStrictEqual([0, 1, 600])
    const answer = { verificationConstant: new Uint8Array(8), select: 2, padLength: 0, pad: new Uint8Array() }
    expect(select?.(answer, 2)).toStrictEqual({ ...answer, select: 3 })
  })

  test('a bit is turned over once, wherever the stream is cut', () => {
    const flipped = (...lengths: readonly number[]) => {
      const { encryption } = sortFaults([parseFault('mse-bit-flip=5')])
      const { stream } = chainMisbehaviour(encryption)
      return concat(lengths.map((length) => stream?.(new Uint8Array(length)) ?? new Uint8Array()))
    }
    for (const lengths of [[9], [5, 4], [6, 3], [1, 2, 3, 3]])
      expect(flipped(...lengths)).toStrictEqual(Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 0, 0))
  })
})

test('faults of the stream add up', async () => {
  const leecher = await visit(1, 'zero-peer-id', 'spare-bits', 'corrupt=0', 'duplicate-blocks', 'fragment=9')
  expect(leecher.bytes.subarray(48, 68)).toStrictEqual(new Uint8Array(20))
  expect(leecher.types).toContain('bitfield')
  const pieces = leecher.messages.flatMap((message) => (message.type === 'piece' ? [message] : []))
  expect(pieces).toHaveLength(6)
  expect(pieces[1]?.block).not.toStrictEqual(await TORRENT.store.read(0, 0, 16_384))
  expect(Math.max(...leecher.peer.received.map(({ length }) => length))).toBe(9)
})

test.each([
  { text: 'corrupt', argument: 0 },
  { text: 'corrupt=7', argument: 7 },
  { text: 'slow=64KiB', argument: 65_536 },
  { text: 'cut-handshake=67', argument: 67 },
])('$text is read', ({ text, argument }) => {
  expect(parseFault(text).argument).toBe(argument)
})

test.each([
  '',
  'nothing',
  'silent=1',
  'corrupt=',
  'corrupt=-1',
  'corrupt=1.5',
  'corrupt=1kb',
  'cut-handshake=68',
  'slow=0',
])('"%s" is refused with a hint', (text) => {
  expect(() => parseFault(text)).toThrow(
    expect.objectContaining({ code: 'E_USAGE', hint: expect.any(String) }),
  )
})
