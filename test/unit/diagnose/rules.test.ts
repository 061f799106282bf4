import { describe, expect, test } from 'vitest'
import { PeerError } from '../../../src/base/errors.ts'
import { encodeUtf8, fromHex, toHex } from '../../../src/base/bytes.ts'
import { diagnose } from '../../../src/diagnose/diagnose.ts'
import { traceError } from '../../../src/trace/error.ts'
import { FINDINGS, type FindingId } from '../../../src/diagnose/findings.ts'
import type { TraceEvent, TraceMessage, TraceMetadata } from '../../../src/trace/event.ts'
import type { UtpReport } from '../../../src/trace/utp.ts'
import { generateAria2AllowedFastSet } from '../../../src/wire/allowed-fast.ts'
import { EXTENSION_CONTENT_ROWS } from '../../support/wire/extension-content-rows.ts'
import {
  bencoded,
  extensionHandshake,
  INFO_HASH,
  knownTorrent,
  makeTrace,
  OUR_ID,
  type Sides,
  type Step,
} from '../../support/captures/trace.ts'

/** What is known of the torrent, and what a uTP connection counted. */
interface Context {
  readonly pieceCount?: number
  readonly private?: boolean
  readonly infoHashes?: { readonly v1: Uint8Array | undefined; readonly v2: Uint8Array | undefined }
  readonly utp?: UtpReport
}

interface Row {
  readonly name: string
  readonly sides?: Sides
  readonly steps: readonly Step[]
  readonly context?: Context
  readonly finds: readonly FindingId[]
  readonly detail?: string
}

const HAVE_ALL = { in: { type: 'have-all' } } as const
const EXTENSIONS = { in: extensionHandshake({ m: { ut_metadata: 2 }, metadata_size: 100 }) }
const BARE: Sides = { theirs: ['extension-protocol'] }
const TORRENT = { pieceCount: 10 }
const request = { type: 'request', piece: 1, begin: 0, length: 16_384 } as const
const piece = { ...request, type: 'piece' } as const
const reject = { ...request, type: 'reject' } as const
const have = (index: number): Step => ({ in: { type: 'have', piece: index } })
const bits = (hex: string): Step => ({ in: { type: 'bitfield', bits: hex } })
const dictionary = (text: string): Step => ({ in: extensionHandshake(bencoded(text)) })
const extended = (id: number, extension: string | null): Step => ({
  in: { type: 'extended', id, extension, length: 10 },
})
const unknown: Step = { in: { type: 'unknown', id: 99, length: 2 } }
const aria2Set: readonly Step[] = generateAria2AllowedFastSet('80.4.4.200', INFO_HASH, 1000).map((index) => ({
  in: { type: 'allowed-fast', piece: index },
}))

/** As long as a peer gets to send what follows its handshake. */
const TIME: Step = { waitMs: 2000 }
const CHOKE: Step = { in: { type: 'choke' } }
const UNCHOKE: Step = { in: { type: 'unchoke' } }
const unchokes = (count: number, waitMs = 1): readonly Step[] =>
  Array.from({ length: count }, () => [UNCHOKE, { waitMs }, CHOKE] as const).flat()

const UTP: UtpReport = {
  roundTripMs: 1,
  roundTripVarianceMs: 0,
  queueingDelayMs: 0,
  congestionWindow: 3000,
  peerPacketPayload: 1200,
  packetsSent: 9,
  packetsLost: 0,
  closeReason: null,
  peerWindow: 1200,
  packetPayload: 1200,
  packetsReceived: 9,
  packetsIgnored: 0,
  packetsResent: 0,
  timeouts: 0,
  duplicatesReceived: 0,
  outOfOrderReceived: 0,
}

function metadata(kind: TraceMetadata['kind'], piece: number, totalSize?: number): TraceMessage {
  const about = { kind, piece, ...(totalSize === undefined ? {} : { totalSize }) }
  return { type: 'extended', id: 2, extension: 'ut_metadata', length: 30, metadata: about }
}

