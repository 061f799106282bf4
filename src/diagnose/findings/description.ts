import type { Severity } from '../finding.ts'

/** What a finding means, wherever it is shown. */
export interface FindingDescription {
  readonly severity: Severity
  /** One line that stands alone. */
  readonly title: string
  readonly reference: string
  /** What it means and what to do about it, a few sentences. */
  readonly explanation: string
}
