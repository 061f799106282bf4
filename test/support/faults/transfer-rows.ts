import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { frame, rawHandshake } from '../raw/raw-peer.ts'
import { ID, type RawStream } from '../raw/raw-stream.ts'
import { type FaultRow, isOver, QUIET_MS, REQUESTS } from './fault-row.ts'
import { FAULT_TORRENT, V2_TORRENT } from './fault-torrents.ts'

const CHECK_FAILED = { exitCode: 1, code: 'E_CHECK_FAILED' } as const
const UNREQUESTED = {
  by: 'fetch-block',
  exitCode: 5,
  code: 'E_UNREQUESTED_BLOCK',
  finds: ['piece-not-requested'],
} as const

const bits = (seen: RawStream): string | undefined => seen.all(ID.bitfield)[0]?.toString('hex')
const indexes = (seen: RawStream, id: number): readonly number[] =>
  seen.all(id).map((payload) => payload.readUInt32BE(0))
const unchoked = (seen: RawStream): boolean => seen.count(ID.unchoke) > 0
const isHonest = async ({ piece, begin, block }: RawStream['blocks'][number]): Promise<boolean> =>
  block.equals(await FAULT_TORRENT.store.read(piece, begin, block.length))

export const AVAILABILITY_ROWS: readonly FaultRow[] = [
  {
    fault: 'no-availability',
    see: ({ ids }) => {
      expect(ids).toContain(ID.unchoke)
      for (const id of [ID.bitfield, ID.haveAll, ID.haveNone]) expect(ids).not.toContain(id)
    },
    told: { options: { waitMs: 2500 }, exitCode: 0, finds: ['availability-missing'] },
  },
  {
    fault: 'late-bitfield',
    see: ({ ids }) => expect(ids.indexOf(ID.haveAll)).toBe(ids.indexOf(ID.unchoke) + 1),
    told: { by: 'interested', options: { waitMs: 500 }, exitCode: 0, finds: ['availability-late'] },
  },
  {
    fault: 'availability-twice',
    see: ({ ids }) => expect(ids.indexOf(ID.bitfield)).toBe(ids.indexOf(ID.haveAll) + 1),
    told: { ...CHECK_FAILED, finds: ['availability-repeated'] },
  },
  {
    fault: 'short-bitfield',
    see: (seen) => expect(bits(seen)).toBe('ffffffff'),
    told: { ...CHECK_FAILED, finds: ['bitfield-length', 'upload-only-incomplete'] },
  },
  {
    fault: 'long-bitfield=3',
    see: (seen) => expect(bits(seen)).toBe('fffffffff8000000'),
    told: { ...CHECK_FAILED, finds: ['bitfield-length'] },
  },
  {
    fault: 'spare-bits',
    see: (seen) => expect(bits(seen)).toBe('ffffffffff'),
    told: { ...CHECK_FAILED, finds: ['bitfield-spare-bits'] },
  },
  {
    fault: 'wrong-bitfield',
    see: (seen) => expect(bits(seen)).toMatch(/^(?!f{9}8)[0-9a-f]{10}$/),
    told: { exitCode: 0, finds: ['upload-only-incomplete'] },
  },
  {
    fault: 'claim-none',
    see: ({ ids, blocks }) => {
      expect(ids).toContain(ID.haveNone)
      expect(blocks).toHaveLength(3)
    },
    told: {
      by: 'fetch-block',
      options: { piece: 36, length: 5 },
      exitCode: 8,
      code: 'E_PIECE_UNAVAILABLE',
    },
  },
  {
    fault: 'have-out-of-range',
    see: (seen) => expect(indexes(seen, ID.have)).toStrictEqual([37]),
    told: { ...CHECK_FAILED, finds: ['have-out-of-range'] },
  },
  {
    fault: 'have-flood=1000',
    see: (seen) => expect(seen.count(ID.have)).toBe(1000),
    told: { exitCode: 0, finds: ['have-repeated'] },
  },
  {
    fault: 'fast-out-of-range',
    see: (seen) => {
      expect(indexes(seen, ID.allowedFast)).toContain(37)
      expect(indexes(seen, ID.suggest)).toStrictEqual([0xffff_ffff])
    },
    told: { ...CHECK_FAILED, finds: ['fast-piece-out-of-range'] },
  },
]

