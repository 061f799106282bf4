import { expect } from 'vitest'
import { RAW_PEER_ID } from '../raw/raw-peer.ts'
import { ID } from '../raw/raw-stream.ts'
import { type FaultRow, isOver, QUIET_MS } from './fault-row.ts'
import { FAULT_HASH, FAULT_TORRENT } from './fault-torrents.ts'

const HASH = Buffer.from(FAULT_HASH).toString('hex')
const SHORT = { handshakeTimeoutMs: 400 } as const

export const HANDSHAKE_ROWS: readonly FaultRow[] = [
  {
    fault: 'silent',
    visit: { until: () => true, quietMs: QUIET_MS },
    see: ({ bytes, end }) => expect([bytes.length, end]).toStrictEqual([0, undefined]),
    told: { options: SHORT, exitCode: 4, code: 'E_HANDSHAKE_TIMEOUT' },
  },
  {
    fault: 'close-on-accept',
    visit: { until: isOver },
    see: ({ bytes, end }) => {
      expect(bytes).toHaveLength(0)
      // our greeting may meet a socket that is gone already
      expect(end).toBeDefined()
    },
    told: { exitCode: 4, code: 'E_HANDSHAKE_CLOSED', finds: ['closed-without-answer'] },
  },
  {
    fault: 'reset-on-accept',
    visit: { until: isOver },
    see: ({ bytes, end }) => expect([bytes.length, end]).toStrictEqual([0, 'rst']),
    // with an answer or without: it depends on when the reset is seen
    told: { exitCode: 4, code: 'E_HANDSHAKE_RESET' },
  },
  {
    fault: 'wrong-info-hash',
    visit: { until: ({ bytes }) => bytes.length >= 68 },
    see: ({ infoHash }) => {
      expect(infoHash.slice(0, 38)).toBe(HASH.slice(0, 38))
      expect(Number.parseInt(infoHash.slice(38), 16) ^ Number.parseInt(HASH.slice(38), 16)).toBe(1)
    },
    told: { exitCode: 4, code: 'E_WRONG_INFO_HASH', finds: ['info-hash-mismatch'] },
  },
  {
    fault: 'wrong-protocol',
    visit: { until: ({ bytes }) => bytes.length >= 68 },
    see: ({ bytes }) => expect(bytes.toString('latin1', 0, 20)).toBe('\x13BitTorrent protocom'),
    told: { exitCode: 4, code: 'E_NOT_BITTORRENT' },
  },
  {
    fault: 'http',
    visit: { until: isOver },
    see: ({ bytes, end }) =>
      expect([bytes.toString('latin1', 0, 12), end]).toStrictEqual(['HTTP/1.1 400', 'fin']),
    told: { exitCode: 4, code: 'E_NOT_BITTORRENT_HTTP' },
  },
  {
    fault: 'echo-peer-id',
    see: ({ peerId }) => expect(peerId.toString('latin1')).toBe(RAW_PEER_ID),
    told: { exitCode: 4, code: 'E_SELF_CONNECTION', finds: ['peer-id-own'] },
  },
  {
    fault: 'zero-peer-id',
    see: ({ peerId }) => expect(peerId).toStrictEqual(Buffer.alloc(20)),
    told: { exitCode: 0, finds: ['peer-id-zero'] },
  },
  {
    fault: 'cut-handshake=30',
    visit: { until: isOver },
    see: ({ bytes, end }) => expect([bytes.length, end]).toStrictEqual([30, 'fin']),
    told: { exitCode: 4, code: 'E_HANDSHAKE_CLOSED' },
  },
  {
    fault: 'slow-handshake=5',
    visit: { until: ({ bytes }) => bytes.length >= 68 },
    see: ({ chunks, times }) => {
      expect(chunks.length).toBeGreaterThan(5)
      expect(times.at(-1) ?? 0).toBeGreaterThan(300)
    },
    told: { options: { handshakeTimeoutMs: 200 }, exitCode: 4, code: 'E_HANDSHAKE_TIMEOUT' },
  },
  {
    fault: 'all-bits',
    see: ({ reserved }) => expect(reserved).toBe('ffffffffffffffff'),
    told: { exitCode: 0, finds: ['reserved-bits-undefined'] },
  },
  {
    fault: 'not-negotiated',
    see: ({ reserved, ids }) => {
      expect(reserved).toBe('0000000000000000')
      expect(ids).toStrictEqual(expect.arrayContaining([ID.extended, ID.haveAll]))
    },
    told: {
      options: { waitMs: 500 },
      exitCode: 1,
      code: 'E_CHECK_FAILED',
      finds: ['extension-not-negotiated', 'fast-not-negotiated'],
    },
  },
]

const METADATA_LENGTH = FAULT_TORRENT.metainfo.infoBytes.length

