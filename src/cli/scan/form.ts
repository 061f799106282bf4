import type { Schema } from '../../base/schema/schema.ts'
import { templateOf } from '../command/run.ts'
import type { CliEnv } from '../env.ts'
import type { OutputFlags } from '../flags/output.ts'
import { usage } from '../options.ts'
import { paperOf } from '../output.ts'
import type { PeerForm } from './printer.ts'

export type ScanOutputFlags = OutputFlags & { readonly ndjson: boolean; readonly csv: boolean }

/** Whether stdout has a record for each peer, for programs. The summary then goes to stderr. */
export function printsRecords({ ndjson, csv, writeOut, format }: ScanOutputFlags): boolean {
  return ndjson || csv || writeOut !== undefined || format === 'line'
}

/** @throws PeerError E_USAGE for two forms of stdout */
export function checkForms(flags: ScanOutputFlags): void {
  const wanted = [
    ...(flags.json ? ['--json'] : []),
    ...(flags.ndjson ? ['--ndjson'] : []),
    ...(flags.csv ? ['--csv'] : []),
    ...(flags.writeOut === undefined ? [] : ['-w']),
    ...(flags.format === undefined ? [] : [`--format ${flags.format}`]),
  ]
  const [first, second] = wanted
  if (second !== undefined) throw usage(`${first} and ${second} both want stdout`, 'leave out one of them')
}

/**
 * How each peer is printed: undefined for not at all, because only the summary is asked for.
 * @param document of a peer
 * @throws PeerError E_USAGE for a template with a path that no such document has
 */
export async function peerFormOf(
  flags: ScanOutputFlags,
  env: CliEnv,
  document: Schema,
): Promise<PeerForm | undefined> {
  const { stdout } = env
  if (flags.ndjson) {
    const { renderJsonLine } = await import('../../report/json.ts')
    return { render: renderJsonLine }
  }
  if (flags.csv) {
    const { SCAN_CSV_HEAD, scanCsvRecord } = await import('../../report/scan-csv.ts')
    return { head: SCAN_CSV_HEAD, render: scanCsvRecord }
  }
  const template = await templateOf(document, flags)
  if (template !== undefined) return { render: template }
  if (flags.json || flags.format === 'json' || flags.quiet > 0) return undefined
  if (stdout.isTty && flags.format !== 'line') {
    const { renderScanHead, renderScanRow } = await import('../../report/text/scan/scan-table.ts')
    const paper = () => paperOf(flags, stdout, env)
    return { head: renderScanHead(paper()), render: (scanned) => renderScanRow(scanned, paper()) }
  }
  const { renderLines } = await import('../../report/text/line.ts')
  return { render: (scanned) => renderLines(scanned, paperOf(flags, stdout, env)) }
}
