import { setImmediate as turn } from 'node:timers/promises'
import { PeerError } from '../../../src/base/errors.ts'
import type { Dial } from '../../../src/net/transport.ts'
import type { ReachReport } from '../../../src/report/model/reach.ts'
import type { ReachOptions } from '../../../src/run/reach/options.ts'
import type { Ports } from '../../../src/run/ports.ts'
import type { TraceEvent } from '../../../src/trace/event.ts'
import { reach } from '../../../src/run/reach/reach.ts'
import { testPorts } from '../sessions/fetch-setup.ts'
import { dialService } from '../services/memory-service.ts'
import type { ImitatedService } from '../services/service.ts'
import { pathContradictions } from '../verdicts/claims/reach.ts'
import { VirtualClock } from '../transports/virtual-clock.ts'

/** What dialling a transport leads to: a service, or an error. */
export type Behind = ImitatedService['talk'] | PeerError

/** One machine: what is behind its TCP port and behind its UDP port. */
export interface Machine {
  readonly tcp: Behind
  readonly utp: Behind
}

export const REFUSED = new PeerError('E_CONNECT_REFUSED', 'refused', {
  phase: 'connect',
  cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }),
})
/** A RESET of uTP. */
export const TURNED_AWAY = new PeerError('E_CONNECT_REFUSED', 'a RESET', { phase: 'connect' })
export const UNANSWERED = new PeerError('E_CONNECT_TIMEOUT', 'no answer', { phase: 'connect' })

/** What `reach` reports of a machine, in virtual time. Fails when it says what is not on record (docs/verdicts.md). */
export async function reachMachine(
  machine: Machine,
  options: Partial<ReachOptions> = {},
  ports: Partial<Ports> = {},
): Promise<ReachReport> {
  const clock = new VirtualClock()
  const dial: Dial = async (to, how) => {
    const behind = machine[how.transport ?? 'tcp']
    if (behind instanceof PeerError) throw behind
    return dialService({ kind: undefined, talk: behind }, clock)(to, how)
  }
  const events: TraceEvent[] = []
  const over = { isOver: false }
  const running = reach(
    {
      peer: { input: '127.0.0.1:9', host: '127.0.0.1', port: 9 },
      family: undefined,
      source: undefined,
      connectTimeoutMs: 5000,
      totalTimeoutMs: undefined,
      ...options,
      trace: (event) => {
        events.push(event)
        options.trace?.(event)
      },
    },
    { ...testPorts(), clock, dial, ...ports },
  ).finally(() => {
    over.isOver = true
  })
  // a test that expects a failure gets it from the result
  running.catch(() => undefined)
  while (!over.isOver) {
    // everything that is under way happens before the time goes on
    for (let i = 0; i < 12; i++) await turn()
    clock.advance(10)
  }
  const report = await running
  const found = pathContradictions(report, events)
  if (found.length > 0) throw new Error(`not on record:\n${found.join('\n')}`)
  return report
}
