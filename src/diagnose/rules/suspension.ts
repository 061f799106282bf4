import { defineTheme, type Fold, NOTHING } from '../rule.ts'

/** Not about the peer: the time of the session in which this process did not run. */
export const suspension = defineTheme({
  findings: {
    'process-suspended': {
      severity: 'info',
      title: 'This process did not run for a while',
      reference: 'this machine',
      explanation:
        'It was stopped, or the machine slept. No deadline and no time in the report counts it, so the peer is not judged by it; but the peer saw a silent connection, and may have closed it for that.',
    },
  },
  probe: [suspended],
})

/** Less in all is a busy machine, in milliseconds. */
const WORTH_SAYING_MS = 5_000

function suspended(): Fold<'process-suspended'> {
  let totalMs = 0
  return {
    step: (event) => {
      if (event.type === 'suspended') totalMs += event.durationMs
      return NOTHING
    },
    *end() {
      if (totalMs < WORTH_SAYING_MS) return
      yield { id: 'process-suspended', detail: `${(totalMs / 1000).toFixed(1)} s, which no time here counts` }
    },
  }
}
