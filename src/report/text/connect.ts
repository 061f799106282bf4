import type { AvailabilityReport } from '../model/session.ts'
import type { ConnectReport } from '../model/connect.ts'
import type { TextOptions } from './page/page.ts'
import { renderSessionText } from './session/session-report.ts'

export interface ConnectTextOptions extends TextOptions {
  /** Print which pieces the peer has. */
  readonly ranges?: boolean
}

/** The report of `connect` for people, with a newline at the end. */
export function renderConnectText(report: ConnectReport, options: ConnectTextOptions): string {
  return renderSessionText(report, options, (page) => ({
    announced: true,
    asked: [
      {
        label: 'pieces',
        lines: options.ranges === true ? page.fold(rangesText(report.availability)) : [],
      },
    ],
  }))
}

/** Ranges separated by spaces, so that they can be folded. */
function rangesText(availability: AvailabilityReport | null): string {
  if (availability === null) return ''
  const { ranges, have } = availability
  if (ranges === null) return 'unknown without the piece count'
  return have === 0 ? 'none' : ranges.replaceAll(',', ', ')
}
