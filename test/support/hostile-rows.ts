import { concat, encodeUtf8, fromHex } from '../../src/base/bytes.ts'
import type { ErrorCode } from '../../src/base/errors.ts'
import type { FindingId } from '../../src/diagnose/findings.ts'
import { encodeMessages, type Message } from '../../src/wire/message.ts'
import type { NamedFeature } from '../../src/wire/reserved-bits.ts'
import { EXTENSION_HANDSHAKE, INFO_HASH } from './seeder.ts'
import { theirHandshake } from './session.ts'

/** What is to come of the bytes: how the session ended, and what is said of the peer among other things. */
export interface HostileOutcome {
  /** Undefined where it went on until the peer closed it. */
  readonly code?: ErrorCode
  readonly finds?: readonly FindingId[]
}

/** Bytes of a peer from connect on; a FIN follows in the segment of the last. */
export interface HostileRow {
  readonly name: string
  readonly bytes: Uint8Array
  /** As the one who was dialled; undefined where there is nothing to it. */
  readonly seed: HostileOutcome
  /** As the one who dials a seeder. */
  readonly leecher: HostileOutcome
}

const FEATURES = ['extension-protocol', 'fast'] as const

/** A frame as it is on the wire, its length being that of the hexadecimal digits. */
function frame(hex: string): Uint8Array {
  const body = fromHex(hex)
  return concat([Uint8Array.of(0, 0, body.length >> 8, body.length & 0xff), body])
}

function extended(id: number, text: string): Message {
  return { type: 'extended', id, payload: encodeUtf8(text) }
}

/** Handshake, extension handshake and have-none, and then this. */
function afterGreeting(
  after: Uint8Array | readonly Message[],
  greeting: readonly Message[] = [EXTENSION_HANDSHAKE, { type: 'have-none' }],
): Uint8Array {
  const rest = after instanceof Uint8Array ? after : encodeMessages(after)
  return concat([opening(FEATURES), encodeMessages(greeting), rest])
}

/** Only the handshake before it. */
function afterHandshake(
  messages: readonly Message[],
  features: readonly NamedFeature[] = FEATURES,
): Uint8Array {
  return concat([opening(features), encodeMessages(messages)])
}

function opening(features: readonly NamedFeature[]): Uint8Array {
  return theirHandshake(features, { infoHash: new Uint8Array(INFO_HASH) })
}

/** Dialled or dialling, it comes to the same. */
function both(name: string, bytes: Uint8Array, outcome: HostileOutcome): HostileRow {
  return { name, bytes, seed: outcome, leecher: outcome }
}

/** A seed is warned of; of a leecher only what breaks a rule is said. */
function warned(name: string, bytes: Uint8Array, id: FindingId): HostileRow {
  return { name, bytes, seed: { finds: [id] }, leecher: {} }
}

const TOO_LARGE = { code: 'E_FRAME_TOO_LARGE', finds: ['stream-broken'] } as const
const MALFORMED = { finds: ['message-malformed'] } as const
const CUT = { finds: ['handshake-cut'] } as const
const NOTHING = {} as const

const at = { piece: 1, begin: 0, length: 16_384 } as const
const block = (piece: number, begin: number, length: number): Message => ({
  type: 'piece',
  piece,
  begin,
  block: new Uint8Array(length),
})

/** H12 to H18: lengths, handshakes and ends. */
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
    afterGreeting(Array.from({ length: 100 }, (_, piece): Message => ({ type: 'have', piece: piece % 40 }))),
    NOTHING,
  ),
  both('H18 another info hash', theirHandshake(FEATURES, { infoHash: new Uint8Array(20) }), {
    code: 'E_WRONG_INFO_HASH',
    finds: ['info-hash-mismatch'],
  }),
]

/** H19 to H26: pieces, blocks and the fast extension. */
export const MESSAGE_ROWS: readonly HostileRow[] = [
  ...[0xff_ff_ff_ff, 0x7f_ff_ff_ff, 40].map((piece) =>
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
        { type, piece: 40 },
        { type, piece: 0xff_ff_ff_ff },
      ]),
      {
        finds: ['fast-piece-out-of-range'],
      },
    ),
  ),
  ...['0a', '0b', '0c00', '63ff', 'ff'].map((hex) =>
    warned(`H26 ${hex}`, afterGreeting(frame(hex)), 'message-unknown'),
  ),
]

/** H27 to H31: what the extension protocol carries. */
export const EXTENSION_ROWS: readonly HostileRow[] = [
  ...['i0e', 'i-1e', 'i2147483648e', 'i4294967295e', 'i9223372036854775808e'].map((size) =>
    warned(
      `H27 metadata_size ${size}`,
      afterGreeting([extended(0, `d1:md11:ut_metadatai3ee13:metadata_size${size}e`)]),
      'metadata-size-absurd',
    ),
  ),
  both('H27 metadata_size as text', afterGreeting([extended(0, 'd1:mde13:metadata_size4:1000e')]), {
    finds: ['extension-handshake-type'],
  }),
  ...['l'.repeat(25_000), 'd99999999999:', 'd4294967300:aaaae', 'd-5:abcdee', 'i1', 'li1ee'].map((text) =>
    both(`H1 to H9 extension handshake ${text.slice(0, 20)}`, afterGreeting([extended(0, text)]), {
      finds: ['extension-handshake-malformed'],
    }),
  ),
  both(
    'H31 an id taken away and given again',
    afterGreeting(['3', '0', '7'].map((id) => extended(0, `d1:md11:ut_metadatai${id}eee`))),
    NOTHING,
  ),
  ...[
    'd8:msg_typei1e5:piecei-1ee',
    'd8:msg_typei0e5:piecei1000000000ee',
    'd8:msg_typei1e1:x2:eeee',
    'x',
    '',
  ].map((text): HostileRow => ({
    name: `H28 ut_metadata '${text}'`,
    bytes: afterGreeting([extended(2, text)]),
    seed: {},
    leecher: {},
  })),
  both('H30 peers of nobody asked for', afterGreeting([extended(9, 'd5:added7:abcdefge')]), {
    finds: ['extension-not-announced'],
  }),
  {
    name: 'H31 five thousand extension handshakes',
    bytes: afterGreeting(Array.from({ length: 5000 }, () => extended(0, 'de'))),
    seed: {},
    leecher: { code: 'E_MESSAGE_FLOOD' },
  },
  both('an extension message without the bit', afterHandshake([extended(0, 'de')], ['fast']), {
    finds: ['extension-not-negotiated'],
  }),
]
