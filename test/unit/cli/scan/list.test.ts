import { expect, test } from 'vitest'
import { encodeUtf8 } from '../../../../src/base/bytes.ts'
import { countList, readList } from '../../../../src/cli/scan/list.ts'
import { linesOf } from '../../../../src/cli/scan/lines.ts'
import type { ScanSession } from '../../../../src/run/scan/options.ts'

const HASH = 'ab'.repeat(20)

const SESSION: ScanSession = {
  features: { fast: true, extensions: true, dht: false },
  peerId: undefined,
  family: undefined,
  source: undefined,
  connectTimeoutMs: 1,
  handshakeTimeoutMs: 1,
  unchokeTimeoutMs: 1,
  interested: false,
  settleMs: 1,
  waitMs: 1,
}

async function* chunks(...texts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array, void> {
  for (const text of texts) yield typeof text === 'string' ? encodeUtf8(text) : text
}

/** What each line of a list is read as: a peer, or why not. */
async function read(text: string, session: Partial<ScanSession> = {}): Promise<readonly unknown[]> {
  const found: unknown[] = []
  for await (const one of readList(chunks(text), {
    torrent: undefined,
    session: { ...SESSION, ...session },
  })) {
    found.push(
      'error' in one
        ? [one.line, one.error.message]
        : [one.line, one.peer.input, one.torrent === undefined ? 'reach' : 'connect', one.label],
    )
  }
  return found
}

test.each<readonly [what: string, text: string, expected: readonly unknown[]]>([
  ['a peer', '1.2.3.4:5', [[1, '1.2.3.4:5', 'reach', null]]],
  ['a peer with hash and label', `a.test:5 ${HASH} my box\n`, [[1, 'a.test:5', 'connect', 'my box']]],
  ['a label alone', '[::1]:5\tmy box', [[1, '[::1]:5', 'reach', 'my box']]],
  ['a magnet link', `1.2.3.4:5 magnet:?xt=urn:btih:${HASH}`, [[1, '1.2.3.4:5', 'connect', null]]],
  ['blank lines and comments', '\n# x\n  \n1.2.3.4:5 # home\r\n', [[4, '1.2.3.4:5', 'reach', null]]],
  ['a byte order mark', '\ufeff1.2.3.4:5', [[1, '1.2.3.4:5', 'reach', null]]],
  [
    'a bad line among others',
    'nonsense\n1.2.3.4:5',
    [
      [1, 'nonsense has no port'],
      [2, '1.2.3.4:5', 'reach', null],
    ],
  ],
  ['a hash that lost a digit', `1.2.3.4:5 ${HASH.slice(1)}`, [[1, `"${HASH.slice(1)}" is not an info hash`]]],
  [
    'a line without end',
    `${'x'.repeat(100_000)}\n1.2.3.4:5`,
    [
      [1, 'it is longer than 8192 bytes'],
      [2, '1.2.3.4:5', 'reach', null],
    ],
  ],
  ['a long label', `1.2.3.4:5 ${'y'.repeat(1000)}`, [[1, '1.2.3.4:5', 'reach', 'y'.repeat(200)]]],
])('%s', async (_, text, expected) => {
  expect(await read(text)).toStrictEqual(expected)
})

test('what the flags exclude is a bad line', async () => {
  expect(await read('[::1]:5', { family: 4 })).toStrictEqual([[1, '[::1]:5 is an IPv6 address']])
  const proxy = { host: '127.0.0.1', port: 1 }
  expect(await read('1.2.3.4:5', { proxy })).toStrictEqual([
    [1, '1.2.3.4:5 has no info hash, which --proxy needs'],
  ])
  expect(await read(`1.2.3.4:5 ${HASH}`, { features: { ...SESSION.features, v2: true } })).toMatchObject([
    [1, '--v2 needs a torrent that is known to have a v2 info hash'],
  ])
})

test('lines are the same however their bytes come', async () => {
  const text = encodeUtf8('ä:1\r\n\nöö:2\n\n\nz')
  const whole: unknown[] = []
  for await (const line of linesOf(chunks(text))) whole.push(line)
  const single: unknown[] = []
  for await (const line of linesOf(chunks(...Array.from(text, (byte) => Uint8Array.of(byte)))))
    single.push(line)
  expect(single).toStrictEqual(whole)
  expect(whole).toHaveLength(6)
})

test('the peers of a list are counted as they are read', async () => {
  expect(await countList(chunks(`a:1\n\n# x\n  b:2 # y\nnonsense\n${'x'.repeat(9000)}\n`))).toBe(4)
})
