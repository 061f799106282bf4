import { defineTheme, type Fold, NOTHING, onEvents } from '../rule.ts'

/** Not about the peer: time during the session in which this process did not run. */
export const suspension = defineTheme({
  findings: {
    'process-suspended': {
      severity: 'info',
      title: 'This process was suspended',
      reference: 'this machine',
      explanation:
        'The process was stopped, or the machine was asleep. This time does not count toward any deadline or any time in the report. The peer saw a silent connection in that time, and may have closed it for that reason.',
    },
  },
  probe: [suspended],
})

/** Less than this in total means a busy machine, in milliseconds. */
const WORTH_SAYING_MS = 5_000

function suspended(): Fold<'process-suspended'> {
  let totalMs = 0
  return onEvents(
    ['suspended'],
    (event) => {
      if (event.type === 'suspended') totalMs += event.durationMs
      return NOTHING
    },
    () => {
      if (totalMs < WORTH_SAYING_MS) return NOTHING
      return [
        {
          id: 'process-suspended',
          detail: `${(totalMs / 1000).toFixed(1)} s, not counted in any time in this report`,
        },
      ]
    },
  )
}
