import type { TraceEvent } from '../trace/event.ts'
import type { Finding } from './finding.ts'

/** What is known of the torrent, for rules that need it. */
export interface DiagnosisContext {
  readonly pieceCount?: number | undefined
  /** BEP 27. */
  readonly private?: boolean | undefined
}

/** What the trace of one connection shows. */
export function diagnose(_trace: readonly TraceEvent[], _context: DiagnosisContext): Finding[] {
  return []
}
