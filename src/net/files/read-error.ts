import { PeerError } from '../../base/errors.ts'
import { systemReason } from './system-reasons.ts'

/** What a failed read means. */
export function readError(path: string, cause: unknown, hint: string): PeerError {
  if (cause instanceof PeerError) return cause
  return new PeerError('E_FILE_READ', `cannot read ${path}: ${systemReason(cause)}`, { hint, cause })
}
