import { describe, expect, test } from 'vitest'
import { concat, fromHex } from '../../../../src/base/bytes.ts'
import { MAX_FRAGMENT_MEMORY, MAX_FRAGMENTED_DATAGRAMS } from '../../../../src/base/limits.ts'
import { IpReassembler } from '../../../../src/wire/network/fragments.ts'
import type { IpPacket } from '../../../../src/wire/network/ip.ts'

const WHOLE = Uint8Array.from({ length: 40 }, (_, i) => i)

interface Cut {
  readonly from: number
  readonly to: number
  readonly more?: boolean
  readonly id?: number
  readonly whole?: Uint8Array
  readonly missing?: number
}

const V4 = { source: fromHex('c0000207'), destination: fromHex('c6336409'), protocol: 17 }
const V6 = { source: new Uint8Array(16).fill(1), destination: new Uint8Array(16).fill(2), protocol: 17 }

function fragment(ends: typeof V4, { from, to, more, id = 7, whole = WHOLE, missing = 0 }: Cut): IpPacket {
  const payload = whole.slice(from, to)
  return { ...ends, payload, missing, fragment: { id, offset: from, more: more ?? to < whole.length } }
}

/** What comes out after each of the fragments. */
function pushAll(ends: typeof V4, cuts: readonly Cut[]): (Uint8Array | undefined)[] {
  const reassembler = new IpReassembler()
  return cuts.map((cut) => reassembler.push(fragment(ends, cut))?.payload)
}

const A = { from: 0, to: 16 }
const B = { from: 16, to: 32 }
const C = { from: 32, to: 40 }

describe.each([
  ['IPv4', V4],
  ['IPv6', V6],
])('%s', (_, ends) => {
  test.each([
    ['in order', [A, B, C]],
    ['backwards', [C, B, A]],
    ['with the last in between', [A, C, B]],
    ['with repeated ones', [A, A, C, C, B]],
  ])('%s', (_name, cuts) => {
    const results = pushAll(ends, cuts)
    expect(results.slice(0, -1).every((result) => result === undefined)).toBe(true)
    expect(results.at(-1)).toStrictEqual(WHOLE)
  })

  test.each<readonly [string, readonly Cut[]]>([
    ['overlap', [A, { from: 8, to: 32 }, C]],
    ['overlap from the other side', [B, { from: 8, to: 24 }, A, C]],
    ['two ends', [{ ...B, more: false }, C, A]],
    ['bytes after the end', [C, A, { from: 40, to: 48, whole: new Uint8Array(60) }, B]],
    ['one that is empty', [A, { from: 16, to: 16, more: true }, B, C]],
    ['one that was not captured whole', [A, { ...B, missing: 1 }, C]],
    ['another length at the same place', [A, { from: 0, to: 8 }, B, C]],
  ])('a datagram with %s is dropped', (_name, cuts) => {
    expect(pushAll(ends, cuts).every((result) => result === undefined)).toBe(true)
  })
})

test('fragments of two datagrams do not mix', () => {
  const cuts: readonly Cut[] = [A, { ...A, id: 8 }, { ...B, id: 8 }, C, { ...C, id: 8 }]
  expect(pushAll(V4, cuts)).toStrictEqual([undefined, undefined, undefined, undefined, WHOLE])
})

test('a whole packet passes', () => {
  const packet: IpPacket = { ...V4, payload: WHOLE, missing: 3, fragment: undefined }
  expect(new IpReassembler().push(packet)).toBe(packet)
})

test('the protocol of IPv6 is that of the first fragment, after the extension headers inside', () => {
  const whole = concat([fromHex('1100000000000000'), WHOLE])
  const reassembler = new IpReassembler()
  reassembler.push(fragment({ ...V6, protocol: 99 }, { from: 16, to: 48, whole }))
  const packet = reassembler.push(fragment({ ...V6, protocol: 60 }, { from: 0, to: 16, whole }))
  expect(packet).toMatchObject({ protocol: 17, payload: WHOLE, fragment: undefined })
})

test('a datagram beyond 65535 bytes is dropped', () => {
  const whole = new Uint8Array(70_000)
  expect(pushAll(V4, [{ from: 65_528, to: 65_544, whole }])).toStrictEqual([undefined])
})

test('the oldest datagram gives way, by number', () => {
  const reassembler = new IpReassembler()
  for (let id = 0; id <= MAX_FRAGMENTED_DATAGRAMS; id++) reassembler.push(fragment(V4, { ...A, id }))
  const rest = (id: number) =>
    [B, C].map((cut) => reassembler.push(fragment(V4, { ...cut, id }))?.payload).at(-1)
  expect(rest(MAX_FRAGMENTED_DATAGRAMS)).toStrictEqual(WHOLE)
  expect(rest(0)).toBeUndefined()
})

test('the oldest datagram gives way, by memory', () => {
  const reassembler = new IpReassembler()
  const whole = new Uint8Array(65_528)
  const count = Math.ceil(MAX_FRAGMENT_MEMORY / 65_520) + 1
  for (let id = 0; id < count; id++) reassembler.push(fragment(V4, { from: 0, to: 65_520, whole, id }))
  const rest = (id: number) => reassembler.push(fragment(V4, { from: 65_520, to: 65_528, whole, id }))
  expect(rest(0)).toBeUndefined()
  expect(rest(count - 1)?.payload).toHaveLength(65_528)
})
