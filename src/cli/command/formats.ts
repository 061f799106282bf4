import { renderJson } from '../../report/json.ts'
import type { Envelope } from '../../report/model/envelope.ts'

/** A machine-readable form of a report. */
export interface ReportFormat {
  /** The description of its flag in the help. */
  readonly description: string
  readonly render: (report: Envelope<string>) => string
}

/** Every machine-readable format. All commands print their reports and failures in it when `--NAME` is given. */
export const FORMATS = {
  json: { description: 'print one JSON document instead of text', render: renderJson },
} as const satisfies { readonly [name: string]: ReportFormat }

export type FormatName = keyof typeof FORMATS

export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[]

/** The flags that select a form of the report. */
type FormatFlags = { readonly [Name in FormatName]: boolean } & {
  readonly format: FormatName | 'text' | 'line' | undefined
}

/** The document that the flags select; undefined for anything else. */
export function chosenFormat(flags: FormatFlags): FormatName | undefined {
  return FORMAT_NAMES.find((name) => flags[name] || flags.format === name)
}
