import { EXTENSION_ROWS } from './extension-rows.ts'
import { FRAMING_ROWS } from './framing-rows.ts'
import { MESSAGE_ROWS } from './message-rows.ts'
import type { HostileRow } from './row.ts'

export const HOSTILE_ROWS: readonly HostileRow[] = [...FRAMING_ROWS, ...MESSAGE_ROWS, ...EXTENSION_ROWS]
