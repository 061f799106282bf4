import { ENCRYPTION_ROWS } from './encryption-rows.ts'
import type { FaultRow } from './fault-row.ts'
import { EXTENSION_ROWS, HANDSHAKE_ROWS } from './handshake-rows.ts'
import { AVAILABILITY_ROWS, BLOCK_ROWS, CHOKING_ROWS, FRAMING_ROWS, HASH_ROWS } from './transfer-rows.ts'
import { UTP_ROWS } from './utp-rows.ts'

/** Every fault of `serve`, some of them with more than one argument. */
export const FAULT_ROWS: readonly FaultRow[] = [
  ...HANDSHAKE_ROWS,
  ...EXTENSION_ROWS,
  ...AVAILABILITY_ROWS,
  ...CHOKING_ROWS,
  ...BLOCK_ROWS,
  ...FRAMING_ROWS,
  ...HASH_ROWS,
  ...ENCRYPTION_ROWS,
  ...UTP_ROWS,
]
