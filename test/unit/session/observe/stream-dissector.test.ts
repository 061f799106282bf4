import { describe, expect, test } from 'vitest'
import { concat, fromHex } from '../../../../src/base/bytes.ts'
import { StreamDissector } from '../../../../src/session/observe/stream-dissector.ts'
import { encodeMessages, type Message } from '../../../../src/wire/message/message.ts'
import { theirHandshake } from '../../../support/sessions/session.ts'

const block = (piece: number, length = 16_384): Message => ({
  type: 'piece',
  piece,
  begin: 0,
  block: Uint8Array.from({ length }, (_, i) => i * 7 + piece),
})

/** Bytes, or the length of a gap. */
type Part = Uint8Array | number | '?'

function dissect(parts: readonly Part[], isWhole = true): readonly string[] {
  const items: string[] = []
  const dissector = new StreamDissector('responder', isWhole, {
    batch: (_from, _at, { handshake, messages, offsets }, end) => {
      if (handshake !== undefined) items.push('handshake')
      messages.forEach((message, i) => {
        const piece = 'piece' in message ? ` ${message.piece}` : ''
        items.push(`${message.type}${piece} at ${offsets[i]}`)
      })
      items.push(`up to ${end}`)
    },
    broken: (_from, _at, { code, offset }) => items.push(`${code} at ${offset}`),
    resynchronised: (_from, _at, { offset, length }) => items.push(`lost ${length} from ${offset}`),
    plaintextAfterMse: () => items.push('plaintext after MSE'),
  })
  for (const part of parts) {
    if (typeof part === 'object') dissector.bytes(0, part)
    else dissector.gap(0, part === '?' ? undefined : part)
  }
  dissector.fin(0)
  return items.filter((item) => !item.startsWith('up to'))
}

const HELLO = theirHandshake()
const stream = concat([
  HELLO,
  encodeMessages([{ type: 'unchoke' }, block(1), block(2), block(3), { type: 'have', piece: 9 }]),
])
const [first, second, third, last] = [73, 73 + 16_397, 73 + 2 * 16_397, 73 + 3 * 16_397]
const ALL = [
  'handshake',
  'unchoke at 68',
  `piece 1 at ${first}`,
  `piece 2 at ${second}`,
  `piece 3 at ${third}`,
  `have 9 at ${last}`,
]

/** The stream without these bytes. */
const without = (from: number, to: number, gap: number | '?' = to - from): readonly Part[] => [
  stream.subarray(0, from),
  gap,
  stream.subarray(to),
]

test('a stream without a loss', () => {
  expect(dissect([stream.subarray(0, 100), stream.subarray(100)])).toStrictEqual(ALL)
})

test('bytes that are lost inside a block lose no message', () => {
  expect(dissect(without(first + 13, first + 1000))).toStrictEqual(ALL)
  expect(dissect(without(first + 13, second))).toStrictEqual(ALL)
})

describe('after another loss the next message is found, at its place', () => {
  test.each<readonly [string, number, number, readonly string[]]>([
    ['the head of a block', first, first + 20, ['piece 2', 'piece 3', 'have 9']],
    ['across blocks', first + 100, second + 100, ['piece 3', 'have 9']],
    ['whole messages', second, third, ['piece 3', 'have 9']],
    ['in the handshake', 10, 60, ['piece 2', 'piece 3', 'have 9']],
  ])('%s', (_, from, to, rest) => {
    const items = dissect(without(from, to))
    expect(items.slice(-rest.length).map((item) => item.replace(/ at .*/, ''))).toStrictEqual(rest)
    // the offsets are those of the whole stream
    expect(items.slice(-rest.length)).toStrictEqual(ALL.slice(-rest.length))
    expect(items.filter((item) => item.startsWith('lost'))).toHaveLength(1)
  })
})

test('a loss of unknown length says so', () => {
  const items = dissect(without(first + 100, second + 100, '?'))
  expect(items).toContain(`lost undefined from ${first}`)
  expect(items.at(-1)).toMatch(/^have 9/)
})

test('a second gap while messages are looked for', () => {
  const again = first + 200
  const parts = [
    ...[stream.subarray(0, first), 50, stream.subarray(first + 50, again)],
    ...[second + 100 - again, stream.subarray(second + 100)],
  ]
  expect(dissect(parts).slice(-3)).toStrictEqual([`lost ${third - first} from ${first}`, ...ALL.slice(-2)])
})

describe('a stream whose begin is not in the capture', () => {
  test('may begin with its handshake', () => {
    expect(dissect([stream], false)).toStrictEqual(ALL)
    expect(dissect([stream.subarray(0, 3), stream.subarray(3)], false)).toStrictEqual(ALL)
  })

  test('begins inside a block', () => {
    const inside = stream.subarray(first + 5000)
    expect(dissect([inside], false)).toStrictEqual([
      `lost ${second - first - 5000} from 0`,
      ...[`piece 2 at ${second - first - 5000}`, `piece 3 at ${third - first - 5000}`],
      `have 9 at ${last - first - 5000}`,
    ])
  })

  test('byte by byte', () => {
    const inside = stream.subarray(second - 300)
    expect(
      dissect(
        Array.from(inside, (byte) => Uint8Array.of(byte)),
        false,
      ),
    ).toStrictEqual([
      'lost 300 from 0',
      ...['piece 2 at 300', `piece 3 at ${third - second + 300}`, `have 9 at ${last - second + 300}`],
    ])
  })
})

test('a stream that is not BitTorrent ends in its error, and random bytes look random', () => {
  expect(dissect([fromHex('474554202f20485454502f312e310d0a'), stream])).toStrictEqual([
    'E_NOT_BITTORRENT at 0',
  ])
  const sink = {
    batch: () => undefined,
    broken: () => undefined,
    resynchronised: () => undefined,
    plaintextAfterMse: () => undefined,
  }
  const looksRandom = (bytes: Uint8Array) => {
    const dissector = new StreamDissector('responder', true, sink)
    dissector.bytes(0, bytes.subarray(0, 10))
    dissector.bytes(0, bytes.subarray(10))
    return dissector.looksRandom
  }
  let state = 1
  const random = Uint8Array.from({ length: 96 }, () => (state = (state * 48_271) % 0x7fffffff) >> 8)
  expect(looksRandom(random)).toBe(true)
  expect(looksRandom(random.subarray(1))).toBe(false)
  expect(looksRandom(stream)).toBe(false)
  expect(
    looksRandom(
      new TextEncoder().encode(
        'GET /announce?info_hash=aaaa HTTP/1.1\r\nHost: tracker.example\r\n'.repeat(3),
      ),
    ),
  ).toBe(false)
})