export const CHOKING_ROWS: readonly FaultRow[] = [
  {
    fault: 'choke-forever',
    visit: { until: (seen) => seen.extended(9).length > 0, quietMs: QUIET_MS },
    see: ({ ids }) => expect(ids).not.toContain(ID.unchoke),
    told: { by: 'interested', options: { unchokeTimeoutMs: 400 }, exitCode: 6, code: 'E_UNCHOKE_TIMEOUT' },
  },
  {
    fault: 'late-unchoke=300',
    honestMayLookAlike: true,
    visit: { until: unchoked },
    // since the connection, which was before the fault began to wait
    see: ({ times }) => expect(times.at(-1) ?? 0).toBeGreaterThan(290),
    told: { by: 'interested', options: { unchokeTimeoutMs: 100 }, exitCode: 6, code: 'E_UNCHOKE_TIMEOUT' },
  },
  {
    fault: 'flap=6',
    see: (seen) => expect([seen.count(ID.choke), seen.count(ID.unchoke)]).toStrictEqual([6, 7]),
    told: { by: 'interested', exitCode: 0, finds: ['choke-flapping'] },
  },
  {
    fault: 'choke-after=1',
    visit: { until: (seen) => seen.count(ID.choke) > 0, quietMs: QUIET_MS },
    see: ({ ids, blocks }) => expect([blocks.length, ids.at(-1)]).toStrictEqual([1, ID.choke]),
    told: {
      by: 'fetch-block',
      options: { unchokeTimeoutMs: 2500 },
      exitCode: 6,
      code: 'E_UNCHOKE_TIMEOUT',
      finds: ['choke-drops-requests'],
    },
  },
  {
    fault: 'no-allowed-fast',
    see: (seen) => expect(seen.count(ID.allowedFast)).toBe(0),
    told: { exitCode: 0, shows: { fast: { allowedFast: [] } } },
  },
]