const ROWS: readonly Row[] = [
  { name: 'nothing wrong', steps: [EXTENSIONS, HAVE_ALL, { end: 'us' }], finds: [] },

  { name: 'a peer id of zeros', sides: { theirId: new Uint8Array(20) }, steps: [], finds: ['peer-id-zero'] },
  { name: 'our own peer id', sides: { theirId: OUR_ID }, steps: [], finds: ['peer-id-own'] },
  {
    name: 'another client in v',
    steps: [{ in: extensionHandshake({ m: {}, v: 'Somebody/1' }) }],
    finds: ['peer-id-client-mismatch'],
  },
  {
    name: 'the same client in v',
    steps: [{ in: extensionHandshake({ m: {}, v: 'LibTorrent/2' }) }],
    finds: [],
  },
  {
    name: 'the name of a client that behaves in another way',
    sides: { theirId: encodeUtf8('-TR3000-abcdefghijkl') },
    steps: [
      dictionary(
        'd12:complete_agoi-1e1:md11:lt_donthavei7e10:share_modei8e11:upload_onlyi3ee4:reqqi2000e6:yourip4:abcde',
      ),
    ],
    finds: ['client-conflict'],
    detail:
      'its peer id says Transmission, it behaves like libtorrent: it announces lt_donthave as 7, share_mode as 8, upload_only as 3; it sends complete_ago',
  },
  {
    name: 'another info hash',
    sides: { theirHash: new Uint8Array(20) },
    steps: [],
    finds: ['info-hash-mismatch'],
  },
  {
    name: 'the v2 hash of a hybrid',
    sides: { theirHash: new Uint8Array(20).fill(7) },
    context: { infoHashes: { v1: INFO_HASH, v2: new Uint8Array(32).fill(7) } },
    steps: [],
    finds: ['hybrid-other-hash'],
  },
  {
    name: 'the v2 hash of a hybrid, to the v2 bit',
    sides: { ours: ['extension-protocol', 'fast', 'v2'], theirHash: new Uint8Array(20).fill(7) },
    context: { infoHashes: { v1: INFO_HASH, v2: new Uint8Array(32).fill(7) } },
    steps: [],
    finds: [],
  },

  {
    name: 'a malformed message',
    steps: [
      {
        in: {
          type: 'malformed',
          id: 17,
          length: 2,
          reason: 'allowed-fast: expected a payload of 4 bytes, got 2',
        },
      },
    ],
    finds: ['message-malformed'],
    detail: 'allowed-fast: expected a payload of 4 bytes, got 2 (byte 68)',
  },
  {
    name: 'an unknown message',
    steps: [unknown],
    finds: ['message-unknown'],
    detail: 'id 99 with 2 bytes (byte 68)',
  },
  {
    name: 'the same mistake again',
    steps: [unknown, unknown, unknown],
    finds: ['message-unknown'],
    detail: 'id 99 with 2 bytes (byte 68); and 2 more',
  },
  {
    name: 'ten keep-alives in a minute',
    steps: Array.from({ length: 10 }, () => ({ in: { type: 'keep-alive' } }) as const),
    finds: [],
  },
  {
    name: 'eleven keep-alives in a minute',
    steps: Array.from({ length: 11 }, () => ({ in: { type: 'keep-alive' } }) as const),
    finds: ['keep-alive-flood'],
  },
  {
    name: 'eleven keep-alives in a quarter of an hour',
    steps: Array.from(
      { length: 11 },
      () => [{ in: { type: 'keep-alive' } }, { waitMs: 80_000 }] as const,
    ).flat(),
    finds: [],
  },
  {
    name: 'a port without any DHT bit',
    steps: [{ in: { type: 'port', port: 1 } }],
    finds: ['port-not-negotiated'],
    detail: 'the bit is clear in ours and in its own (byte 68)',
  },
  {
    name: 'a port with both DHT bits',
    sides: { ours: ['dht'], theirs: ['dht'] },
    steps: [{ in: { type: 'port', port: 1 } }],
    finds: [],
  },
  {
    name: 'hashes for a v1 torrent',
    context: { ...TORRENT, infoHashes: { v1: INFO_HASH, v2: undefined } },
    steps: [{ in: { type: 'hashes', count: 1 } }],
    finds: ['hashes-not-negotiated'],
  },
  {
    name: 'hashes for a v1 hash that may be one of a hybrid',
    context: { infoHashes: { v1: INFO_HASH, v2: undefined } },
    steps: [{ in: { type: 'hashes', count: 1 } }],
    finds: [],
  },
  {
    name: 'hashes for a hybrid',
    context: { infoHashes: { v1: INFO_HASH, v2: new Uint8Array(32) } },
    steps: [{ in: { type: 'hashes', count: 1 } }],
    finds: [],
  },

  {
    name: 'a fast message without the bit of the peer',
    sides: BARE,
    steps: [HAVE_ALL],
    finds: ['fast-not-negotiated'],
    detail: 'have-all; our bit is set, its bit is clear (byte 68)',
  },
  {
    name: 'a fast message without our bit',
    sides: { ours: [] },
    steps: [{ in: reject }],
    finds: ['fast-not-negotiated', 'reject-not-requested'],
  },
  {
    name: 'a suggestion of the last piece',
    context: TORRENT,
    steps: [HAVE_ALL, { in: { type: 'suggest', piece: 9 } }],
    finds: [],
  },
  {
    name: 'a suggestion past the last piece',
    context: TORRENT,
    steps: [HAVE_ALL, { in: { type: 'suggest', piece: 10 } }],
    finds: ['fast-piece-out-of-range'],
  },
  {
    name: 'an allowed-fast set of aria2',
    context: { pieceCount: 1000 },
    steps: [{ in: extensionHandshake({ m: {}, yourip: fromHex('500404c8') }) }, HAVE_ALL, ...aria2Set],
    finds: ['allowed-fast-dialect'],
    detail: '10 pieces as aria2 computes them for 80.4.4.200',
  },
  {
    name: 'an allowed-fast set of nobody',
    context: { pieceCount: 1_000_000 },
    steps: [HAVE_ALL, { in: { type: 'allowed-fast', piece: 5 } }],
    finds: ['allowed-fast-unrecognised'],
  },

  {
    name: 'no availability with fast',
    steps: [EXTENSIONS, TIME, { end: 'us' }],
    finds: ['availability-missing'],
  },
  { name: 'no availability, and no time for it', steps: [EXTENSIONS, { end: 'us' }], finds: [] },
  { name: 'no availability without fast', sides: BARE, steps: [EXTENSIONS, TIME, { end: 'us' }], finds: [] },
  {
    name: 'no availability, but no metadata either',
    steps: [dictionary('d1:md11:ut_metadatai2eee'), TIME, { end: 'us' }],
    finds: [],
  },
  {
    name: 'two availabilities',
    steps: [HAVE_ALL, bits('ffc0')],
    finds: ['availability-repeated'],
    detail: 'bitfield after have-all (byte 85)',
  },
  {
    name: 'a bitfield after an unchoke',
    sides: BARE,
    steps: [{ in: { type: 'unchoke' } }, bits('ffc0')],
    finds: ['availability-late'],
  },
  {
    name: 'a bitfield after a peer exchange',
    steps: [EXTENSIONS, extended(1, 'ut_pex'), bits('ffc0')],
    finds: [],
  },
  {
    name: 'a short bitfield',
    context: TORRENT,
    steps: [bits('ff')],
    finds: ['bitfield-length'],
    detail: 'bitfield of 1 bytes, torrent has 10 pieces, expected 2 (byte 68)',
  },
  {
    name: 'spare bits',
    context: TORRENT,
    steps: [bits('ffe0')],
    finds: ['bitfield-spare-bits'],
    detail: 'the torrent has 10 pieces, and bit 10 is set (byte 68)',
  },
  {
    name: 'a bitfield of 0 bytes for an unknown torrent',
    steps: [bits('')],
    finds: ['bitfield-length'],
    detail: 'a bitfield of 0 bytes (byte 68)',
  },
  { name: 'spare bits of an unknown torrent', steps: [bits('ffff')], finds: [] },
  { name: 'a have of the last piece', sides: BARE, context: TORRENT, steps: [have(9)], finds: [] },
  {
    name: 'a have past the last piece',
    sides: BARE,
    context: TORRENT,
    steps: [have(10)],
    finds: ['have-out-of-range'],
  },
  {
    name: 'a have of the largest index',
    sides: BARE,
    context: TORRENT,
    steps: [have(4_294_967_295)],
    finds: ['have-out-of-range'],
  },
  {
    name: 'a lazy bitfield',
    context: TORRENT,
    steps: [bits('ff00'), have(8), have(9)],
    finds: ['lazy-bitfield'],
  },
  {
    name: 'pieces finished later',
    context: TORRENT,
    steps: [bits('ff00'), { waitMs: 2000 }, have(8), have(9)],
    finds: [],
  },
  {
    name: 'super-seeding',
    context: TORRENT,
    steps: [{ in: { type: 'have-none' } }, have(3)],
    finds: ['super-seeding'],
  },
  {
    name: 'nothing at first, and a piece that it had time to download',
    context: TORRENT,
    steps: [{ in: { type: 'have-none' } }, { waitMs: 5000 }, have(3)],
    finds: [],
  },
  {
    name: 'a super-seeder that wants nothing',
    context: TORRENT,
    steps: [
      { in: extensionHandshake({ m: {}, upload_only: 1 }) },
      { in: { type: 'have-none' } },
      { waitMs: 5000 },
      have(3),
    ],
    finds: [],
  },
  {
    name: 'a seed whose lazy bitfield is filled by haves',
    context: TORRENT,
    steps: [{ in: extensionHandshake({ m: {}, upload_only: 1 }) }, bits('ff00'), have(8), have(9)],
    finds: ['lazy-bitfield'],
  },
  {
    name: 'a partial seed',
    context: TORRENT,
    steps: [{ in: extensionHandshake({ m: {}, upload_only: 1 }) }, bits('ff00')],
    finds: ['upload-only-incomplete'],
  },
  {
    name: 'a seed',
    context: TORRENT,
    steps: [{ in: extensionHandshake({ m: {}, upload_only: 1 }) }, bits('ffc0')],
    finds: [],
  },

  {
    name: 'an extended message without the bit',
    sides: { ours: ['fast'] },
    steps: [EXTENSIONS],
    finds: ['extension-not-negotiated'],
  },
  {
    name: 'an id that we did not announce',
    steps: [extended(3, null)],
    finds: ['extension-not-announced'],
    detail: 'id 3 (byte 68)',
  },
  {
    name: 'an extension handshake of noise',
    steps: [dictionary('d1:md1:ai1eex')],
    finds: ['extension-handshake-malformed'],
    detail: 'not a digit (byte 86)',
  },
  {
    name: 'm that is a list',
    steps: [dictionary('d1:mlee')],
    finds: ['extension-handshake-type'],
    detail: 'm: a list, expected a dictionary (byte 68)',
  },
  {
    name: 'upload_only as text',
    steps: [dictionary('d1:mde11:upload_only1:1e')],
    finds: ['extension-handshake-value'],
  },
  {
    name: 'a port above 65535',
    steps: [dictionary('d1:mde1:pi65536ee')],
    finds: ['extension-handshake-value'],
  },
  {
    name: 'yourip of five bytes',
    steps: [dictionary('d1:mde6:yourip5:abcdee')],
    finds: ['extension-handshake-value'],
  },
  {
    name: 'v that is no UTF-8',
    steps: [{ in: extensionHandshake({ m: {}, v: fromHex('ff') }) }],
    finds: ['extension-handshake-not-utf-8'],
  },
  {
    name: 'unsorted keys',
    steps: [dictionary('d1:v10:libtorrent1:mdee')],
    finds: ['extension-handshake-unsorted'],
  },
  { name: 'a key twice', steps: [dictionary('d1:mde1:mdee')], finds: ['extension-handshake-duplicate-key'] },
  { name: 'trailing bytes', steps: [dictionary('d1:mdeex')], finds: ['extension-handshake-trailing'] },
  { name: 'an id twice', steps: [dictionary('d1:md1:ai1e1:bi1eee')], finds: ['extension-id-duplicate'] },
  { name: 'two disabled extensions', steps: [dictionary('d1:md1:ai0e1:bi0eee')], finds: [] },
  { name: 'reqq 0', steps: [dictionary('d1:mde4:reqqi0ee')], finds: ['reqq-zero'] },
  {
    name: 'metadata_size 0',
    steps: [dictionary('d1:mde13:metadata_sizei0ee')],
    finds: ['metadata-size-absurd'],
  },
  {
    name: 'metadata_size of 2^63',
    steps: [dictionary('d1:mde13:metadata_sizei9223372036854775808ee')],
    finds: ['metadata-size-absurd'],
  },
  {
    name: 'peer exchange for a private torrent',
    context: { private: true },
    steps: [dictionary('d1:md6:ut_pexi1eee')],
    finds: ['private-pex'],
  },
  {
    name: 'peer exchange for a public torrent',
    context: { private: false },
    steps: [dictionary('d1:md6:ut_pexi1eee')],
    finds: [],
  },
  {
    name: 'peer exchange disabled for a private torrent',
    context: { private: true },
    steps: [dictionary('d1:md6:ut_pexi0eee')],
    finds: [],
  },

  { name: 'a block that was requested', steps: [HAVE_ALL, { out: request }, { in: piece }], finds: [] },
  {
    name: 'a block that was not requested',
    steps: [HAVE_ALL, { in: piece }],
    finds: ['piece-not-requested'],
  },
  {
    name: 'a block that comes twice',
    steps: [HAVE_ALL, { out: request }, { in: piece }, { in: piece }],
    finds: ['piece-not-requested'],
  },
  {
    name: 'a block of another length',
    steps: [HAVE_ALL, { out: request }, { in: { ...piece, length: 5 } }],
    finds: ['piece-not-requested'],
  },
  { name: 'a reject that was earned', steps: [HAVE_ALL, { out: request }, { in: reject }], finds: [] },
  { name: 'a reject of nothing', steps: [HAVE_ALL, { in: reject }], finds: ['reject-not-requested'] },
  { name: 'a request while we choke', steps: [HAVE_ALL, { in: request }], finds: ['request-while-choked'] },
  {
    name: 'a request after our unchoke',
    steps: [HAVE_ALL, { out: { type: 'unchoke' } }, { in: request }],
    finds: [],
  },
  {
    name: 'a request of an allowed-fast piece',
    steps: [HAVE_ALL, { out: { type: 'allowed-fast', piece: 1 } }, { in: request }],
    finds: [],
  },
  {
    name: 'a request of 16 KiB and one byte',
    steps: [HAVE_ALL, { out: { type: 'unchoke' } }, { in: { ...request, length: 16_385 } }],
    finds: ['request-too-long'],
  },

  {
    name: 'closed without a byte',
    sides: { silent: true },
    steps: [{ end: 'peer', phase: 'handshake' }],
    finds: ['closed-without-answer'],
    detail: 'closed with FIN after 0 bytes from it and 68 from us',
  },
  {
    name: 'closed after the encryption handshake',
    sides: { silent: true, encrypted: true },
    steps: [{ end: 'peer', bytesReceived: 579, phase: 'handshake' }],
    finds: ['closed-after-encryption'],
    detail: 'closed with FIN after 579 bytes from it and 68 from us',
  },
  {
    name: 'closed after 28 bytes',
    sides: { silent: true },
    steps: [{ end: 'peer', bytesReceived: 28, pending: 28, phase: 'handshake' }],
    finds: ['early-28-bytes'],
    detail: 'then it closed',
  },
  {
    name: 'silent after 28 bytes',
    sides: { silent: true },
    steps: [{ end: 'us', bytesReceived: 28, pending: 28, phase: 'handshake' }],
    finds: ['early-28-bytes'],
    detail: 'then it sent nothing more',
  },
  {
    name: 'closed after an encryption handshake',
    sides: { silent: true },
    steps: [{ end: 'peer', bytesReceived: 579, phase: 'encryption' }],
    finds: [],
  },
  { name: 'closed after its handshake', steps: [{ end: 'peer' }], finds: ['closed-after-handshake'] },
  {
    name: 'closed a minute after its handshake',
    steps: [{ waitMs: 60_000 }, { end: 'peer' }],
    finds: ['closed-on-silence'],
  },
  {
    name: 'closed in its first message',
    steps: [{ end: 'peer', pending: 9 }],
    finds: ['closed-mid-message'],
  },
  {
    name: 'closed after the extension handshake',
    steps: [EXTENSIONS, { end: 'peer' }],
    finds: ['closed-after-extension-handshake'],
  },
  {
    name: 'closed after have-all',
    steps: [EXTENSIONS, HAVE_ALL, { end: 'peer' }],
    finds: ['closed-after-availability'],
  },
  {
    name: 'closed after our request',
    steps: [HAVE_ALL, { out: request }, { end: 'peer' }],
    finds: ['closed-after-request'],
  },
  {
    name: 'closed after our request, with an unchoke that was not asked for in between',
    steps: [HAVE_ALL, { out: request }, UNCHOKE, { end: 'peer' }],
    finds: ['closed-after-request'],
  },
  {
    name: 'closed after it rejected all',
    steps: [HAVE_ALL, UNCHOKE, { out: request }, { in: reject }, { end: 'peer' }],
    finds: [],
  },
  {
    name: 'closed after a block',
    steps: [HAVE_ALL, UNCHOKE, { out: request }, { out: request }, { in: piece }, { end: 'peer' }],
    finds: [],
  },
  {
    name: 'closed after ten quiet seconds',
    steps: [HAVE_ALL, { waitMs: 10_000 }, { end: 'peer' }],
    finds: ['closed-on-silence'],
  },
  {
    name: 'closed while this process did not run for ten seconds',
    steps: [HAVE_ALL, { suspendedMs: 10_000 }, { end: 'peer' }],
    finds: ['closed-on-silence', 'process-suspended'],
  },
  {
    name: 'closed at once after this process did not run for a moment',
    steps: [{ suspendedMs: 4000 }, HAVE_ALL, { end: 'peer' }],
    finds: ['closed-after-availability'],
  },
  ...(['us', 'network'] as const).map((end) => ({
    name: `ended by ${end} after ten quiet seconds, in the middle of a message`,
    steps: [EXTENSIONS, HAVE_ALL, { waitMs: 10_000 }, { end, pending: 8000 }],
    finds: [],
  })),
  { name: 'closed by us', steps: [EXTENSIONS, HAVE_ALL, { end: 'us' }], finds: [] },
  {
    name: 'closed in the middle of a message',
    steps: [HAVE_ALL, { in: piece }, { end: 'peer', pending: 8000 }],
    finds: ['piece-not-requested', 'closed-mid-message'],
  },

  {
    name: 'a bit that nobody defined',
    sides: { theirReserved: fromHex('0000000000500004') },
    steps: [],
    finds: ['reserved-bits-undefined'],
    detail: 'bit-22',
  },
  {
    name: 'bits that others have defined',
    sides: { theirReserved: fromHex('80000800001b001f') },
    steps: [],
    finds: [],
  },
  {
    name: 'the bits of BitComet',
    sides: { theirReserved: fromHex('ffff000000100004') },
    steps: [],
    finds: [],
  },
  {
    name: 'escape sequences in v',
    steps: [{ in: extensionHandshake({ m: {}, v: 'LibTorrent \u001b[2J' }) }],
    finds: ['client-text-unprintable'],
  },
  {
    name: 'text turned around in v',
    steps: [{ in: extensionHandshake({ m: {}, v: 'LibTorrent \u202etxt' }) }],
    finds: ['client-text-unprintable'],
  },
  {
    name: 'other letters in v',
    steps: [{ in: extensionHandshake({ m: {}, v: 'LibTorrent 한글 \u200d é' }) }],
    finds: [],
  },
  {
    name: 'no extension handshake',
    steps: [HAVE_ALL, TIME, { end: 'us' }],
    finds: ['extension-handshake-missing'],
  },
  { name: 'no extension handshake, and no time for it', steps: [HAVE_ALL, { end: 'us' }], finds: [] },
  {
    name: 'nothing at all',
    sides: { silent: true },
    steps: [TIME, { end: 'us', phase: 'handshake' }],
    finds: [],
  },
  { name: 'ten extension handshakes', steps: Array.from({ length: 10 }, () => EXTENSIONS), finds: [] },
  {
    name: 'eleven extension handshakes',
    steps: Array.from({ length: 11 }, () => EXTENSIONS),
    finds: ['extension-handshake-flood'],
  },
  {
    name: 'a have again',
    steps: [HAVE_ALL, have(3), have(4), have(3)],
    context: TORRENT,
    finds: ['have-repeated'],
    detail: '1 repeated have message',
  },
  { name: 'haves of other pieces', steps: [HAVE_ALL, have(3), have(4)], context: TORRENT, finds: [] },

  {
    name: 'metadata as it was asked for',
    steps: [EXTENSIONS, { out: metadata('request', 0) }, { in: metadata('data', 0, 100) }],
    finds: [],
  },
  {
    name: 'metadata under another number',
    steps: [EXTENSIONS, { out: metadata('request', 0) }, { in: metadata('data', 1, 100) }],
    finds: ['metadata-not-requested'],
    detail: 'data of metadata piece 1 (byte 85)',
  },
  {
    name: 'metadata of another size',
    steps: [EXTENSIONS, { out: metadata('request', 0) }, { in: metadata('data', 0, 101) }],
    finds: ['metadata-total-size'],
    detail: 'data of metadata piece 0: total_size is 101, metadata_size was 100 (byte 85)',
  },
  {
    name: 'metadata that gives no size',
    steps: [EXTENSIONS, { out: metadata('request', 0) }, { in: metadata('data', 0) }],
    finds: [],
  },

  { name: 'four unchokes in a row', steps: unchokes(4), finds: [] },
  { name: 'five unchokes in a row', steps: unchokes(5), finds: ['choke-flapping'] },
  { name: 'an unchoke every ten seconds', steps: unchokes(9, 10_000), finds: [] },
  { name: 'unchoked without a choke in between', steps: Array.from({ length: 9 }, () => UNCHOKE), finds: [] },
  {
    name: 'a choke in the place of a block',
    steps: [HAVE_ALL, UNCHOKE, { out: request }, CHOKE, { waitMs: 400 }, { end: 'peer' }],
    finds: ['choke-drops-requests', 'closed-after-request'],
  },
  {
    name: 'a choke, and blocks that were requested before it, a second apart',
    steps: [
      EXTENSIONS,
      HAVE_ALL,
      UNCHOKE,
      { out: request },
      { out: { ...request, begin: 16_384 } },
      CHOKE,
      { waitMs: 1000 },
      { in: piece },
      { waitMs: 1000 },
      { end: 'us' },
    ],
    finds: [],
  },
  {
    name: 'a choke, and a block that was coming when we closed',
    steps: [HAVE_ALL, UNCHOKE, { out: request }, CHOKE, { waitMs: 1000 }, { end: 'us', pending: 9000 }],
    finds: [],
  },
  {
    name: 'a choke, a block, and then none for ten seconds',
    steps: [
      EXTENSIONS,
      HAVE_ALL,
      UNCHOKE,
      { out: request },
      { out: { ...request, begin: 16_384 } },
      CHOKE,
      { in: piece },
      { waitMs: 10_000 },
      { end: 'us' },
    ],
    finds: ['choke-drops-requests'],
    detail: '1 of our requests were neither answered nor rejected',
  },
  {
    name: 'a choke and a reject',
    steps: [HAVE_ALL, UNCHOKE, { out: request }, CHOKE, { in: reject }, { waitMs: 400 }, HAVE_ALL],
    finds: ['availability-repeated'],
  },
  {
    name: 'a choke behind the block',
    steps: [HAVE_ALL, UNCHOKE, { out: request }, { in: piece }, CHOKE, { waitMs: 400 }, have(1)],
    finds: [],
  },
  {
    name: 'a choke just before the end',
    steps: [HAVE_ALL, UNCHOKE, { out: request }, CHOKE, { waitMs: 398 }, have(1)],
    finds: [],
  },
  {
    name: 'a choke where there are no rejects',
    sides: BARE,
    steps: [UNCHOKE, { out: request }, CHOKE, { waitMs: 900 }, have(1)],
    finds: [],
  },

  {
    name: 'as many messages as are forgiven',
    steps: [
      HAVE_ALL,
      ...Array.from({ length: 4095 }, () => UNCHOKE),
      ...Array.from({ length: 9000 }, () => have(1)),
    ],
    finds: [],
  },
  {
    name: 'more messages than are forgiven',
    steps: [HAVE_ALL, ...Array.from({ length: 5000 }, () => UNCHOKE)],
    finds: ['message-flood'],
    detail: '5000 unchoke messages and 1 others in 5.0 s',
  },
  { name: 'a good path', steps: [], context: { utp: UTP }, finds: [] },
  {
    name: 'a window below one packet',
    steps: [],
    context: { utp: { ...UTP, peerWindow: 1199 } },
    finds: ['utp-window-small'],
    detail: '1199 bytes at the end; our packets carry up to 1200',
  },
  {
    name: 'acknowledgements from the future',
    steps: [],
    context: { utp: { ...UTP, packetsIgnored: 2 } },
    finds: ['utp-acknowledgement-invalid'],
    detail: '2 of 9 packets, which were ignored',
  },
  {
    name: 'a bad path',
    steps: [],
    context: { utp: { ...UTP, packetsResent: 1, outOfOrderReceived: 3 } },
    finds: ['utp-path-trouble'],
    detail: '1 retransmitted, 3 received out of order',
  },

  ...EXTENSION_CONTENT_ROWS,
]

