import { concat, fromHex } from '../../../src/base/bytes.ts'
import type { Message } from '../../../src/wire/message/message.ts'
import { theirHandshake } from '../sessions/session.ts'
import { afterGreeting, both, FEATURES, frame, opening, type HostileRow } from './row.ts'

const TOO_LARGE = { code: 'E_FRAME_TOO_LARGE', finds: ['stream-broken'] } as const
const MALFORMED = { finds: ['message-malformed'] } as const
const CUT = { finds: ['handshake-cut'] } as const
const NOTHING = {} as const

/** 12 to 18: lengths, handshakes and ends. */
export const FRAMING_ROWS: readonly HostileRow[] = [
  ...['ffffffff', '80000000', '7fffffff', '00200001'].map((prefix) =>
    both(`H12, H13 length prefix ${prefix}`, afterGreeting(fromHex(`${prefix}07`)), TOO_LARGE),
  ),
  both(
    'H12 a drip behind a length prefix',
    afterGreeting(concat([fromHex('7fffffff'), new Uint8Array(9000)])),
    TOO_LARGE,
  ),
  ...[
    ...['04', '0400', '040000', '04000000', '040000000000'],
    ...['06'.padEnd(26 - 2, '0'), '06'.padEnd(26 + 2, '0')],
    ...['08'.padEnd(24, '0'), '07', '0700000000', '07'.padEnd(16, '0'), '0900', '14', '0000'],
    ...['0d00', '0e00', '0f00', '1000', '1100', '15', '16'],
  ].map((hex) => both(`H14 ${hex}`, afterGreeting(frame(hex)), MALFORMED)),
  ...[1, 19, 20, 47, 48, 67].map((length): HostileRow => ({
    name: `H15 closed after ${length} bytes`,
    bytes: opening(FEATURES).subarray(0, length),
    seed: { code: 'E_HANDSHAKE_CLOSED' },
    leecher: CUT,
  })),
  {
    name: 'H15 not a byte',
    bytes: new Uint8Array(0),
    seed: { code: 'E_HANDSHAKE_CLOSED', finds: ['closed-without-answer'] },
    leecher: NOTHING,
  },
  ...[0, 255].map((length) =>
    both(
      `H15 a protocol name of ${length} bytes`,
      concat([Uint8Array.of(length), opening(FEATURES).subarray(1)]),
      {
        code: length === 0 ? 'E_NOT_BITTORRENT_LENGTH' : 'E_NOT_BITTORRENT',
      },
    ),
  ),
  both(
    'H16 a hundred messages in the segment of the handshakes',
    afterGreeting(Array.from({ length: 100 }, (_, piece): Message => ({ type: 'have', piece: piece % 39 }))),
    NOTHING,
  ),
  {
    name: 'H15 a handshake in fragments of two bytes',
    bytes: afterGreeting([]),
    cutInto: 2,
    seed: NOTHING,
    leecher: NOTHING,
  },
  both('messages before the handshake', concat([frame('02'), frame('0e'), opening(FEATURES)]), {
    code: 'E_NOT_BITTORRENT',
  }),
  both('H18 another info hash', theirHandshake(FEATURES, { infoHash: new Uint8Array(20) }), {
    code: 'E_WRONG_INFO_HASH',
    finds: ['info-hash-mismatch'],
  }),
]