export const BLOCK_ROWS: readonly FaultRow[] = [
  {
    fault: 'reject-all',
    see: (seen) => {
      expect(seen.blocks).toHaveLength(0)
      expect(seen.all(ID.reject)).toStrictEqual(REQUESTS.map((request) => request.subarray(5)))
    },
    told: { by: 'fetch-block', exitCode: 8, code: 'E_REQUEST_REJECTED' },
  },
  {
    fault: 'ignore-requests',
    visit: { until: unchoked, quietMs: QUIET_MS },
    see: ({ ids }) => {
      expect(ids).toContain(ID.unchoke)
      for (const id of [ID.piece, ID.reject]) expect(ids).not.toContain(id)
    },
    told: { by: 'fetch-block', options: { blockTimeoutMs: 300 }, exitCode: 6, code: 'E_BLOCK_TIMEOUT' },
  },
  {
    fault: 'corrupt=1',
    see: async ({ blocks }) => {
      expect(await Promise.all(blocks.map(isHonest))).toStrictEqual([true, false, true])
    },
    told: { by: 'fetch-block', options: { piece: 1 }, exitCode: 7, code: 'E_PIECE_HASH' },
  },
  {
    fault: 'corrupt-every=1',
    see: async ({ blocks }) => {
      expect(await Promise.all(blocks.map(isHonest))).toStrictEqual([false, false, false])
    },
    told: { by: 'fetch-block', exitCode: 7, code: 'E_PIECE_HASH' },
  },
  {
    fault: 'short-block',
    see: ({ blocks }) => expect(blocks.map(({ block }) => block.length)).toStrictEqual([16_383, 16_383, 4]),
    told: UNREQUESTED,
  },
  {
    fault: 'long-block',
    see: ({ blocks }) => expect(blocks.map(({ block }) => block.length)).toStrictEqual([16_385, 16_385, 6]),
    told: UNREQUESTED,
  },
  {
    fault: 'empty-block',
    see: ({ blocks }) => expect(blocks.map(({ block }) => block.length)).toStrictEqual([0, 0, 0]),
    told: UNREQUESTED,
  },
  {
    fault: 'wrong-piece',
    see: ({ blocks }) => expect(blocks.map(({ piece }) => piece)).toStrictEqual([1, 2, 37]),
    told: UNREQUESTED,
  },
  {
    fault: 'wrong-begin',
    see: ({ blocks }) => expect(blocks.map(({ begin }) => begin)).toStrictEqual([1, 1, 1]),
    told: UNREQUESTED,
  },
  {
    fault: 'duplicate-blocks',
    visit: { until: ({ blocks }) => blocks.length >= 6 },
    see: ({ blocks }) => expect(blocks.map(({ piece }) => piece)).toStrictEqual([0, 0, 1, 1, 36, 36]),
    told: UNREQUESTED,
  },
  {
    fault: 'unrequested-block',
    visit: { requests: [], until: (seen) => seen.blocks.length > 0 },
    see: ({ blocks }) => expect(blocks[0]?.block).toStrictEqual(Buffer.alloc(16_384)),
    told: { ...CHECK_FAILED, by: 'interested', finds: ['piece-not-requested'] },
  },
  {
    fault: 'unrequested-reject',
    visit: { requests: [], until: (seen) => seen.count(ID.reject) > 0 },
    see: ({ ids }) => expect(ids.indexOf(ID.reject)).toBe(ids.indexOf(ID.unchoke) + 1),
    told: { by: 'interested', exitCode: 0, finds: ['reject-not-requested'] },
  },
  {
    fault: 'close-after=1',
    visit: { until: isOver },
    see: ({ blocks, rest, end }) => expect([blocks.length, rest.length, end]).toStrictEqual([1, 0, 'fin']),
    told: { by: 'fetch-block', exitCode: 5, code: 'E_SESSION_CLOSED' },
  },
  {
    fault: 'reset-after=0',
    // behind data that was not read yet Node takes a reset for an orderly end
    visit: { until: isOver },
    see: ({ blocks, end }) => expect([blocks.length, end]).toStrictEqual([0, 'rst']),
    told: { by: 'fetch-block', exitCode: 5, code: 'E_SESSION_RESET', finds: ['closed-after-request'] },
  },
  {
    fault: 'stall-after=1',
    visit: { until: ({ blocks }) => blocks.length === 1, quietMs: QUIET_MS },
    see: ({ blocks, end }) => expect([blocks.length, end]).toStrictEqual([1, undefined]),
    told: { by: 'fetch-block', options: { blockTimeoutMs: 300 }, exitCode: 6, code: 'E_BLOCK_TIMEOUT' },
  },
  {
    fault: 'cut-block=1',
    visit: { until: isOver },
    see: ({ blocks, rest, end }) => expect([blocks.length, rest.length, end]).toStrictEqual([1, 8198, 'fin']),
    told: { by: 'fetch-block', exitCode: 5, code: 'E_SESSION_CLOSED', finds: ['closed-mid-message'] },
  },
]