function traceOf(sides: Sides, steps: readonly Step[], context: Context): readonly TraceEvent[] {
  const { v1 = INFO_HASH, v2 } = context.infoHashes ?? {}
  const target = knownTorrent({
    infoHashV1: toHex(v1),
    infoHashV2: v2 === undefined ? null : toHex(v2),
    pieceCount: context.pieceCount ?? null,
    private: context.private ?? null,
  })
  const events = [target, ...makeTrace(sides, steps)]
  const { utp } = context
  if (utp === undefined) return events
  const totals = { bytesSent: 68, bytesReceived: 68, pending: 0 }
  return [...events, { at: 3, type: 'closed', by: 'us', kind: 'fin', phase: 'done', ...totals, utp }]
}

test.each(ROWS)('$name', ({ sides = {}, steps, context = {}, finds, detail }) => {
  const findings = diagnose(traceOf(sides, steps, context))
  expect(findings.map(({ id }) => id).sort()).toStrictEqual([...finds].sort())
  if (detail !== undefined) expect(findings[0]?.detail).toBe(detail)
})

test('a stream that cannot be cut into messages', () => {
  const error = new PeerError('E_FRAME_TOO_LARGE', 'a length prefix of 4294967295', {
    offset: 68,
    reference: 'BEP 3',
  })
  const [finding] = diagnose([
    ...makeTrace({}, [HAVE_ALL]),
    { at: 9, type: 'broken', error: traceError(error) },
  ])
  expect(finding).toMatchObject({ id: 'stream-broken', detail: 'a length prefix of 4294967295 (byte 68)' })
})

