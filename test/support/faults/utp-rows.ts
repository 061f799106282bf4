import { expect } from 'vitest'
import { TYPE, type RawPacket, type RawUtp } from '../raw/raw-utp.ts'
import { isOver, QUIET_MS, type FaultRow } from './fault-row.ts'

const UTP = { transport: 'utp' } as const
const UNANSWERED = { ...UTP, connectTimeoutMs: 2500 } as const
const SILENT = { ...UTP, handshakeTimeoutMs: 2000 } as const

const CUT = ['closed-mid-message', 'closed-after-request'] as const

const hasPacket = ({ packets }: RawUtp): boolean => packets.length > 0
const data = ({ packets }: RawUtp): readonly RawPacket[] => packets.filter(({ type }) => type === TYPE.data)
const types = ({ packets }: RawUtp): readonly number[] => packets.map(({ type }) => type)

export const UTP_ROWS: readonly FaultRow[] = [
  {
    fault: 'utp-silent',
    over: 'utp',
    visit: { until: () => true, quietMs: QUIET_MS },
    see: ({ packets }) => expect(packets).toHaveLength(0),
    told: { options: UNANSWERED, exitCode: 3, code: 'E_CONNECT_TIMEOUT' },
  },
  {
    fault: 'utp-refuse',
    over: 'utp',
    visit: { until: isOver },
    see: (seen) => {
      expect(types(seen)).toStrictEqual([TYPE.reset])
      expect(seen.packets[0]?.connectionId).toBe(seen.connectionId)
    },
    told: { options: UTP, exitCode: 3, code: 'E_CONNECT_REFUSED' },
  },
  {
    fault: 'utp-version',
    over: 'utp',
    until: hasPacket,
    see: ({ packets }) => expect(packets.every(({ version }) => version === 2)).toBe(true),
    told: { options: UNANSWERED, exitCode: 4, says: 'version is not 1', code: 'E_NOT_BITTORRENT' },
  },
  {
    fault: 'utp-endless-chain',
    over: 'utp',
    until: hasPacket,
    see: ({ packets }) => {
      expect(packets[0]?.extension).toBe(77)
      expect(packets[0]?.rest.toString('hex')).toBe('00ff')
    },
    told: { options: UNANSWERED, exitCode: 4, says: 'truncated extension', code: 'E_NOT_BITTORRENT' },
  },
  {
    fault: 'utp-unknown-extension',
    over: 'utp',
    until: hasPacket,
    see: ({ packets }) => {
      expect(packets[0]?.extension).toBe(77)
      expect(packets[0]?.rest.toString('hex', 0, 6)).toBe('000400000000')
    },
    told: { by: 'fetch-block', options: UTP, exitCode: 0 },
  },
  {
    fault: 'utp-wrong-id',
    over: 'utp',
    until: hasPacket,
    see: ({ packets, connectionId }) => expect(packets[0]?.connectionId).toBe(connectionId + 7),
    told: {
      options: UNANSWERED,
      exitCode: 4,
      says: 'the connection id does not match any connection',
      code: 'E_NOT_BITTORRENT',
    },
  },
  {
    fault: 'utp-wrong-ack=1000',
    over: 'utp',
    visit: { until: ({ bytes }) => bytes.length >= 68 },
    see: (seen) => {
      expect(seen.packets[0]?.acknowledged).toBe(1)
      expect(data(seen)[0]?.acknowledged).toBe(seen.sequence() + 1000)
    },
    told: {
      options: SILENT,
      exitCode: 4,
      code: 'E_HANDSHAKE_TIMEOUT',
      finds: ['utp-acknowledgement-invalid', 'utp-path-trouble'],
    },
  },
  {
    fault: 'utp-window',
    over: 'utp',
    see: ({ packets }) => expect(packets.every(({ window }) => window === 0)).toBe(true),
    told: { options: SILENT, exitCode: 4, code: 'E_HANDSHAKE_TIMEOUT', finds: ['utp-window-small'] },
  },
  {
    fault: 'utp-window=40',
    over: 'utp',
    see: ({ packets }) => expect(packets.every(({ window }) => window === 40)).toBe(true),
    told: { options: UTP, exitCode: 0, finds: ['utp-window-small'] },
  },
  {
    fault: 'utp-drop=30',
    over: 'utp',
    visit: { until: ({ blocks }) => blocks.length > 0 },
    see: (seen) => {
      const numbers = data(seen).map(({ sequence }) => sequence)
      const [first = 0] = numbers
      // the blocks take more packets than can all be lucky
      expect(numbers).not.toStrictEqual(numbers.map((_, i) => first + i))
    },
    told: { by: 'fetch-block', options: UTP, exitCode: 0, finds: ['utp-path-trouble'] },
  },
  {
    fault: 'utp-duplicate',
    over: 'utp',
    see: ({ packets }) => expect(packets[0]).toStrictEqual(packets[1]),
    told: { by: 'fetch-block', options: UTP, exitCode: 0, finds: ['utp-path-trouble'] },
  },
  {
    fault: 'utp-reorder',
    over: 'utp',
    visit: { until: (seen) => seen.count(7) > 0 },
    see: (seen) => {
      const numbers = data(seen).map(({ sequence }) => sequence)
      expect(numbers).not.toStrictEqual(numbers.toSorted((a, b) => a - b))
    },
    told: { by: 'fetch-block', options: UTP, exitCode: 0, finds: ['utp-path-trouble'] },
  },
  {
    fault: 'utp-fin=8',
    over: 'utp',
    visit: { until: isOver },
    see: (seen) => {
      expect(data(seen)).toHaveLength(8)
      expect(types(seen)).toContain(TYPE.fin)
      expect(seen.seen.end).toBe('fin')
    },
    told: { by: 'fetch-block', options: UTP, exitCode: 5, code: 'E_SESSION_CLOSED', finds: CUT },
  },
  {
    fault: 'utp-reset=8',
    over: 'utp',
    visit: { until: isOver },
    see: (seen) => {
      expect(data(seen)).toHaveLength(8)
      expect(types(seen).at(-1)).toBe(TYPE.reset)
    },
    told: { by: 'fetch-block', options: UTP, exitCode: 5, code: 'E_SESSION_RESET', finds: CUT },
  },
  {
    fault: 'utp-vanish=8',
    over: 'utp',
    visit: { until: ({ chunks }) => chunks.length >= 8, quietMs: QUIET_MS },
    see: (seen) => expect(data(seen)).toHaveLength(8),
    told: {
      by: 'fetch-block',
      options: { ...UTP, blockTimeoutMs: 1000 },
      exitCode: 6,
      code: 'E_BLOCK_TIMEOUT',
      finds: ['utp-path-trouble'],
    },
  },
]
