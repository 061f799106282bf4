import { concat, encodeUtf8, fromHex } from '../../../src/base/bytes.ts'
import type { FindingId } from '../../../src/diagnose/findings.ts'
import type { Message } from '../../../src/wire/message/message.ts'
import { afterGreeting, afterHandshake, both, extended, flood, warned, type HostileRow } from './row.ts'

/** `key`, which has to sort behind `m`, with a value as it is on the wire. */
const withKey = (key: string, value: string): string => `d1:mde${key.length}:${key}${value}e`

/** Bencode that cannot be read, as an extension handshake. */
const BROKEN_BENCODE: readonly (readonly [id: string, name: string, text: string])[] = [
  ['H1', 'nested 25000 deep', 'l'.repeat(25_000)],
  ['H1', 'nested 150000 deep and closed', 'l'.repeat(150_000) + 'e'.repeat(150_000)],
  ['H1', 'dictionaries nested', 'd1:a'.repeat(25_000)],
  ...['99999999999:', '2147483652:', '4294967300:', '18446744073709551620:'].flatMap(
    (length) =>
      [
        ['H2, H4', `a value of ${length}`, `d1:v${length}x`],
        ['H3, H4', `a key of ${length}`, `d${length}x`],
      ] as const,
  ),
  ...['-5:abcde', '01:a', ':', '1 :a'].map((text) => ['H5', text, `d1:v${text}e`] as const),
  ...['i', 'i1', 'i-', 'd', 'd1', 'l', '-', 'i-0e', '5:ab', 'd1:v5:ab'].map(
    (text) => ['H6, H7', text, text] as const,
  ),
  ['H7', 'an integer and junk', 'i42eJUNK'],
  ['H8', 'a key that is no string', 'di1ei2ee'],
  ['H8', 'more keys than are read', `d${keys(100_000)}e`],
  ['H9', 'a list', 'li1ee'],
  ['H11', 'bytes that a parser may stand still at', ';/\u007f'],
]

function keys(count: number): string {
  return Array.from({ length: count }, (_, i) => `6:${String(i).padStart(6, '0')}i0e`).join('')
}

/** Dictionaries that can be read, and the finding about what is in them. */
const ODD_HANDSHAKES: readonly (readonly [name: string, text: string, finds: FindingId])[] = [
  ['H7 junk behind the dictionary', 'deJUNK', 'extension-handshake-trailing'],
  ['H8 keys not in order', 'd1:vi0e1:mdee', 'extension-handshake-unsorted'],
  ['H8 a key twice', 'd1:mde1:mdee', 'extension-handshake-duplicate-key'],
  ...['i1e', '2:ab', 'li1ee'].map(
    (value) => [`H9 m is ${value}`, `d1:m${value}e`, 'extension-handshake-type'] as const,
  ),
  ['H9 an id as text', 'd1:md11:ut_metadata1:3ee', 'extension-handshake-type'],
  ['H9 an id below 0', 'd1:md11:ut_metadatai-1eee', 'extension-handshake-value'],
  ['H9 an id of 256', 'd1:md11:ut_metadatai256eee', 'extension-handshake-value'],
  ['H9 a port of 2^40', withKey('p', 'i1099511627776e'), 'extension-handshake-value'],
  ['H9 reqq below 0', withKey('reqq', 'i-1e'), 'extension-handshake-value'],
  ['H9 yourip of five bytes', withKey('yourip', '5:abcde'), 'extension-handshake-value'],
]

function oddRow([name, text, id]: (typeof ODD_HANDSHAKES)[number]): HostileRow {
  return { name, bytes: afterGreeting([extended(0, text)]), seed: { finds: [id] }, leecher: {} }
}

const METADATA_ID = 2

/** ut_metadata payloads without its layout. */
const BROKEN_METADATA: readonly (readonly [name: string, text: string])[] = [
  ['nested', 'l'.repeat(25_000)],
  ['no dictionary', 'x'],
  ['nothing', ''],
  ['piece -1', 'd8:msg_typei1e5:piecei-1ee'],
  ['no piece, and "ee" in a string', 'd8:msg_typei1e1:x2:eee'],
  ['16385 bytes of data', `d8:msg_typei1e5:piecei0ee${'x'.repeat(16_385)}`],
  ['a request with data', 'd8:msg_typei0e5:piecei0eex'],
]

const DATA = 'd8:msg_typei1e5:piecei0e10:total_sizei1000ee'
const REJECT = 'd8:msg_typei2e5:piecei0ee'

const metadataRows: readonly HostileRow[] = [
  ...BROKEN_METADATA.map(([name, text]) =>
    both(`H1, H28 ut_metadata: ${name}`, afterGreeting([extended(METADATA_ID, text)]), {
      finds: ['extension-message-malformed'],
    }),
  ),
  both('H28 a request of piece 10^9', afterGreeting([extended(2, 'd8:msg_typei0e5:piecei1000000000ee')]), {}),
  both('H28 data of piece 10^9', afterGreeting([extended(2, 'd8:msg_typei1e5:piecei1000000000ee')]), {
    finds: ['metadata-not-requested'],
  }),
  both('H28 data, twice', afterGreeting([extended(2, DATA), extended(2, DATA)]), {
    finds: ['metadata-not-requested'],
  }),
  {
    name: 'H28 another total size',
    bytes: afterGreeting([extended(2, DATA.replace('1000', '9999'))]),
    seed: { finds: ['metadata-total-size', 'metadata-not-requested'] },
    leecher: { finds: ['metadata-not-requested'] },
  },
  both('H28 before the extension handshake', afterHandshake([extended(2, DATA)]), {
    finds: ['metadata-not-requested'],
  }),
  {
    name: 'H28 five thousand rejects',
    bytes: afterGreeting(Array.from({ length: 5000 }, () => extended(2, REJECT))),
    seed: { finds: ['metadata-not-requested'] },
    leecher: { code: 'E_MESSAGE_FLOOD', finds: ['metadata-not-requested'] },
  },
]

