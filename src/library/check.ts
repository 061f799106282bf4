import { PeerError } from '../base/errors.ts'
import { MAX_DURATION_MS } from '../run/defaults.ts'

/**
 * Rejects a number that is not an integer or is out of bounds.
 * @throws PeerError E_USAGE
 */
export function checkWhole(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return
  throw new PeerError('E_USAGE', `${name} is ${String(value)}`, {
    hint: `give a whole number from ${least} to ${most}`,
  })
}

/**
 * Rejects durations that Node's timers cannot represent, since those would expire at once. The error names the option.
 * @throws PeerError E_USAGE
 */
export function checkTimes(times: { readonly [name: string]: number | undefined }): void {
  for (const [name, ms] of Object.entries(times)) {
    if (ms === undefined || (ms >= 0 && ms <= MAX_DURATION_MS)) continue
    throw new PeerError('E_USAGE', `${name} is ${String(ms)}`, {
      hint: `give milliseconds, at most ${MAX_DURATION_MS}, which is 24 hours`,
    })
  }
}
