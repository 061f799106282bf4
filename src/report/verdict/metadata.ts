import { escapeByteText } from '../escape.ts'
import type { MetadataCommandReport } from '../model/metadata.ts'
import { cutColumns } from '../text/page/columns.ts'
import { count, renderSize } from '../text/quantity.ts'
import { type Concluded, failureVerdict, sessionVerdict } from '../text/session/verdict.ts'

/** The longest name in a verdict, in columns. */
const MAX_NAME = 32

export function metadataVerdict(
  report: Concluded<Omit<MetadataCommandReport, 'schema' | 'verdict' | 'startedAt' | 'redacted'>>,
): string {
  const { metadata } = report
  const failed = failureVerdict(report)
  if (failed !== undefined || metadata === null) return failed ?? sessionVerdict(report)
  const { totalLength, pieceCount } = metadata
  const name = cutColumns(escapeByteText(metadata.name, MAX_NAME), MAX_NAME, '\u2026')
  return `sent the metadata: ${name}, ${renderSize(totalLength)}, ${count(pieceCount, 'piece')}`
}
