import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../../../src/base/bytes.ts'
import { utpCloseReasonName } from '../../../../src/wire/utp/close-reason.ts'
import { decodeUtpPacket, encodeUtpPacket, type UtpPacket } from '../../../../src/wire/utp/packet.ts'
import { decodeSelectiveAck, encodeSelectiveAck } from '../../../../src/wire/utp/selective-ack.ts'
import { addSequence, isSequenceBefore, sequenceDistance } from '../../../../src/wire/utp/sequence.ts'
import { UtpRoundTrip } from '../../../../src/session/utp/round-trip.ts'
import { readVectors, type Vector } from '../../../support/wire/vectors.ts'

interface PacketInput {
  readonly type?: string
  readonly conn_id: number
  readonly seq: number
  readonly ack?: number
  readonly received?: readonly number[]
  readonly reason?: number
}

const vectors = readVectors('utp') as readonly Vector<never, unknown>[]

/** The rows that one of the tests below is for. */
function rows(named: (name: string) => boolean): readonly unknown[] {
  return vectors.filter(({ name }) => named(name))
}

function decoded(hex: string): UtpPacket {
  const result = decodeUtpPacket(fromHex(hex))
  if (!result.ok) throw new Error(result.reason)
  return result.packet
}

const PACKETS = rows((name) => /^(exchange|STATE with|FIN with|RESET|SYN with)/.test(name)) as Vector<
  PacketInput,
  { bytes: string; name?: string }
>[]

describe.each(PACKETS)('packet: $name', ({ name, input, expected }) => {
  test('decodes', () => {
    const packet = decoded(expected.bytes)
    expect(packet.connectionId).toBe(input.conn_id)
    expect(packet.sequenceNumber).toBe(input.seq)
    if (input.type !== undefined) expect(packet.type).toBe(input.type.toLowerCase())
    if (input.ack !== undefined) expect(packet.acknowledged).toBe(input.ack)
    expect(packet.closeReason).toBe(input.reason)
    if (input.received === undefined) expect(packet.selectiveAck).toBeUndefined()
    else
      expect(decodeSelectiveAck(packet.acknowledged, packet.selectiveAck ?? new Uint8Array())).toStrictEqual(
        input.received,
      )
    if (expected.name !== undefined) expect(utpCloseReasonName(packet.closeReason ?? 0)).toBe(expected.name)
  })

  // the deprecated extension bits are skipped, so that packet does not come out as it went in
  test('encodes', () => {
    const bytes = name.startsWith('SYN with') ? `4100${expected.bytes.slice(4, 40)}` : expected.bytes
    expect(toHex(encodeUtpPacket(decoded(expected.bytes)))).toBe(bytes)
  })
})

test.each(
  rows((name) => name.startsWith('SACK')) as Vector<{ ack: number; received: number[] }, { mask: string }>[],
)('selective ack: $name', ({ input, expected }) => {
  expect(toHex(encodeSelectiveAck(input.ack, input.received))).toBe(expected.mask)
  expect(decodeSelectiveAck(input.ack, fromHex(expected.mask))).toStrictEqual(input.received)
})

test.each(rows((name) => name.startsWith('uTP reject')) as Vector<{ bytes: string }, { error: string }>[])(
  '$name',
  ({ input }) => {
    expect(decodeUtpPacket(fromHex(input.bytes)).ok).toBe(false)
  },
)

test.each(rows((name) => name.startsWith('seq')) as Vector<{ a: number; b: number }, { less: boolean }>[])(
  '$name',
  ({ input, expected }) => {
    expect(isSequenceBefore(input.a, input.b)).toBe(expected.less)
  },
)

test.each(
  rows((name) => name === 'RTT estimator') as Vector<
    unknown,
    { steps: { sample_ms: number; rtt: number; rtt_var: number; timeout_ms: number }[] }
  >[],
)('$name', ({ expected }) => {
  const roundTrip = new UtpRoundTrip()
  for (const step of expected.steps) {
    roundTrip.sample(step.sample_ms)
    expect([roundTrip.rttMs, roundTrip.varianceMs, roundTrip.timeoutMs]).toStrictEqual([
      step.rtt,
      step.rtt_var,
      step.timeout_ms,
    ])
  }
})

test('every vector is used by one of the tests above', () => {
  const used = /^(exchange|STATE with|FIN with|RESET|SYN with|SACK|uTP reject|seq|RTT estimator)/
  expect(vectors.filter(({ name }) => !used.test(name))).toStrictEqual([])
})

const HEADER = '0000000000000000000000000000000000'
const REJECTED: readonly { name: string; wire: string; reason: string; offset: number }[] = [
  { name: 'nothing', wire: '', reason: 'shorter than 20 bytes', offset: 0 },
  { name: 'version 0', wire: `2000${HEADER}00`, reason: 'version is not 1', offset: 0 },
  { name: 'type 15', wire: `f100${HEADER}00`, reason: 'unknown type', offset: 0 },
  {
    name: 'an extension announced and not there',
    wire: `2101${HEADER}00`,
    reason: 'truncated extension',
    offset: 20,
  },
  { name: 'half an extension header', wire: `2101${HEADER}0000`, reason: 'truncated extension', offset: 20 },
  {
    name: 'content one byte short',
    wire: `2101${HEADER}000004000000`,
    reason: 'truncated extension',
    offset: 20,
  },
  {
    name: 'the second one truncated',
    wire: `2105${HEADER}00010001ff`,
    reason: 'truncated extension',
    offset: 22,
  },
  {
    name: 'a selective ack of no bytes',
    wire: `2101${HEADER}000000`,
    reason: 'empty selective ack',
    offset: 20,
  },
  {
    name: '17 extensions',
    wire: `2109${HEADER}00${'0900'.repeat(16)}0000`,
    reason: 'too many extensions',
    offset: 52,
  },
]

test.each(REJECTED)('rejects $name', ({ wire, reason, offset }) => {
  expect(decodeUtpPacket(fromHex(wire))).toStrictEqual({ ok: false, reason, offset })
})

test.each([
  { name: '16 extensions', wire: `2109${HEADER}00${'0900'.repeat(15)}0000` },
  { name: 'a selective ack of one byte', wire: `2101${HEADER}00000180`, mask: '80' },
  {
    name: 'a selective ack of 255 bytes',
    wire: `2101${HEADER}0000ff${'aa'.repeat(255)}`,
    mask: 'aa'.repeat(255),
  },
  { name: 'the first of two selective acks', wire: `2101${HEADER}0001010100010200`, mask: '01' },
  { name: 'a close reason of a wrong length is skipped', wire: `2103${HEADER}0000020101` },
])('accepts $name', ({ wire, mask }) => {
  const packet = decoded(wire)
  expect(packet.selectiveAck && toHex(packet.selectiveAck)).toBe(mask)
  expect(packet.closeReason).toBeUndefined()
})

test('a close reason nobody defined has a name too', () => {
  expect([17, 255, 289, 65_535].map(utpCloseReasonName)).toStrictEqual(Array(4).fill('unknown'))
})

test('sequence numbers wrap', () => {
  expect(addSequence(65_535, 1)).toBe(0)
  expect(addSequence(0, -1)).toBe(65_535)
  expect(sequenceDistance(65_534, 3)).toBe(5)
  expect(isSequenceBefore(0, 32_768)).toBe(false)
})
