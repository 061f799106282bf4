import type { ViolationReport } from '../../report/model/serve.ts'

/** What the violations and notes of all peers may take in a report, in characters. */
const MAX_REPORT_LENGTH = 4 * 1024 * 1024

/** What one takes besides its text, in characters of JSON. */
const RECORD_LENGTH = 200

/** The room that all peers of a seeder share for their violations and notes: what does not fit is counted and not kept. */
export class ReportRoom {
  #left = MAX_REPORT_LENGTH

  /** Takes the room for one; false when it does not fit. */
  take({ detail }: Pick<ViolationReport, 'detail'>): boolean {
    const length = RECORD_LENGTH + detail.length
    if (length > this.#left) return false
    this.#left -= length
    return true
  }
}
