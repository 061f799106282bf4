import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { concat, encodeUtf8, fromHex } from '../../src/base/bytes.ts'
import { encodeBencode } from '../../src/wire/bencode.ts'
import { encodeHandshake } from '../../src/wire/handshake/handshake.ts'
import { encodeMessage } from '../../src/wire/message/message.ts'
import { badPeer, type BadPeer } from '../support/peers/bad-peers.ts'
import { buildCli } from '../support/processes/cli-process.ts'
import { schemaErrors } from '../support/reports/schema.ts'

/** Peers whose every text would clear the screen, rename the window, or turn the line around. */

const HASH = '0123456789abcdef0123456789abcdef01234567'
const EVIL =
  '\u001b[2J\u001b]0;owned\u0007\r\nok\t\u0008\u007f\u009b31m\u202e\u2066\u200f\ufeff\u2028\u0000\\x1b'
const INVALID_UTF8 = fromHex('1b5b324affc328e282f8889b')

const cli = await buildCli()
afterAll(cli.remove)

interface Row {
  readonly name: string
  /** `v` of the extension handshake. */
  readonly client: Uint8Array
}

const ROWS: readonly Row[] = [
  { name: 'controls, escape sequences and bidi marks', client: encodeUtf8(EVIL) },
  { name: 'invalid UTF-8', client: INVALID_UTF8 },
  { name: 'one megabyte of it', client: repeated(encodeUtf8(EVIL), 1_000_000) },
  { name: 'one megabyte of invalid UTF-8', client: repeated(INVALID_UTF8, 1_000_000) },
]

function repeated(bytes: Uint8Array, length: number): Uint8Array {
  return concat(Array.from({ length: Math.ceil(length / bytes.length) }, () => bytes)).subarray(0, length)
}

/** A seed whose peer id, client name, extension names and unknown keys are hostile. */
function evilPeer({ client }: Row): Promise<BadPeer> {
  const handshake = encodeHandshake({
    infoHash: fromHex(HASH),
    peerId: concat([encodeUtf8('-TR3000-'), INVALID_UTF8]),
    reserved: fromHex('0000000000100004'),
  })
  const dictionary = encodeBencode({
    m: { [EVIL]: 5, ut_metadata: 3 },
    v: client,
    [EVIL]: EVIL,
    yourip: encodeUtf8(EVIL),
  })
  const extended = encodeMessage({ type: 'extended', id: 0, payload: dictionary })
  const haveAll = encodeMessage({ type: 'have-all' })
  return badPeer((socket) => socket.write(concat([handshake, extended, haveAll])))
}

/** What must not come out: every control but the end of a line, and what turns or hides text. */
const RAW = /[^\n\P{C}]|[\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u

describe.each(ROWS)('$name', (row) => {
  const running: { peer?: BadPeer } = {}
  beforeAll(async () => {
    running.peer = await evilPeer(row)
  })
  afterAll(() => running.peer?.stop())

  test.each([
    { flags: [] },
    { flags: ['-v', '--bitfield'] },
    { flags: ['--trace'] },
    { flags: ['--json', '--trace'] },
    { flags: ['--expect', 'extensionHandshake.client=x'], exitCode: 1 },
  ])('$flags lets nothing raw through', async ({ flags, exitCode = 0 }) => {
    const run = await cli.run([
      'connect',
      running.peer?.address ?? '',
      '-i',
      HASH,
      '--settle',
      '10ms',
      ...flags,
    ])
    expect(run.code).toBe(exitCode)
    const stdout = new TextDecoder('utf-8', { fatal: true }).decode(run.stdout)
    expect(RAW.exec(stdout)).toBeNull()
    expect(RAW.exec(run.stderr)).toBeNull()
    if (flags.includes('--json')) {
      expect(schemaErrors('connect', JSON.parse(stdout))).toBeNull()
    } else {
      expect(stdout.split('\n').filter((line) => line.length > 80)).toStrictEqual([])
      expect(stdout.length).toBeLessThan(8000)
    }
  })
})
