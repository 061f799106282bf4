import { PeerError } from '../../base/errors.ts'
import type { PeerAvailability } from '../../session/peer/availability.ts'

/** The error if the bitfield does not fit the torrent, so that it is unknown which pieces the peer has. */
export function misfitError({ misfit }: Pick<PeerAvailability, 'misfit'>): PeerError | undefined {
  if (misfit === undefined) return undefined
  return new PeerError('E_PIECE_UNAVAILABLE', `which pieces the peer has is not known: ${misfit}`, {
    phase: 'availability',
    reference: 'BEP 3',
    hint: 'another torrent, a count of v1 pieces for those of v2 and a defect of the peer look alike',
  })
}
