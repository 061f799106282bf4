import { PeerError } from '../../base/errors.ts'

/** @param offset position in the file */
export function badCapture(reason: string, offset: number, hint?: string): PeerError {
  return new PeerError('E_BAD_CAPTURE', `${reason}, at byte ${offset} of the capture`, { offset, hint })
}