export const EXTENSION_ROWS: readonly FaultRow[] = [
  {
    fault: 'no-extension-handshake',
    see: (seen) => {
      expect(seen.extended(0)).toHaveLength(0)
      expect(seen.extended(9)).toHaveLength(1)
    },
    told: { options: { waitMs: 2500 }, exitCode: 0, finds: ['extension-handshake-missing'] },
  },
  {
    fault: 'extension-garbage',
    see: (seen) => expect(seen.extended(0)[0]?.toString('latin1')).toBe('d1:mdthis is not bencode'),
    told: {
      options: { waitMs: 500 },
      exitCode: 1,
      code: 'E_CHECK_FAILED',
      finds: ['extension-handshake-malformed'],
    },
  },
  {
    fault: 'extension-deep=1000',
    see: (seen) => expect(seen.extended(0)[0]?.toString('latin1')).toBe('l'.repeat(1000)),
    told: {
      options: { waitMs: 500 },
      exitCode: 1,
      code: 'E_CHECK_FAILED',
      finds: ['extension-handshake-malformed'],
    },
  },
  {
    fault: 'extension-types',
    see: (seen) => expect(seen.extended(0)[0]?.toString('latin1')).toContain('1:mi7e13:metadata_size3:big'),
    told: {
      exitCode: 1,
      code: 'E_CHECK_FAILED',
      finds: ['extension-handshake-type', 'extension-handshake-value'],
    },
  },
  {
    // more than is kept for the findings, of which none may be made from what is not there
    fault: 'extension-flood',
    isBusy: true,
    visit: { until: (seen) => seen.extended(0).length >= 10_000 },
    see: (seen) => expect(seen.extended(0)).toHaveLength(10_000),
    told: { exitCode: 0, finds: ['extension-handshake-flood', 'message-flood'] },
  },
  {
    fault: 'extension-twice',
    see: (seen) => expect(seen.extended(0)[1]?.toString('latin1')).toBe('d1:md11:ut_metadatai0eee'),
    told: { by: 'metadata', exitCode: 8, code: 'E_NO_METADATA_EXTENSION' },
  },
  {
    fault: 'hostile-name',
    see: (seen) => expect(seen.extended(0)[0]?.toString()).toContain('\u001b[2J\u001b]0;owned\u0007\u202e'),
    told: { exitCode: 0, finds: ['client-text-unprintable', 'peer-id-client-mismatch'] },
  },
  {
    fault: 'unannounced-extension',
    see: (seen) => expect(seen.extended(77)).toHaveLength(1),
    told: { exitCode: 1, code: 'E_CHECK_FAILED', finds: ['extension-not-announced'] },
  },
  {
    fault: 'reqq=0',
    see: (seen) => expect(seen.extended(0)[0]?.toString('latin1')).toContain('4:reqqi0e'),
    told: { exitCode: 0, finds: ['reqq-zero'] },
  },
  {
    fault: 'metadata-size',
    see: (seen) => expect(seen.extended(0)[0]?.toString('latin1')).toContain('13:metadata_sizei2147483647e'),
    told: { by: 'metadata', exitCode: 8, code: 'E_METADATA_SIZE', finds: ['metadata-size-absurd'] },
  },
  {
    fault: 'metadata-reject',
    see: (seen) => expect(seen.extended(9)[0]?.toString('latin1')).toBe('d8:msg_typei2e5:piecei0ee'),
    told: { by: 'metadata', exitCode: 8, code: 'E_METADATA_REJECTED' },
  },
  {
    fault: 'metadata-silent',
    visit: { until: ({ blocks }) => blocks.length === 3, quietMs: QUIET_MS },
    see: (seen) => expect(seen.extended(9)).toHaveLength(0),
    told: { by: 'metadata', options: { totalTimeoutMs: 10_000 }, exitCode: 6, code: 'E_TIMEOUT' },
  },
  {
    fault: 'metadata-corrupt',
    see: (seen) => {
      const data = seen.extended(9)[0]?.subarray(-METADATA_LENGTH) ?? Buffer.alloc(0)
      const { infoBytes } = FAULT_TORRENT.metainfo
      expect(data.filter((byte, i) => byte !== infoBytes[i])).toHaveLength(1)
    },
    told: { by: 'metadata', exitCode: 7, code: 'E_METADATA_HASH' },
  },
  {
    fault: 'metadata-short',
    see: (seen) => {
      const answer = seen.extended(9)[0] ?? Buffer.alloc(0)
      const { infoBytes } = FAULT_TORRENT.metainfo
      expect(answer.length - answer.indexOf('ee') - 2).toBe(infoBytes.length - 1)
    },
    told: { by: 'metadata', exitCode: 8, code: 'E_METADATA_SIZE' },
  },
  {
    fault: 'metadata-wrong-piece',
    see: (seen) => expect(seen.extended(9)[0]?.toString('latin1', 0, 26)).toContain('5:piecei1e'),
    told: {
      by: 'metadata',
      options: { totalTimeoutMs: 10_000 },
      exitCode: 6,
      code: 'E_TIMEOUT',
      finds: ['metadata-not-requested'],
    },
  },
  {
    fault: 'metadata-total-size',
    see: (seen) =>
      expect(seen.extended(9)[0]?.toString('latin1', 0, 60)).toContain(`total_sizei${METADATA_LENGTH + 1}e`),
    told: { by: 'metadata', exitCode: 0, finds: ['metadata-total-size'] },
  },
]
