import type { Scope } from '../../diagnose/cause/known.ts'

/** To decide by what was seen, and to try nothing else. */
export const NO_MORE_PROBES: Scope = {
  hasTorrent: true,
  hasOtherHash: false,
  otherSources: [],
  transports: ['tcp', 'utp'],
  probesLeft: 0,
}
