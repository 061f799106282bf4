import { PeerError } from '../../base/errors.ts'
import { systemReason } from './system-reasons.ts'

/** The error for a failed read. */
export function readError(path: string, cause: unknown, hint: string): PeerError {
  if (cause instanceof PeerError) return cause
  return new PeerError('E_FILE_READ', `cannot read ${path}: ${systemReason(cause)}`, { hint, cause })
}
