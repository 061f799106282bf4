import type { SessionReport } from '../../../src/report/model/session.ts'

/**
 * The attempts of a report, each as `encryption outcome phase`, without those whose shared secret began with a zero byte: one in 256
 * does, libtorrent gets it wrong, and peerwire dials again.
 */
export function attemptsOf({ attempts }: Pick<SessionReport, 'attempts'>): readonly string[] {
  return attempts
    .filter(({ error }) => error?.message.includes('the shared secret began with a zero byte') !== true)
    .map(({ encryption, outcome, phase }) => `${encryption} ${outcome} ${phase}`)
}
