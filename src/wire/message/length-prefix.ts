import { readUint32 } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { describeMessageId, MAX_LENGTH_PREFIX, maxLengthPrefix } from './id.ts'

/** The length prefix of a frame, in bytes. */
export const PREFIX_LENGTH = 4

/** The longest length prefix that is taken of an id, in bytes. */
export type FrameLimit = (id: number) => number

/** Why no frame of this length may come; `id` is undefined until its byte is there. */
export function judgeLengthPrefix(
  size: number,
  id: number | undefined,
  offset: number,
  limitOf: FrameLimit = maxLengthPrefix,
): PeerError | undefined {
  // what no message may have is refused before the id has come, and so must not name it when it has
  const judged = size > MAX_LENGTH_PREFIX ? undefined : id
  const limit = judged === undefined ? MAX_LENGTH_PREFIX : limitOf(judged)
  if (size <= limit) return undefined
  const known = judged === undefined ? undefined : describeMessageId(judged)
  const what = judged === undefined ? 'any message' : (known?.name ?? `the unknown message ${judged}`)
  return new PeerError(
    'E_FRAME_TOO_LARGE',
    `length prefix ${size} exceeds the limit of ${limit} bytes for ${what}`,
    { offset, reference: known?.reference ?? 'BEP 3' },
  )
}

/** True when nothing decoded from the frames in the first `length` bytes shares memory with them. */
export function haveFixedFields(frames: Uint8Array, length: number): boolean {
  for (let at = 0; at < length;) {
    const size = readUint32(frames, at)
    if (size > 0 && size !== FIXED_SIZES[frames[at + PREFIX_LENGTH] as number]) return false
    at += PREFIX_LENGTH + size
  }
  return true
}

/** The fields of a *request*, in bytes: the most that a message has of which no part stays bytes when it is decoded. */
const MAX_FIELDS = 12

/** By id, the one length prefix of a message of small fixed fields; 0 for any other message. */
const FIXED_SIZES = Uint8Array.from({ length: 256 }, (_, id) => {
  const layout = describeMessageId(id)
  return layout !== undefined && layout.min === layout.max && layout.max <= MAX_FIELDS ? 1 + layout.max : 0
})
