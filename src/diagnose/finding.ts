/** `error` is a broken MUST of a BEP, `warning` is odd and mostly harmless, `info` is worth knowing. */
export type Severity = 'info' | 'warning' | 'error'

/** One observation about a peer. Severity `error` means that a rule of a BEP was broken. */
export interface Finding {
  readonly id: string
  readonly severity: Severity
  /** One line that stands alone. */
  readonly title: string
  /** What was seen here: numbers, offsets. Text of the peer's in it is escaped. */
  readonly detail: string
  /** The rule, e.g. `BEP 6`. */
  readonly reference: string
}
