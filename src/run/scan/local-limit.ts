import { PeerError } from '../../base/errors.ts'
import { localLimit } from '../../net/socket-errors.ts'

/** Whether an error means that this process or machine has no socket left, which says nothing about the peer. */
export function isLocalLimit(error: unknown): boolean {
  return error instanceof PeerError && localLimit(error.cause) !== undefined
}
