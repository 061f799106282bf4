import type { Redactor } from '../../report/redact/redactor.ts'

/** The options of a run whose output is redacted. */
export interface RedactedOptions {
  /** Undefined to write everything as it is. */
  readonly redactor?: Redactor | undefined
}
