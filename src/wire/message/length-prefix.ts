import { readUint32 } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import { describeMessageId, MAX_LENGTH_PREFIX, maxLengthPrefix } from './id.ts'

/** Length of the length prefix of a frame, in bytes. */
export const PREFIX_LENGTH = 4

/** Returns the largest length prefix that is accepted for an id, in bytes. */
export type FrameLimit = (id: number) => number

/** Why a frame of this length is refused; undefined when it is not. `id` is undefined until it has been received. */
export function judgeLengthPrefix(
  size: number,
  id: number | undefined,
  offset: number,
  limitOf: FrameLimit = maxLengthPrefix,
): PeerError | undefined {
  // a length above every limit is refused before the id is received, so the error must not name the id in any case
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

/** Length of the fields of a *request*, in bytes: the longest message that decodes without byte arrays. */
const MAX_FIELDS = 12

/** By id, the length prefix of a message with small fixed fields; 0 for any other message. */
const FIXED_SIZES = Uint8Array.from({ length: 256 }, (_, id) => {
  const layout = describeMessageId(id)
  return layout !== undefined && layout.min === layout.max && layout.max <= MAX_FIELDS ? 1 + layout.max : 0
})
