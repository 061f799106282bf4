import { PeerError } from '../../base/errors.ts'
import { localLimit, systemCode } from '../socket-errors.ts'
import { systemReason } from './system-reasons.ts'

/**
 * What a failed write means: E_DISK_FULL or E_FILE_WRITE.
 * @param hint what to do unless the disk is full
 */
export function writeError(
  path: string,
  cause: unknown,
  hint = 'give a place that can be written',
): PeerError {
  const code = systemCode(cause)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new PeerError('E_DISK_FULL', `no room left for ${path}: ${systemReason(cause)}`, {
      hint: 'free some space or write elsewhere',
      cause,
    })
  }
  return new PeerError('E_FILE_WRITE', `cannot write ${path}: ${systemReason(cause)}`, {
    hint: localLimit(cause) ?? hint,
    cause,
  })
}

/** Something else has the name of a file or folder that is to be written. */
export function inTheWay(path: string, what: string): PeerError {
  return new PeerError('E_FILE_EXISTS', `${path} is in the way: it is ${what}`, {
    hint: 'move it away, or give another folder with -o',
  })
}

/** Another program did something to the output while it was in use. */
export function changed(path: string, what: string): PeerError {
  return new PeerError('E_FILE_WRITE', `${path} was ${what} by another program while it was in use`, {
    hint: 'let nothing else change it meanwhile, and run the same command again',
  })
}
