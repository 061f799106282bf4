import { PeerError } from '../../base/errors.ts'

/** @param offset in the input, in bytes */
export function badInput(reason: string, offset: number, hint?: string): PeerError {
  return new PeerError('E_BAD_CAPTURE', `${reason}, at byte ${offset} of the input`, { offset, hint })
}
