import type { Evidence } from '../evidence.ts'
import type { Claim } from './claim.ts'

const sentPiece = (evidence: Evidence): boolean => evidence.received('piece')

function isRefusedOverBoth({ attempts }: Evidence['report']): boolean {
  return ['tcp', 'utp'].every((transport) =>
    attempts.some(
      (one) => one.transport === transport && one.outcome === 'refused' && one.closeKind === null,
    ),
  )
}

/** The first line of a report, when it is not the summary of an error code and not a description of the peer. */
export const VERDICTS: readonly Claim[] = [
  {
    sentence: 'refused, nothing listens there',
    claim: /^verdict: refused, nothing listens there$/,
    needs: 'a port of this machine, and attempts over TCP and uTP that its system refused',
    requires: ({ report }) =>
      isRefusedOverBoth(report) &&
      report.attempts.every(({ address }) => /^(?:127\.|::1$)/.test(address ?? '')),
  },
  {
    sentence: 'refused: nothing listens there, or a firewall rejects',
    claim: /^verdict: refused: nothing listens there, or a firewall rejects$/,
    needs: 'attempts over TCP and uTP that were refused, and not with a RESET of uTP',
    requires: ({ report }) => isRefusedOverBoth(report),
  },
  {
    sentence: 'the peer violated the protocol: IDS',
    claim: /^verdict: the peer violated the protocol: ([\w-]+(?:, [\w-]+)*)$/,
    needs: 'findings of severity error with these ids',
    requires: ({ report }, [ids = '']) =>
      ids === report.findings.flatMap(({ id, severity }) => (severity === 'error' ? [id] : [])).join(', '),
  },
  {
    sentence: 'N of M expectations not met',
    claim: /^verdict: (\d+) of \d+ expectations? not met$/,
    needs: 'as many expectations that did not hold',
    requires: ({ report }, [missed]) =>
      report.expectations.filter(({ held }) => !held).length === Number(missed),
  },
  {
    sentence: 'sent SIZE of piece N, verified or not',
    claim: /^verdict: sent [\d.]+ \w+ of piece \d+, (?:not verified|verified \((?:SHA-1|merkle proof)\))$/,
    needs: 'blocks from the peer',
    requires: sentPiece,
  },
  {
    sentence: 'N of M pieces verified',
    claim: /^verdict: (\d+) of \d+ pieces? verified$/,
    needs: 'blocks from the peer',
    requires: sentPiece,
  },
  {
    sentence: 'nothing to fetch: N of M pieces on disk, verified',
    claim: /^verdict: nothing to fetch: \d+ of \d+ pieces? on disk, verified$/,
    needs: 'no request of ours',
    requires: (evidence) => !evidence.sent('request'),
  },
  {
    sentence: 'served N of M sampled pieces',
    claim: /^verdict: served (\d+) of \d+ sampled pieces?$/,
    needs: 'blocks from the peer, unless N is 0',
    requires: (evidence, [served]) => served === '0' || sentPiece(evidence),
  },
  {
    sentence: 'sent the metadata: NAME, SIZE, N pieces',
    claim: /^verdict: sent the metadata: .*, [\d.]+ \w+, \d+ pieces?$/s,
    needs: 'data of ut_metadata from the peer',
    requires: (evidence) =>
      evidence.messages('received').some((one) => one.type === 'extended' && one.metadata?.kind === 'data'),
  },
]
