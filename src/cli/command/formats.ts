import { renderJson } from '../../report/json.ts'
import type { Envelope } from '../../report/model/envelope.ts'

/** A report as text for programs. */
export interface ReportFormat {
  /** What the help says of its flag. */
  readonly description: string
  readonly render: (report: Envelope<string>) => string
}

/** Every format in which every command prints its report, and its failures, besides text for people: the flag is `--NAME`. */
export const FORMATS = {
  json: { description: 'print one JSON document instead of text', render: renderJson },
} as const satisfies { readonly [name: string]: ReportFormat }

export type FormatName = keyof typeof FORMATS

export const FORMAT_NAMES = Object.keys(FORMATS) as readonly FormatName[]

/** The format that the flags ask for; undefined for text, or for nothing. */
export function chosenFormat(flags: { readonly [Name in FormatName]: boolean }): FormatName | undefined {
  return FORMAT_NAMES.find((name) => flags[name])
}
