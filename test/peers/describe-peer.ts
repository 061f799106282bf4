import { describe } from 'vitest'
import { missingReason, type PeerKind } from './peer.ts'
import { titleWithout } from './without.ts'

/** Set to 1, a missing client is a failure: for runs that must have tried all of them. */
export const REQUIRED = process.env['PEERWIRE_REQUIRE_PEERS'] === '1'

/**
 * Transmission 3.00 closes without an answer on a public key of MSE now and then: on 1 of 420 when it was tried. Its own key
 * is as random as ours, so no test can choose one that it takes.
 */
const RETRIES: { readonly [kind in PeerKind]?: number } = { transmission: 1 }

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
  const retry = Math.max(0, ...[needed].flat().map((kind) => RETRIES[kind] ?? 0))
  if (missing === undefined || REQUIRED) describe(title, { retry }, body)
  else describe.skip(titleWithout(missing, title), body)
}