test.each([
  ['have', 4, 'BEP 3'],
  ['port', 9, 'BEP 5'],
  ['allowed-fast', 17, 'BEP 6'],
  ['extended', 20, 'BEP 10'],
  ['hash-request', 21, 'BEP 52'],
])('a malformed %s (%i) refers to %s, which defines it', (_, id, reference) => {
  const findings = diagnose(
    makeTrace({}, [HAVE_ALL, { in: { type: 'malformed', id, length: 2, reason: '' } }]),
  )
  expect(findings).toMatchObject([{ id: 'message-malformed', reference }])
})

test('every finding has a row', () => {
  const rows = new Set(ROWS.flatMap(({ finds }) => finds))
  const missing = Object.keys(FINDINGS).filter((id) => !rows.has(id as FindingId))
  // a stream that breaks has a test of its own; the others are what only a seeder sees, and have their rows in test/unit/run/serve/serve.test.ts
  expect(missing).toStrictEqual([
    'handshake-cut',
    'stream-broken',
    'hash-request-invalid',
    'request-outside-torrent',
    'request-empty',
    'request-not-announced',
    'request-queue-exceeded',
    'cancel-not-requested',
  ])
})

describe('before the piece count is known', () => {
  const known = { ...knownTorrent({ pieceCount: 10 }), at: 9 }

  test('messages wait for it, and are judged when it comes', () => {
    const trace = [...makeTrace(BARE, [bits('ffe0'), have(10)]), known]
    expect(diagnose(trace).map(({ id }) => id)).toStrictEqual(['bitfield-spare-bits', 'have-out-of-range'])
    expect(diagnose(trace.slice(0, -1))).toStrictEqual([])
  })

  test('no more than a bounded number of them waits', () => {
    const trace = [
      ...makeTrace(
        BARE,
        Array.from({ length: 5000 }, () => have(10)),
      ),
      { ...known, at: 9000 },
    ]
    expect(diagnose(trace)).toMatchObject([
      { id: 'have-out-of-range', detail: expect.stringContaining('and 999 more') },
    ])
    // the length that a message says counts, whatever the trace holds of it
    const big = makeTrace(BARE, [bits('ff'), bits('ff'), bits('ff')]).map((event) =>
      'message' in event ? { ...event, length: 2 * 1024 * 1024 } : event,
    )
    const [length] = diagnose([...big, known]).filter(({ id }) => id === 'bitfield-length')
    expect(length?.detail).toContain('and 1 more')
  })
})

