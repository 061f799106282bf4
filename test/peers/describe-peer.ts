import { describe } from 'vitest'
import { missingReason, type PeerKind } from './peer.ts'

/** Set to 1, a missing client is a failure: for runs that must have tried all of them. */
const REQUIRED = process.env['PEERWIRE_REQUIRE_PEERS'] === '1'

/**
 * As `describe`, for tests that need a real client. Where it is not installed they are skipped and the name says why,
 * or they run, and fail with the reason, under PEERWIRE_REQUIRE_PEERS=1.
 */
export function describePeer(kind: PeerKind, body: () => void, title: string = kind): void {
  const missing = missingReason(kind)
  if (missing === undefined || REQUIRED) describe(title, body)
  else describe.skip(`${title} (skipped: ${missing})`, body)
}
