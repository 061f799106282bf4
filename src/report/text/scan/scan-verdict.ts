import type { ScanOutcome, ScanReport } from '../../model/scan.ts'
import { count } from '../quantity.ts'

/** How it ended with some peers, behind their number. */
const OUTCOMES: { readonly [outcome in ScanOutcome]: string } = {
  ok: 'ok',
  'check-failed': 'failed a check',
  refused: 'refused',
  unreachable: 'unreachable',
  timeout: 'timed out',
  closed: 'closed early',
  reset: 'reset',
  lost: 'lost',
  'not-bittorrent': 'not BitTorrent',
  'not-proven': 'open but not proven',
  'wrong-info-hash': 'other info hash',
  'encryption-failed': 'encryption failed',
  'protocol-error': 'broke the protocol',
  'local-error': 'local error',
}

/** How many peers of a scan ended how. */
export interface OutcomeCounts {
  readonly [outcome: string]: number
}

/** `212 ok, 30 refused, 8 not BitTorrent`: those that are ok first, then the most frequent. */
export function outcomeWords(outcomes: OutcomeCounts): readonly string[] {
  const { ok = 0, ...others } = outcomes
  const rest = Object.entries(others).sort(([, a], [, b]) => b - a)
  return [['ok', ok] as const, ...rest].map(([word, number]) => `${number} ${OUTCOMES[word as ScanOutcome]}`)
}

/** How many peers are ok, and what is wrong with the others. */
export function scanVerdict({
  peers,
  outcomes,
  error,
  complete,
  unfinished,
  badLines,
}: Omit<ScanReport, 'schema' | 'verdict' | 'startedAt' | 'redacted'>): string {
  if (peers === 0 && badLines.count === 0) return error?.message ?? 'no peers'
  const [, ...others] = outcomeWords(outcomes)
  const bad = badLines.count === 0 ? [] : [`${count(badLines.count, 'line')} without a valid peer`]
  const all = [`${outcomes['ok'] ?? 0} of ${count(peers, 'peer')} ok`, ...others, ...bad].join(', ')
  if (complete) return all
  return unfinished === 0 ? `${all}; stopped` : `${all}; stopped with ${unfinished} unfinished`
}