test('the worst finding comes first', () => {
  const findings = diagnose(makeTrace({ theirId: new Uint8Array(20) }, [HAVE_ALL, HAVE_ALL, { end: 'peer' }]))
  expect(findings.map(({ severity }) => severity)).toStrictEqual(['error', 'warning', 'info'])
})

test('text of a peer in a detail is escaped', () => {
  const [finding] = diagnose(
    makeTrace({}, [{ in: extensionHandshake(new Map([['m', new Map([['\u001b[2J', 'x']])]])) }, HAVE_ALL]),
  )
  expect(finding?.detail).toBe('m.\\x1b[2J: a string of 1 bytes, expected an integer (byte 68)')
})

describe('no accusation: what real clients send when all is well', () => {
  const seed = (id: string, sides: Sides, steps: readonly Step[]) => ({
    name: id,
    sides: { ...sides, theirId: encodeUtf8(id.padEnd(20, 'x')) },
    steps,
  })
  const full: Sides = { theirs: ['extension-protocol', 'fast', 'dht'] }
  const bitfield = bits('ffc0')
  const unchoke: Step = { in: { type: 'unchoke' } }
  const libtorrentKeys = {
    complete_ago: -1,
    m: { lt_donthave: 7, share_mode: 8, upload_only: 3, ut_holepunch: 4, ut_metadata: 2, ut_pex: 1 },
    metadata_size: 2655,
    reqq: 2000,
    upload_only: 1,
    yourip: fromHex('7f000001'),
  }
  const dictionaries = {
    transmission: {
      e: 0,
      m: { ut_metadata: 3, ut_pex: 1 },
      metadata_size: 2655,
      p: 51_413,
      reqq: 512,
      upload_only: 1,
      v: 'Transmission 3.00',
    },
    aria2: { m: { ut_metadata: 9, ut_pex: 8 }, metadata_size: 2655, p: 6881, v: 'aria2/1.36.0' },
    webtorrent: { m: { lt_donthave: 3, ut_metadata: 1, ut_pex: 2 }, metadata_size: 2655 },
  }
  const interested: Step = { out: { type: 'interested' } }
  const libtorrent = (v: string): readonly Step[] => [
    { in: extensionHandshake({ ...libtorrentKeys, v }) },
    HAVE_ALL,
    unchoke,
    interested,
    unchoke,
  ]
  const ALL = [
    seed('-LT2080-', full, libtorrent('libtorrent/2.0.8.0')),
    seed('-qB4520-', full, [...libtorrent('qBittorrent/4.5.2'), { waitMs: 100 }, { in: { type: 'choke' } }]),
    seed('-TR3000-', {}, [
      { in: extensionHandshake(dictionaries.transmission) },
      HAVE_ALL,
      extended(1, 'ut_pex'),
      { waitMs: 100_000 },
      { in: { type: 'keep-alive' } },
      { in: { type: 'keep-alive' } },
    ]),
    seed('A2-1-36-0-', {}, [{ in: extensionHandshake(dictionaries.aria2) }, HAVE_ALL, extended(1, 'ut_pex')]),
    seed('-WW0208-', {}, [
      { in: extensionHandshake(dictionaries.webtorrent) },
      HAVE_ALL,
      interested,
      unchoke,
    ]),
    ...['-LT2080-', '-qB4520-', '-TR3000-', 'A2-1-36-0-', '-WW0208-'].map((id) =>
      seed(id, { ...full, ours: [] }, [bitfield, unchoke]),
    ),
  ]
  test.each(ALL)('$name', ({ sides, steps }) => {
    const fetched: readonly Step[] = [{ out: request }, { in: piece }, { end: 'us' }]
    const trace = traceOf(sides, [...steps, ...fetched], { ...TORRENT, private: false })
    expect(diagnose(trace)).toStrictEqual([])
  })
})
