import { concat } from '../../src/base/bytes.ts'
import type { ErrorCode } from '../../src/base/errors.ts'
import { MAX_FRAME_LENGTH } from '../../src/base/limits.ts'
import { encodeMessages, type Message } from '../../src/wire/message/message.ts'
import type { ResidentMemory } from './resident-memory.ts'

/** What a peer sends for as long as it is read: the same bytes over and over. */
export interface Flood {
  readonly name: string
  readonly bytes: Uint8Array
  /** How many of them come at a time. */
  readonly chunkLength: number
  /** How the stream has to end; undefined where it never does. */
  readonly code?: ErrorCode
  /** A write for each few bytes takes microseconds: over a socket only such a part of the megabytes is fed. */
  readonly liveShare: number
}

/** What came of it. */
export interface FloodOutcome {
  readonly memory: ResidentMemory
  readonly messages: number
  readonly code: string | undefined
}

const SEGMENT_LENGTH = 65_536

const BLOCKS = encodeMessages(
  Array.from({ length: 64 }, (_, piece): readonly Message[] => [
    { type: 'have', piece },
    { type: 'keep-alive' },
    { type: 'piece', piece, begin: 0, block: new Uint8Array(16_384) },
  ]).flat(),
)

const GIANT = encodeMessages([
  { type: 'piece', piece: 0, begin: 0, block: new Uint8Array(MAX_FRAME_LENGTH - 9) },
])

export const FLOODS: readonly Flood[] = [
  { name: 'have, keep-alive and blocks', bytes: BLOCKS, chunkLength: SEGMENT_LENGTH, liveShare: 1 },
  { name: 'the same, a byte at a time', bytes: BLOCKS, chunkLength: 1, liveShare: 1 / 256 },
  { name: 'frames of 2 MiB', bytes: GIANT, chunkLength: SEGMENT_LENGTH, liveShare: 1 },
  { name: 'frames of 2 MiB, 16 bytes at a time', bytes: GIANT, chunkLength: 16, liveShare: 1 / 16 },
  {
    name: 'a length prefix above the limit',
    bytes: concat([Uint8Array.of(0x80, 0, 0, 0, 7), new Uint8Array(1 << 20)]),
    chunkLength: SEGMENT_LENGTH,
    code: 'E_FRAME_TOO_LARGE',
    liveShare: 1,
  },
]

/** Cuts a flood into its chunks, in order and without end; all are views of the same bytes. */
export function* chunksOf({ bytes, chunkLength }: Flood): Generator<Uint8Array, never, undefined> {
  for (let at = 0; ; at = at + chunkLength < bytes.length ? at + chunkLength : 0)
    yield bytes.subarray(at, at + chunkLength)
}
