import { ClientIdentity } from '../../diagnose/client/identity.ts'
import type { Circumstances } from '../../diagnose/conversation.ts'
import { FINDINGS } from '../../diagnose/findings.ts'
import { type Seen, Watch } from '../../diagnose/watch.ts'
import { asciiText } from '../../report/escape.ts'
import type { TraceStep } from '../../trace/transfers.ts'

/** Comments on one connection. The first of each finding is always one; further ones are counted in the last. */
const MAX_REMARKS = 1000

/** A comment on a packet. */
export interface Remark {
  /** Of the byte that it is about, in the stream of the peer; undefined where it is about no single byte. */
  readonly offset: number | undefined
  readonly text: string
}

/** What a capture says of a connection besides its packets: every finding, where it points. */
export class FindingRemarks {
  readonly #watch: Watch
  readonly #client = new ClientIdentity()
  /** As of a strict seeder, which says nothing of what is only useful to know. */
  readonly #isStrict: boolean
  readonly #ids = new Set<Seen['id']>()
  #made = 0
  #leftOut = 0
  #isOver = false

  constructor({ target, served }: Omit<Circumstances, 'client'>) {
    this.#isStrict = served !== undefined
    this.#watch = new Watch({ target, served, client: served === undefined ? this.#client : undefined })
  }

  step(step: TraceStep): readonly Remark[] {
    if (this.#isOver) return []
    this.#client.step(step)
    const place = step.type === 'received' ? step.offset : undefined
    return this.#remarks(this.#watch.step(step), place)
  }

  /** Call it after the last event. What is found then is about the connection as a whole, if not about a byte. */
  end(): readonly Remark[] {
    if (this.#isOver) return []
    this.#isOver = true
    const remarks = this.#remarks(this.#watch.end(), undefined)
    if (this.#leftOut === 0) return remarks
    return [...remarks, { offset: undefined, text: `${this.#leftOut} more findings are left out` }]
  }

  /** Nothing is found from here on: messages are missing, which may explain what looks wrong. */
  giveUp(): void {
    this.#isOver = true
  }

  #remarks(found: readonly Seen[], place: number | undefined): readonly Remark[] {
    if (found.length === 0) return []
    const seen = this.#isStrict ? found.filter(({ id }) => FINDINGS[id].severity !== 'info') : found
    const kept = seen.filter(({ id }) => this.#keeps(id))
    this.#made += kept.length
    this.#leftOut += seen.length - kept.length
    return kept.map((one) => ({ offset: one.offset ?? place, text: remarkOf(one, one.offset ?? place) }))
  }

  #keeps(id: Seen['id']): boolean {
    if (this.#made >= MAX_REMARKS && this.#ids.has(id)) return false
    this.#ids.add(id)
    return true
  }
}

/** As a report prints the finding, in one line of ASCII. */
function remarkOf({ id, detail, reference }: Seen, offset: number | undefined): string {
  const { severity, title, reference: usual } = FINDINGS[id]
  const place = offset === undefined ? '' : ` (byte ${offset})`
  return asciiText(`${severity}: ${title}: ${detail}${place} [${id}, ${reference ?? usual}]`)
}
