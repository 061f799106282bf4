import { expect } from 'vitest'
import type { RawMse } from '../raw/raw-mse.ts'
import { type FaultRow, isOver, QUIET_MS, type Told } from './fault-row.ts'

const FAILED = { exitCode: 4, code: 'E_ENCRYPTION_FAILED' } as const
const REQUIRE = { encryption: 'require' } as const

/** Fails as soon as the bytes are there. */
const failed: Told = { ...FAILED, options: REQUIRE }
/** Fails when the peer has been waited for. */
const timedOut: Told = { ...FAILED, options: { ...REQUIRE, handshakeTimeoutMs: 3000 } }

const P_MINUS_1 = /^f{16}[0-9a-f]+90562$/
const hasKey = ({ publicKey }: RawMse): boolean => publicKey.length === 96
const isSelected = ({ select }: RawMse): boolean => select !== undefined
const hasStream = ({ stream }: RawMse): boolean => stream.length >= 68

const weakKey = (value: number, key: string | RegExp): FaultRow => ({
  fault: `mse-weak-key=${value}`,
  over: 'mse',
  until: hasKey,
  see: ({ publicKey }) => expect(publicKey.toString('hex')).toMatch(key),
  told: { ...failed, says: 'the public key from the peer is not in the range 2 to P-2' },
})

/** @param told what we are told, who offer both methods */
const select = (fault: string, provide: number, bits: number, told = bits): FaultRow => ({
  fault,
  over: 'mse',
  provide,
  until: isSelected,
  see: (seen) => expect(seen.select).toBe(bits),
  told: { ...failed, says: `crypto_select is ${told}, but we offered plaintext, rc4` },
})

export const ENCRYPTION_ROWS: readonly FaultRow[] = [
  {
    fault: 'mse-close-after-key',
    over: 'mse',
    until: isOver,
    see: ({ publicKey, padLength, end }) => {
      expect([publicKey.length, padLength]).toStrictEqual([96, undefined])
      // what we had sent by then may have been left unread
      expect(end).toBeDefined()
    },
    told: { ...failed, says: 'that can be a public key, without a proof' },
  },
  {
    fault: 'mse-stall-after-key',
    over: 'mse',
    until: hasKey,
    quietMs: QUIET_MS,
    see: ({ padLength, end }) => expect([padLength, end]).toStrictEqual([undefined, undefined]),
    told: { ...timedOut, says: 'that can be a public key, without a proof' },
  },
  weakKey(0, /^0{192}$/),
  weakKey(1, /^0{191}1$/),
  weakKey(2, P_MINUS_1),
  {
    fault: 'mse-other-key',
    over: 'mse',
    // it does not find our hash of the secret, and waits for more
    until: hasKey,
    quietMs: QUIET_MS,
    see: ({ padLength }) => expect(padLength).toBeUndefined(),
    told: { ...timedOut, says: 'that can be a public key, without a proof' },
  },
  {
    fault: 'mse-long-pad',
    over: 'mse',
    until: isSelected,
    see: ({ padLength }) => expect(padLength).toBe(513),
    told: { ...failed, says: 'the encrypted VC is not in the first 616' },
  },
  {
    fault: 'mse-wrong-vc',
    over: 'mse',
    until: hasKey,
    quietMs: QUIET_MS,
    see: ({ padLength }) => expect(padLength).toBeUndefined(),
    told: timedOut,
  },
  select('mse-select=0', 3, 0),
  select('mse-select=3', 3, 3),
  select('mse-select=4', 3, 4),
  select('mse-select-unoffered', 2, 1, 4),
  {
    fault: 'mse-long-pad-d',
    over: 'mse',
    until: isSelected,
    see: ({ padDLength }) => expect(padDLength).toBe(513),
    told: { ...failed, says: 'PadD has 513 bytes, more than 512' },
  },
  {
    fault: 'mse-pad-d-length',
    over: 'mse',
    until: ({ stream }) => stream.length >= 67,
    see: ({ padDLength, stream }) => {
      expect(padDLength).toBe(1)
      expect(stream.toString('latin1', 0, 19)).toBe('BitTorrent protocol')
    },
    // we wait for the byte that is missing before we say anything
    told: { ...timedOut, says: 'before the end of PadD' },
  },
  {
    fault: 'mse-bit-flip=19',
    over: 'mse',
    until: hasStream,
    see: ({ stream }) => expect(stream.toString('latin1', 0, 20)).toBe('\x13BitTorrent protocom'),
    told: { ...failed, code: 'E_NOT_BITTORRENT' },
  },
]
