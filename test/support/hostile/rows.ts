import { MAX_SERVED_FRAME_LENGTH } from '../../../src/base/limits.ts'
import { MessageDecoder } from '../../../src/wire/message/decoder.ts'
import { EXTENSION_ROWS } from './extension-rows.ts'
import { FRAMING_ROWS } from './framing-rows.ts'
import { MESSAGE_ROWS } from './message-rows.ts'
import type { HostileRow } from './row.ts'

export const HOSTILE_ROWS: readonly HostileRow[] = [...FRAMING_ROWS, ...MESSAGE_ROWS, ...EXTENSION_ROWS].map(
  withinReach,
)

/** A seeder, which has many peers, takes shorter messages than a program that has dialled one. */
function withinReach(row: HostileRow): HostileRow {
  const isLong = new MessageDecoder()
    .push(row.bytes)
    .some(({ kind, length }) => kind === 'message' && length > 4 + MAX_SERVED_FRAME_LENGTH)
  return isLong ? { ...row, leecher: { code: 'E_FRAME_TOO_LARGE', finds: ['stream-broken'] } } : row
}