export const FRAMING_ROWS: readonly FaultRow[] = [
  {
    fault: 'giant-frame',
    visit: { until: ({ rest }) => rest.length >= 4 },
    see: ({ rest }) => expect(rest.toString('hex', 0, 4)).toBe('80000000'),
    told: { exitCode: 5, code: 'E_FRAME_TOO_LARGE', finds: ['stream-broken'] },
  },
  {
    fault: 'large-frame=2097153',
    visit: { until: ({ rest }) => rest.length >= 5 },
    see: ({ rest }) => expect(rest.toString('hex', 0, 5)).toBe('0020000107'),
    told: { exitCode: 5, code: 'E_FRAME_TOO_LARGE', finds: ['stream-broken'] },
  },
  {
    fault: 'unknown-message',
    see: (seen) => expect(seen.all(99)).toStrictEqual([Buffer.alloc(4)]),
    told: { exitCode: 0, finds: ['message-unknown'] },
  },
  {
    fault: 'short-have',
    see: (seen) => expect(seen.all(ID.have)).toStrictEqual([Buffer.alloc(3)]),
    told: { ...CHECK_FAILED, finds: ['message-malformed'] },
  },
  {
    fault: 'keep-alive-flood=200',
    see: (seen) => expect(seen.count(undefined)).toBe(200),
    told: { exitCode: 0, finds: ['keep-alive-flood'] },
  },
  {
    fault: 'garbage=1000',
    visit: { requests: [], until: ({ rest }) => rest.length > 900 },
    see: ({ rest }) => expect(rest.readUInt32BE(0)).toBeGreaterThan(0x20_0000),
    told: { by: 'interested', exitCode: 5, code: 'E_FRAME_TOO_LARGE', finds: ['stream-broken'] },
  },
  {
    fault: 'fragment=64',
    see: ({ chunks, blocks }) => {
      expect(chunks.length).toBeGreaterThan(60)
      expect(blocks).toHaveLength(3)
    },
    told: { by: 'fetch-block', options: { length: 5 }, exitCode: 0 },
  },
  {
    fault: 'slow=20000',
    see: ({ chunks, times }) => {
      expect(chunks.length).toBeGreaterThan(8)
      expect(times.at(-1) ?? 0).toBeGreaterThan(1000)
    },
    told: { by: 'fetch-block', options: { blockTimeoutMs: 200 }, exitCode: 6, code: 'E_BLOCK_TIMEOUT' },
  },
  {
    fault: 'delay=100',
    honestMayLookAlike: true,
    visit: { until: (seen) => seen.count(ID.haveAll) > 0 },
    see: ({ times }) => expect(times.at(-1) ?? 0).toBeGreaterThan(250),
    told: { options: { handshakeTimeoutMs: 50 }, exitCode: 4, code: 'E_HANDSHAKE_TIMEOUT' },
  },
]

const V2_HASH = V2_TORRENT.metainfo.infoHashes.v2?.subarray(0, 20) ?? new Uint8Array(20)
const ROOT = Buffer.from(V2_TORRENT.metainfo.files[0]?.piecesRoot ?? new Uint8Array(32))

/** Asks for the four leaf hashes of the file. */
const HASH_VISIT = {
  infoHash: V2_HASH,
  opening: Buffer.concat([rawHandshake(V2_HASH), frame(15), frame(21, ROOT, 0, 0, 4, 0)]),
  requests: [],
  until: (seen: RawStream) => seen.count(ID.hashes) + seen.count(ID.hashReject) > 0,
}

/** These are asked of the v2 torrent. */
export const HASH_ROWS: readonly FaultRow[] = [
  {
    fault: 'hashes-reject',
    visit: HASH_VISIT,
    see: (seen) => expect(seen.all(ID.hashReject)[0]?.subarray(0, 32)).toStrictEqual(ROOT),
    told: { by: 'fetch-block', options: { length: 16_384 }, exitCode: 8, code: 'E_HASHES_REJECTED' },
  },
  {
    fault: 'hashes-corrupt',
    visit: HASH_VISIT,
    see: async (seen) => {
      const hash = createHash('sha256')
        .update(await V2_TORRENT.store.read(0, 0, 16_384))
        .digest()
      hash[0] = (hash[0] as number) ^ 1
      expect(seen.all(ID.hashes)[0]?.subarray(48, 80)).toStrictEqual(hash)
    },
    told: { by: 'fetch-block', options: { length: 16_384 }, exitCode: 7, code: 'E_BLOCK_PROOF' },
  },
]
