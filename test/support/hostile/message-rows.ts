import { fromHex } from '../../../src/base/bytes.ts'
import { MAX_FRAME_LENGTH } from '../../../src/base/limits.ts'
import type { Message } from '../../../src/wire/message/message.ts'
import { EXTENSION_HANDSHAKE } from '../peers/seeder.ts'
import { afterGreeting, afterHandshake, both, flood, frame, warned, type HostileRow } from './row.ts'

const at = { piece: 1, begin: 0, length: 16_384 } as const
const block = (piece: number, begin: number, length: number): Message => ({
  type: 'piece',
  piece,
  begin,
  block: new Uint8Array(length),
})

/** 19 to 26: pieces, blocks and the fast extension. */
export const MESSAGE_ROWS: readonly HostileRow[] = [
  ...[0xff_ff_ff_ff, 0x7f_ff_ff_ff, 39].map((piece) =>
    both(`H19 have ${piece}`, afterGreeting([{ type: 'have', piece }]), { finds: ['have-out-of-range'] }),
  ),
  ...[
    block(0, 0, 500_000),
    block(3_581_935_998, 0, 16_384),
    block(0, 0x1_27_b4_a6, 16_384),
    block(0, 0, 0),
    block(0, 0, 16_385),
  ].map((message, row) =>
    both(`H20, H21 block ${row}`, afterGreeting([message]), { finds: ['piece-not-requested'] }),
  ),
  both(
    'H22 rejects',
    afterGreeting([
      { type: 'reject', ...at, piece: 13, begin: 0x0d_10_00_00 },
      { type: 'reject', ...at },
      { type: 'reject', ...at },
    ]),
    {
      finds: ['reject-not-requested'],
    },
  ),
  {
    name: 'H22 cancels of nothing',
    bytes: afterGreeting([
      { type: 'cancel', ...at },
      { type: 'cancel', ...at },
    ]),
    seed: {},
    leecher: { finds: ['cancel-not-requested'] },
  },
  both('H22 a block after choke', afterGreeting([{ type: 'choke' }, block(1, 0, 16_384)]), {
    finds: ['piece-not-requested'],
  }),
  ...([0, 131_072, 0xff_ff_ff_ff] as const).map((length): HostileRow => ({
    name: `H23 a request of ${length} bytes, while choked`,
    bytes: afterGreeting([{ type: 'request', ...at, length }]),
    seed: { finds: ['request-while-choked'] },
    leecher: { finds: [length === 0 ? 'request-empty' : 'request-too-long'] },
  })),
  ...[0, 4, 6, 20_000].map((length) =>
    both(
      `H24 a bitfield of ${length} bytes`,
      afterHandshake([EXTENSION_HANDSHAKE, { type: 'bitfield', bits: new Uint8Array(length) }]),
      { finds: ['bitfield-length'] },
    ),
  ),
  ...['80000001', '7fffffff', '00200002'].map((prefix) =>
    both(`H24 a bitfield announced with ${prefix}`, afterGreeting(fromHex(`${prefix}05ffff`)), {
      code: 'E_FRAME_TOO_LARGE',
      finds: ['stream-broken'],
    }),
  ),
  both(
    'H24 the largest bitfield',
    afterHandshake([{ type: 'bitfield', bits: new Uint8Array(MAX_FRAME_LENGTH - 1).fill(0xff) }]),
    { finds: ['bitfield-length'] },
  ),
  both('H24 spare bits', afterHandshake([{ type: 'bitfield', bits: fromHex('0000000001') }]), {
    finds: ['bitfield-spare-bits'],
  }),
  both(
    'H24 two bitfields',
    afterHandshake([
      { type: 'bitfield', bits: new Uint8Array(5) },
      { type: 'bitfield', bits: new Uint8Array(5) },
    ]),
    {
      finds: ['availability-repeated'],
    },
  ),
  both(
    'H24 a bitfield after have',
    afterHandshake([
      { type: 'have', piece: 1 },
      { type: 'bitfield', bits: new Uint8Array(5) },
    ]),
    {
      finds: ['availability-late'],
    },
  ),
  both(
    'H25 fast messages without the bit',
    afterHandshake(
      [
        { type: 'have-all' },
        { type: 'suggest', piece: 1 },
        { type: 'allowed-fast', piece: 1 },
        { type: 'reject', ...at },
      ],
      [],
    ),
    {
      finds: ['fast-not-negotiated'],
    },
  ),
  both('H25 have-all twice', afterGreeting([{ type: 'have-all' }, { type: 'have-all' }]), {
    finds: ['availability-repeated'],
  }),
  ...(['suggest', 'allowed-fast'] as const).map((type) =>
    both(
      `H25 ${type} out of range`,
      afterGreeting([
        { type, piece: 39 },
        { type, piece: 0xff_ff_ff_ff },
      ]),
      {
        finds: ['fast-piece-out-of-range'],
      },
    ),
  ),
  flood(
    'H25 five thousand allowed-fast, in range and out',
    afterGreeting(Array.from({ length: 5000 }, (_, piece): Message => ({ type: 'allowed-fast', piece }))),
    'fast-piece-out-of-range',
  ),
  ...['0a', '0b', '0c00', '63ff', 'ff'].map((hex) =>
    warned(`H26 ${hex}`, afterGreeting(frame(hex)), 'message-unknown'),
  ),
]
