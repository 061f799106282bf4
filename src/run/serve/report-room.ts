import type { ViolationReport } from '../../report/model/serve.ts'

/** Space for the violations and notes of all peers in a report, in characters. */
const MAX_REPORT_LENGTH = 4 * 1024 * 1024

/** Overhead of one record besides its text, in characters of JSON. */
const RECORD_LENGTH = 200

/** Report space that all peers of a seeder share for violations and notes; those that do not fit are only counted. */
export class ReportRoom {
  #left = MAX_REPORT_LENGTH

  /** Reserves space for one record; false if it does not fit. */
  take({ detail }: Pick<ViolationReport, 'detail'>): boolean {
    const length = RECORD_LENGTH + detail.length
    if (length > this.#left) return false
    this.#left -= length
    return true
  }
}
