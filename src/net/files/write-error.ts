import { PeerError } from '../../base/errors.ts'
import { localLimit, systemCode } from '../socket-errors.ts'
import { systemReason } from './system-reasons.ts'

/**
 * The error for a failed write: E_DISK_FULL or E_FILE_WRITE.
 * @param hint what to do if the disk is not full
 */
export function writeError(path: string, cause: unknown, hint = 'use a writable location'): PeerError {
  const code = systemCode(cause)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new PeerError('E_DISK_FULL', `cannot write ${path}: ${systemReason(cause)}`, {
      hint: 'free some space, or write to another disk',
      cause,
    })
  }
  return new PeerError('E_FILE_WRITE', `cannot write ${path}: ${systemReason(cause)}`, {
    hint: localLimit(cause) ?? hint,
    cause,
  })
}

/** Something else has the name of a file or folder that must be written. */
export function inTheWay(path: string, what: string): PeerError {
  return new PeerError('E_FILE_EXISTS', `${path} is in the way: it is ${what}`, {
    hint: 'move it away, or use another folder with -o',
  })
}

/** Another program changed the output while it was in use. */
export function changed(path: string, what: string): PeerError {
  return new PeerError('E_FILE_WRITE', `${path} was ${what} by another program while it was in use`, {
    hint: 'make sure that no other program changes it, and run the same command again',
  })
}
