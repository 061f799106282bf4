import type { TraceEvent } from '../trace/event.ts'
import type { TraceStep } from '../trace/transfers.ts'
import { ClientIdentity } from './client/identity.ts'
import type { Finding } from './finding.ts'
import { FINDINGS, type FindingId } from './findings.ts'
import { type Seen, Watch } from './watch.ts'

/** Events around connections, of which no rule speaks. */
const AROUND: ReadonlySet<TraceStep['type']> = new Set(['peer', 'resolved', 'attempt', 'ended', 'finished'])

const SEVERITIES = ['error', 'warning', 'info']

/**
 * What the events of a session show about the peer. Findings are about one connection, the last, since nothing is known across
 * connections. Events after `finished` are those of a further session, which `metadata` may hold for the piece layers; its
 * report has the findings of the first. What is kept does not grow with the session.
 */
export class Diagnosis {
  #target: Extract<TraceEvent, { readonly type: 'target' }> | undefined
  #isConnected = false
  #isFinished = false
  /** What is known of the torrent is all that came: most connections follow, and have a watch of their own. */
  #early: Extract<TraceEvent, { readonly type: 'target' }> | undefined
  #watch: Watch | undefined
  #findings: readonly Finding[] | undefined
  #seen: Counted = new Map()
  /** Which client the peer is: of all connections, and of the further session. */
  readonly client = new ClientIdentity()

  step(event: TraceStep): void {
    if (event.type === 'finished') {
      this.#findings ??= this.#end()
      this.#isFinished = true
    }
    this.client.step(event)
    if (this.#isFinished || AROUND.has(event.type)) return
    // a connection that is reset before it could be used is not a conversation
    if (event.type === 'closed' && !this.#isConnected) return
    if (event.type === 'closed') this.#isConnected = false
    this.#findings = undefined
    if (event.type === 'target') {
      const isFirst = this.#target === undefined
      this.#target = event
      if (isFirst && this.#watch === undefined) {
        this.#early = event
        return
      }
    }
    if (event.type === 'connected') {
      this.#isConnected = true
      this.#watch = new Watch({ target: this.#target, client: this.client })
      this.#seen = new Map()
    }
    this.#note(this.#watching().step(event))
  }

  /** The findings, worst first, each with its first occurrence and the number of the others. To be called after the last event of a connection. */
  findings(): readonly Finding[] {
    this.#findings ??= this.#end()
    return this.#findings
  }

  /** As if the connection ended now: an attempt may be over before its connection is closed. */
  #end(): readonly Finding[] {
    const end = this.#watching().end()
    const seen = new Map(Array.from(this.#seen, ([id, known]) => [id, { ...known }]))
    note(end, seen)
    return Array.from(seen.values(), ({ first, count }) => describe(first, count)).sort(
      (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity),
    )
  }

  #watching(): Watch {
    if (this.#watch === undefined) {
      this.#watch = new Watch({ client: this.client })
      if (this.#early !== undefined) this.#note(this.#watch.step(this.#early))
    }
    return this.#watch
  }

  #note(seen: readonly Seen[]): void {
    note(seen, this.#seen)
  }
}

type Counted = Map<FindingId, { readonly first: Seen; count: number }>

function note(observed: readonly Seen[], seen: Counted): void {
  for (const one of observed) {
    const known = seen.get(one.id)
    if (known === undefined) seen.set(one.id, { first: one, count: 1 })
    else known.count++
  }
}

/** The findings of a stored trace, the same as those of the live session. */
export function diagnose(trace: Iterable<TraceEvent>): readonly Finding[] {
  const diagnosis = new Diagnosis()
  for (const event of trace) diagnosis.step(event)
  return diagnosis.findings()
}

function describe({ id, detail, offset, reference }: Seen, count: number): Finding {
  const { severity, title, reference: usual } = FINDINGS[id]
  const place = offset === undefined ? '' : ` (byte ${offset})`
  const more = count === 1 ? '' : `; and ${count - 1} more`
  return { id, severity, title, detail: `${detail}${place}${more}`, reference: reference ?? usual }
}
