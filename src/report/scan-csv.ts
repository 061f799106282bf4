import { csvRecord } from './csv.ts'
import type { ScannedPeer } from './model/scan.ts'
import { scanOutcome, totalMsOf } from './outcome.ts'

const COLUMNS = [
  'line',
  'peer',
  'label',
  'ok',
  'exitCode',
  'outcome',
  'error',
  'verdict',
  'client',
  'transport',
  'encryption',
  'havePercent',
  'totalMs',
] as const

/** The first line of `--csv`. */
export const SCAN_CSV_HEAD = csvRecord(COLUMNS)

/** One peer of `--csv`. */
export function scanCsvRecord(scanned: ScannedPeer): string {
  const { line, label, ok, exitCode, error, verdict, target } = scanned
  const session = scanned.schema === 'peerwire.connect/1' ? scanned : undefined
  const cells: { readonly [column in (typeof COLUMNS)[number]]: string | number | boolean | null } = {
    line,
    peer: target.input,
    label,
    ok,
    exitCode,
    outcome: scanOutcome(scanned),
    error: error?.code ?? null,
    verdict,
    client: session?.client ?? null,
    transport: session?.session?.transport ?? null,
    encryption: session?.session?.encryption ?? null,
    havePercent: session?.availability?.percent ?? null,
    totalMs: totalMsOf(scanned),
  }
  return csvRecord(COLUMNS.map((column) => cells[column]))
}
