import { VERSION } from '../../base/version.ts'
import { fromHex } from '../../base/bytes.ts'
import { CAUSES } from '../../diagnose/cause/causes.ts'
import type { FoundCause } from '../../diagnose/cause/decide.ts'
import { describeFact } from '../../diagnose/cause/facts.ts'
import { blocksOf } from '../../diagnose/cause/case.ts'
import type { Observation } from '../../diagnose/cause/observation.ts'
import { errorReport } from '../../report/error-report.ts'
import { sessionConclusion } from '../../report/exit-code.ts'
import type { CauseReport, ProbeReport, WhyReport, WorkingWay } from '../../report/model/why.ts'
import { describeProbe } from '../../report/probe-words.ts'
import { namedClient } from '../../report/text/session/verdict.ts'
import { judged } from '../../report/judge.ts'
import { decodePeerId } from '../../wire/peer-id/peer-id.ts'
import { failureOf } from './failure.ts'
import type { Findings } from './investigation.ts'

/** @param error what ended the investigation early */
export function whyReport(findings: Findings, error: unknown, startedAt: Date): WhyReport {
  const { session, planned, observations, verdict } = findings
  // that nothing fits is known only at the end
  const found = verdict.causes.filter(({ code }) => error === undefined || code !== 'unexplained')
  const causes = found.map((one) => causeReport(one, observations))
  const probes = probeReports(findings)
  const works = verdict.works === undefined ? null : workingWay(verdict.works, probes)
  const attempts = session.attempts.map((attempt, i) => ({ error: attempt.error, probe: planned[i]?.probe }))
  const failure = works === null ? failureOf(attempts, verdict) : null
  return judged<WhyReport>(
    {
      schema: 'peerwire.why/1',
      version: VERSION,
      ...sessionConclusion(error === undefined ? failure : errorReport(error), []),
      client: clientOf(observations, verdict.works),
      target: { ...session.target, ...addressOf(observations) },
      torrent: session.torrent,
      works,
      causes,
      identity: session.identity,
      probes,
      totalMs: session.timing.totalMs,
      expectations: [],
    },
    startedAt,
  )
}

/** The address that was examined, which is not the last one that was tried if none answered. */
function addressOf(observations: readonly Observation[]): { address: string | null; family: 4 | 6 | null } {
  const address = observations.at(-1)?.address ?? null
  return { address, family: address === null ? null : address.includes(':') ? 6 : 4 }
}

function probeReports({ session, planned, observations }: Findings): readonly ProbeReport[] {
  return session.attempts.flatMap((attempt, i) => {
    const { probe, reason } = planned[i] ?? {}
    if (probe === undefined || reason === undefined) return []
    const number = i + 1
    const seen = observations.find((one) => one.number === number)?.session
    const blocks = seen === undefined ? null : blocksOf(seen)
    return [{ number, text: describeProbe(probe), reason, ...probe, ...attempt, blocks }]
  })
}

function causeReport(
  { code, confidence, evidence }: FoundCause,
  observations: readonly Observation[],
): CauseReport {
  const { text, advice } = CAUSES[code]
  return {
    code,
    confidence,
    text,
    advice,
    evidence: evidence.map(({ probe, fact }) => ({
      probe,
      fact,
      text: describeFact(
        fact,
        observations.find(({ number }) => number === probe),
      ),
    })),
  }
}

function workingWay(
  { number, address, session }: Observation,
  probes: readonly ProbeReport[],
): WorkingWay | null {
  const probe = probes.find((one) => one.number === number)
  if (probe === undefined) return null
  const { transport, encryption } = probe
  if (encryption === null) return null
  const blocks = session === undefined ? 0 : blocksOf(session)
  return { probe: number, address, transport, encryption, blocks, verified: session?.verified === 'good' }
}

/** The client as it names itself, where it says most. Escaped. */
function clientOf(observations: readonly Observation[], works: Observation | undefined): string | null {
  const met = [works, ...observations].filter((one) => one?.handshake !== undefined)
  const one = met.find((each) => each?.session?.client !== undefined) ?? met[0]
  if (one?.handshake === undefined) return null
  return namedClient(one.session?.client ?? null, decodePeerId(fromHex(one.handshake.peerId)))
}
