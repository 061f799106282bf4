/** `error` means that a MUST of a BEP was violated, `warning` is odd but mostly harmless, `info` is useful to know. */
export type Severity = 'info' | 'warning' | 'error'

/** One observation about a peer. Severity `error` means that a BEP was violated. */
export interface Finding {
  readonly id: string
  readonly severity: Severity
  /** One line that makes sense on its own. */
  readonly title: string
  /** What was observed: numbers and offsets. Text from the peer is escaped. */
  readonly detail: string
  /** The rule, e.g. `BEP 6`. */
  readonly reference: string
}
