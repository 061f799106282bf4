import type { StrictWatch, Violation } from '../../diagnose/strict.ts'
import type { ViolationReport } from '../../report/model/serve.ts'
import type { TraceEvent } from '../../trace/event.ts'
import type { ReportRoom } from './report-room.ts'

/** Limit for the violations, and for the notes, that we emit and keep per peer; further violations are only counted. */
const MAX_VIOLATIONS = 100

/** Collects what one peer of a seeder does wrong. Memory is bounded. */
export class Judgement {
  readonly violations: ViolationReport[] = []
  readonly notes: ViolationReport[] = []
  readonly #watch: StrictWatch
  readonly #room: ReportRoom
  readonly #emit: (type: 'violation' | 'note', violation: ViolationReport) => void
  #violationCount = 0
  #noteCount = 0

  /**
   * @param room shared by all peers
   * @param emit receives what is kept, and what would be kept if there were room
   */
  constructor(
    watch: StrictWatch,
    room: ReportRoom,
    emit: (type: 'violation' | 'note', violation: ViolationReport) => void,
  ) {
    this.#watch = watch
    this.#room = room
    this.#emit = emit
  }

  get violationCount(): number {
    return this.#violationCount
  }

  step(event: TraceEvent): void {
    this.#take(this.#watch.step(event))
    if (event.type !== 'request-refused') return
    // without a reject, only we know that our queue is full
    if (event.reason === 'queue-full' && !event.answered) this.#take([this.#watch.queueFull()])
  }

  #take(found: readonly Violation[]): void {
    for (const { isNote, ...violation } of found) {
      if (isNote) {
        if (++this.#noteCount > MAX_VIOLATIONS) continue
        this.#keep(this.notes, violation)
        this.#emit('note', violation)
        continue
      }
      if (++this.#violationCount > MAX_VIOLATIONS) continue
      this.#keep(this.violations, violation)
      this.#emit('violation', violation)
    }
  }

  /** Always keeps the first one, so that one peer cannot crowd out the violations of another. */
  #keep(list: ViolationReport[], violation: ViolationReport): void {
    if (this.#room.take(violation) || list.length === 0) list.push(violation)
  }
}
