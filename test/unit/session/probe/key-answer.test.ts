import { expect, test } from 'vitest'
import { concat, encodeUtf8, fromHex } from '../../../../src/base/bytes.ts'
import { KeyAnswer } from '../../../../src/session/probe/key-answer.ts'
import { bigintDiffieHellman, MSE_PRIME } from '../../../../src/wire/mse/keys.ts'

const OURS = bigintDiffieHellman.publicKey(new Uint8Array(20).fill(5))
const THEIRS = bigintDiffieHellman.publicKey(new Uint8Array(20).fill(6))
const pad = (length: number) => new Uint8Array(length).fill(0xa5)

type Chunk = readonly [bytes: Uint8Array, sent: number]
type Row = readonly [what: string, canBeKey: boolean, chunks: readonly Chunk[]]

const PAGE = encodeUtf8(`HTTP/1.1 400 Bad Request\r\n\r\n${'<p>no</p>'.repeat(20)}`)

const ROWS: readonly Row[] = [
  ['a key', true, [[THEIRS, 96]]],
  [
    'a key in pieces',
    true,
    [
      [THEIRS.subarray(0, 1), 96],
      [THEIRS.subarray(1), 96],
    ],
  ],
  [
    'a key and the longest pad',
    true,
    [
      [THEIRS, 96],
      [pad(512), 96],
    ],
  ],
  [
    'a key and a pad that is too long',
    false,
    [
      [THEIRS, 96],
      [pad(513), 96],
    ],
  ],
  ['nothing', false, []],
  ['95 bytes', false, [[THEIRS.subarray(0, 95), 96]]],
  ['a key before our first byte', false, [[THEIRS, 0]]],
  ['a key after half of ours', false, [[THEIRS, 48]]],
  [
    'a byte too early, and then the rest of a key',
    false,
    [
      [THEIRS.subarray(0, 1), 48],
      [THEIRS.subarray(1), 96],
    ],
  ],
  ['our own key', false, [[OURS, 96]]],
  ['a page of text', false, [[PAGE, 96]]],
  ['the key 1', false, [[fromHex(`${'00'.repeat(95)}01`), 96]]],
  ['the key P', false, [[fromHex(MSE_PRIME), 96]]],
  ['text behind a key', true, [[concat([THEIRS, encodeUtf8('x')]), 96]]],
]

test.each(ROWS)('%s: can be a public key is %s', (_, canBeKey, chunks) => {
  const answer = new KeyAnswer(OURS)
  for (const [bytes, sent] of chunks) answer.push(bytes, sent)
  expect(answer.canBeKey).toBe(canBeKey)
})
