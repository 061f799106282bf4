import { CAUSES, type CauseCode } from '../../../src/diagnose/cause/causes.ts'
import { type FactCode, FACTS } from '../../../src/diagnose/cause/facts.ts'
import { concludeReport } from '../../../src/report/exit-code.ts'
import { judged } from '../../../src/report/judge.ts'
import type { ErrorReport } from '../../../src/report/model/envelope.ts'
import type { CauseReport, ProbeReport, WhyReport } from '../../../src/report/model/why.ts'
import { describeProbe } from '../../../src/report/probe-words.ts'
import type { Probe } from '../../../src/trace/probe.ts'
import { USUAL_PROBE } from '../sessions/probe-context.ts'
import { OK_ATTEMPT, SESSION, STARTED_AT } from './reports.ts'

/** Handwritten reports of `why`. */

function cause(
  code: CauseCode,
  confidence: CauseReport['confidence'],
  ...evidence: readonly (readonly [FactCode, number])[]
): CauseReport {
  const { text, advice } = CAUSES[code]
  return {
    code,
    confidence,
    text,
    advice,
    evidence: evidence.map(([fact, probe]) => ({ probe, fact, text: FACTS[fact].text })),
  }
}

/** Probes in their order, each with what is not usual. */
function probes(
  ...rows: readonly (readonly [Partial<Probe>, string, Partial<ProbeReport>])[]
): readonly ProbeReport[] {
  return rows.map(([change, reason, seen], i) => {
    const probe = { ...USUAL_PROBE, ...change }
    const text = describeProbe(probe)
    const { transport } = probe
    return { number: i + 1, text, reason, ...probe, ...OK_ATTEMPT, transport, blocks: null, ...seen }
  })
}

const CLOSED = {
  outcome: 'closed',
  phase: 'handshake',
  closedBy: 'peer',
  closeKind: 'fin',
  bytesSent: 68,
  bytesReceived: 0,
} as const

const UNREACHED = { closedBy: null, closeKind: null, bytesSent: 0, bytesReceived: 0 } as const

const NOBODY = { byPeerId: null, byVersionString: null, byBehaviour: null, conflict: false } as const

function whyReport(parts: Partial<WhyReport>, error: ErrorReport | null = null): WhyReport {
  const whole = {
    schema: 'peerwire.why/1',
    version: '0.1.0',
    ...concludeReport(error, []),
    client: null,
    target: SESSION.target,
    torrent: SESSION.torrent,
    works: null,
    causes: [],
    identity: NOBODY,
    probes: [],
    totalMs: 4412.3,
    expectations: [],
    ...parts,
  } as const
  return judged<WhyReport>(whole, STARTED_AT)
}

const failure = (code: ErrorReport['code'], phase: ErrorReport['phase'], message: string): ErrorReport => ({
  code,
  phase,
  message,
  hint: null,
})

const HANDSHAKE_CLOSED = failure(
  'E_HANDSHAKE_CLOSED',
  'handshake',
  'the peer closed the connection after 0 bytes in and 68 bytes out',
)

export const WHY_WORKS = whyReport({
  client: SESSION.client,
  identity: SESSION.identity,
  works: {
    probe: 1,
    address: '127.0.0.1',
    transport: 'tcp',
    encryption: 'plaintext',
    blocks: 16,
    verified: true,
  },
  causes: [cause('works', 'certain', ['served', 1])],
  probes: probes([{}, 'the usual way first', { blocks: 16 }]),
})

export const WHY_INACTIVE = whyReport(
  {
    causes: [cause('torrent-inactive', 'certain', ['reason-removed', 3], ['random-unknown', 4])],
    probes: probes(
      [{}, 'the usual way first', { ...CLOSED, elapsedMs: 21 }],
      [
        { variant: 'mse' },
        'it did not answer a plaintext handshake',
        { ...CLOSED, outcome: 'encryption-failed', bytesSent: 421, bytesReceived: 327, elapsedMs: 310 },
      ],
      [
        { transport: 'utp' },
        'uTP can give a reason, where TCP only closes',
        { ...CLOSED, closeReason: { code: 2, name: 'torrent_removed' }, elapsedMs: 24 },
      ],
      [
        { transport: 'utp', hash: 'random' },
        'to see whether a random hash is refused in the same way',
        { ...CLOSED, closeReason: { code: 257, name: 'invalid_info_hash' }, elapsedMs: 23 },
      ],
    ),
  },
  HANDSHAKE_CLOSED,
)

export const WHY_OPEN = whyReport(
  {
    causes: [
      cause('torrent-unknown', 'likely', ['key-closed', 2]),
      cause('torrent-inactive', 'possible', ['key-closed', 2]),
    ],
    probes: probes(
      [{}, 'the usual way first', CLOSED],
      [{ transport: 'utp' }, 'uTP can give a reason', { ...UNREACHED, outcome: 'refused' }],
      [{ source: '127.0.0.2' }, 'to see whether another address is treated in the same way', CLOSED],
    ),
  },
  HANDSHAKE_CLOSED,
)

export const WHY_ENCRYPTED = whyReport({
  client: SESSION.client,
  works: {
    probe: 2,
    address: '127.0.0.1',
    transport: 'tcp',
    encryption: 'rc4',
    blocks: 2,
    verified: false,
  },
  causes: [
    cause('encryption-required', 'certain', ['closed-on-handshake', 1], ['encrypted-session', 2]),
    cause('plaintext-filtered', 'possible', ['closed-on-handshake', 1]),
  ],
  probes: probes(
    [{}, 'the usual way first', CLOSED],
    [{ variant: 'mse' }, 'it did not answer a plaintext handshake', { encryption: 'rc4', blocks: 2 }],
    [{ transport: 'utp' }, 'uTP can give a reason', { ...UNREACHED, outcome: 'timeout' }],
  ),
})

export const WHY_STOPPED = whyReport(
  { probes: probes([{}, 'the usual way first', { ...UNREACHED, outcome: 'local-error' }]) },
  failure('E_INTERRUPTED', 'connect', 'stopped by SIGINT'),
)
