import { CONNECT_DEFAULTS } from '../../run/defaults.ts'
import { defaultFlag, type FlagValues, switchFlag } from '../command/flag.ts'
import { DURATION } from './types.ts'

/** How long `connect` listens to a peer. */
export const LISTEN_FLAGS = {
  interested: switchFlag('connection', 'also send interested, and wait to be unchoked', {
    details: 'When that does not happen, the exit code is 6.',
  }),
  settle: defaultFlag(
    DURATION,
    'limits',
    'how long the connection must be quiet before we close',
    CONNECT_DEFAULTS.settleMs,
  ),
  wait: defaultFlag(DURATION, 'limits', 'how long to wait for what was negotiated', CONNECT_DEFAULTS.waitMs),
}

export function listenOptions({ interested, settle, wait }: FlagValues<typeof LISTEN_FLAGS>) {
  return { interested, settleMs: settle, waitMs: wait }
}
