import { describe } from 'vitest'
import { missingReason, type PeerKind } from './peer.ts'
import { titleWithout } from './without.ts'

/** Set to 1, a missing client is a failure: for runs that must have tried all of them. */
export const REQUIRED = process.env['PEERWIRE_REQUIRE_PEERS'] === '1'

/**
 * As `describe`, for tests that need a real client, or several. Where one is not installed they are skipped and the name says
 * so, or they run, and fail with the reason, under PEERWIRE_REQUIRE_PEERS=1.
 */
export function describePeer(
  needed: PeerKind | readonly PeerKind[],
  body: () => void,
  title: string = [...new Set([needed].flat())].join(' and '),
): void {
  const missing = [needed].flat().find((kind) => missingReason(kind) !== undefined)
  if (missing === undefined || REQUIRED) describe(title, body)
  else describe.skip(titleWithout(missing, title), body)
}