/** Lists of peers. We announce ut_pex when we dial, with 1; a seeder does not. */
function pexRow(name: string, payloads: readonly Uint8Array[], ...finds: readonly FindingId[]): HostileRow {
  const messages = payloads.map((payload): Message => ({ type: 'extended', id: 1, payload }))
  const leecher = { finds: ['extension-not-announced'] } as const
  return { name: `H30 ${name}`, bytes: afterGreeting(messages), seed: { finds }, leecher }
}

function peers(added: Uint8Array, flags: Uint8Array): Uint8Array {
  const string = (bytes: Uint8Array) => concat([encodeUtf8(`${bytes.length}:`), bytes])
  return concat([
    encodeUtf8('d5:added'),
    string(added),
    encodeUtf8('7:added.f'),
    string(flags),
    encodeUtf8('e'),
  ])
}

const ONE_PEER = peers(fromHex('c00002011ae1'), fromHex('00'))

const pexRows: readonly HostileRow[] = [
  pexRow('a list of seven bytes', [peers(new Uint8Array(7), fromHex('00'))], 'pex-defect'),
  pexRow('flags for another number of peers', [peers(new Uint8Array(12), fromHex('00'))], 'pex-defect'),
  pexRow('a hundred thousand peers', [peers(new Uint8Array(600_000), new Uint8Array(100_000))], 'pex-defect'),
  pexRow(
    'port 0, loopback, multicast',
    [peers(fromHex('c00002010000 7f0000011ae1 e00000011ae1'), new Uint8Array(3))],
    'pex-defect',
  ),
  pexRow('no dictionary', [encodeUtf8('le')], 'extension-message-malformed'),
  pexRow(
    'a hundred at once',
    Array.from({ length: 100 }, () => ONE_PEER),
    'pex-flood',
  ),
]

const HASH_REQUEST = {
  piecesRoot: new Uint8Array(32),
  baseLayer: 0,
  index: 0,
  length: 2,
  proofLayers: 0,
}

const hashRows: readonly HostileRow[] = [
  both(
    'H36 the v2 bit for a v1 torrent',
    afterHandshake([{ type: 'have-none' }], ['extension-protocol', 'fast', 'v2']),
    {},
  ),
  ...(['hash-request', 'hash-reject'] as const).map((type) =>
    both(`H37 ${type} for a v1 torrent`, afterGreeting([{ type, request: HASH_REQUEST }]), {
      finds: ['hashes-not-negotiated'],
    }),
  ),
  both(
    'H37 hashes for a v1 torrent',
    afterGreeting([{ type: 'hashes', request: HASH_REQUEST, hashes: new Uint8Array(64) }]),
    { finds: ['hashes-not-negotiated'] },
  ),
  {
    name: 'H37 a count and a proof of 2^32-1',
    bytes: afterGreeting([
      {
        type: 'hash-request',
        request: { ...HASH_REQUEST, length: 0xff_ff_ff_ff, proofLayers: 0xff_ff_ff_ff },
      },
    ]),
    seed: { finds: ['hashes-not-negotiated'] },
    leecher: { finds: ['hashes-not-negotiated', 'hash-request-invalid'] },
  },
  flood(
    'H37 five thousand hash requests',
    afterGreeting(
      Array.from({ length: 5000 }, (): Message => ({ type: 'hash-request', request: HASH_REQUEST })),
    ),
    'hashes-not-negotiated',
  ),
]

/** 1 to 11, 27, 28, 30, 31, 36 and 37: bencode, and what the extension protocol carries. */
export const EXTENSION_ROWS: readonly HostileRow[] = [
  ...BROKEN_BENCODE.map(([id, name, text]) =>
    both(`${id} extension handshake: ${name}`, afterGreeting([extended(0, text)]), {
      finds: ['extension-handshake-malformed'],
    }),
  ),
  ...ODD_HANDSHAKES.map(oddRow),
  ...['\u001b[2J\u0000', '\u001b]0;x\u0007'.repeat(8192)].map((name) =>
    both(
      `H10 a client name of ${name.length} bytes for a terminal`,
      afterGreeting([extended(0, withKey('v', `${name.length}:${name}`))]),
      {},
    ),
  ),
  ...['i0e', 'i-1e', 'i2147483648e', 'i4294967295e', 'i9223372036854775808e'].map((size) =>
    warned(
      `H27 metadata_size ${size}`,
      afterGreeting([extended(0, `d1:md11:ut_metadatai3ee13:metadata_size${size}e`)]),
      'metadata-size-absurd',
    ),
  ),
  both('H27 metadata_size as text', afterGreeting([extended(0, withKey('metadata_size', '4:1000'))]), {
    finds: ['extension-handshake-type'],
  }),
  warned(
    'H27 metadata_size that changes',
    afterGreeting([extended(0, withKey('metadata_size', 'i7777e'))]),
    'metadata-total-size',
  ),
  ...metadataRows,
  ...pexRows,
  both(
    'H31 an id taken away and given again',
    afterGreeting(['3', '0', '7'].map((id) => extended(0, `d1:md11:ut_metadatai${id}eee`))),
    {},
  ),
  flood(
    'H31 five thousand extension handshakes',
    afterGreeting(Array.from({ length: 5000 }, () => extended(0, 'de'))),
  ),
  ...hashRows,
  both('an extension message without the bit', afterHandshake([extended(0, 'de')], ['fast']), {
    finds: ['extension-not-negotiated'],
  }),
]
