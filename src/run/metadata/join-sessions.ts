import type { SessionReport } from '../../report/model/session.ts'

/** The report of a command that held a second session with the same peer: what the first showed, and the attempts of both. */
export function joinSessions(first: SessionReport, second: SessionReport): SessionReport {
  return {
    ...first,
    attempts: [...first.attempts, ...second.attempts],
    timing: { ...first.timing, totalMs: second.timing.totalMs },
  }
}
