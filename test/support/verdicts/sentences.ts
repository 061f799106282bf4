import { ERROR_CODES } from '../../../src/base/errors.ts'
import type { ErrorReport } from '../../../src/report/model/envelope.ts'
import type { AttemptReport } from '../../../src/report/model/session.ts'
import { describePeer } from '../../../src/report/text/session/verdict.ts'
import { Evidence, type Watched } from './evidence.ts'
import { sectionsOf } from './sections.ts'

/** One claim as it was printed, and what it has to agree with. */
export interface Sentence {
  readonly text: string
  /** Where it was printed. */
  readonly place: string
  readonly evidence: Evidence
}

/** Every sentence about the peer in a report and in the text that shows it. */
export function sentencesOf(watched: Watched, text: string): readonly Sentence[] {
  const reader = new Reader(watched)
  reader.readAttempts()
  reader.readError()
  reader.readFindings()
  reader.readVerdict()
  for (const [name, section] of sectionsOf(text)) reader.readSection(name, section)
  return reader.sentences
}

/** Whether a connection was made and used: it ended somehow, and we always speak first. */
export function wasConnected({ closedBy, bytesSent }: AttemptReport): boolean {
  return closedBy !== null && bytesSent > 0
}

const MEANS = '(?:in plaintext|with MSE(?: that carries our handshake)?)'
const WAY = `(?:${MEANS}|over (?:TCP|uTP)(?: ${MEANS})?), `
const WAYS = new RegExp(`^${WAY}`)
const BEFORE_WAY = new RegExp(`(?:^|; )(?=${WAY})`)

class Reader {
  readonly sentences: Sentence[] = []
  readonly #watched: Watched
  /** About the attempt whose session the report describes. */
  readonly #session: Evidence

  constructor(watched: Watched) {
    this.#watched = watched
    const { attempts, handshake } = watched.report
    // after the metadata of a hybrid a second session may ask for its hashes
    const described = attempts.find(
      (attempt) => handshake !== null && this.#about(attempt).handshake?.peerId === handshake.peerId.hex,
    )
    this.#session = this.#about(described ?? attempts.at(-1))
  }

  readAttempts(): void {
    for (const [i, attempt] of this.#watched.report.attempts.entries()) {
      const { error } = attempt
      if (error === null || isLocal(error)) continue
      this.#say(`attempts[${i}].error.message`, this.#about(attempt), error.message)
      this.#say(`attempts[${i}].error.hint`, this.#about(attempt), error.hint)
    }
  }

  readError(): void {
    const { error, attempts } = this.#watched.report
    if (error === null || isLocal(error)) return
    const parts = error.message.split(BEFORE_WAY)
    for (const part of parts) {
      const own = part.replace(WAYS, '')
      this.#say('error.message', this.#about(attempts.findLast((one) => one.error?.message === own)), own)
    }
    const isOfAll = parts.length > 1 || error.message.endsWith(', over TCP and over uTP')
    const hinted = isOfAll ? this.#about(undefined, attempts) : this.#failed(error)
    this.#say('error.hint', hinted, error.hint)
    this.#say('error.code', this.#failed(error), `${error.code}: ${ERROR_CODES[error.code].summary}`)
  }

  readFindings(): void {
    const { attempts, findings, handshake } = this.#watched.report
    const about = handshake === null ? this.#about(attempts.findLast(wasConnected)) : this.#session
    for (const { id, title, detail } of findings) {
      this.#say(id, about, `finding: ${title}`)
      this.#say(id, about, `${id}: ${detail}`)
    }
  }

  readSection(name: string, section: string): void {
    switch (name) {
      case 'attempts':
        return this.#readAttemptLines(section)
      case 'error':
        return this.#readErrorLine(section)
      case 'extensions':
        // a table of what came, or a sentence
        return section.startsWith('key ') ? undefined : this.#say(name, this.#session, `${name}: ${section}`)
      case 'availability':
        // without the map
        return this.#say(name, this.#session, `${name}: ${section.replace(/ [^ -~]+$/, '')}`)
      case 'session': {
        const [way = '', before] = section.replace(/\)$/, '').split(' (')
        const about = this.#about(undefined, this.#watched.report.attempts)
        for (const clause of [way, ...(before?.split(', ') ?? [])])
          this.#say(name, about, `session: ${clause}`)
        return
      }
      case 'behaviour': {
        const [first = '', ...traits] = section.split(' · ')
        this.#say(name, this.#session, `${name}: ${first}`)
        for (const trait of traits) this.#say(name, this.#session, `it ${trait}`)
        return
      }
      case 'choking':
      case 'uTP':
        for (const sentence of section.split(/(?<=[.;]) /))
          this.#say(name, this.#session, sentence.replace(/[.;]$/, ''))
    }
  }

  /** The first line, and the line that describes the peer. */
  readVerdict(): void {
    const { report } = this.#watched
    const { error, verdict, handshake } = report
    const peer = describePeer(report)
    const said = verdict.replace(/, as expected$/, '')
    if (error !== null && !isLocal(error)) {
      const { summary } = ERROR_CODES[error.code]
      this.#say('verdict', this.#failed(error), `${said === summary ? error.code : 'verdict'}: ${said}`)
    }
    if (error === null && said !== peer) this.#say('verdict', this.#session, `verdict: ${said}`)
    if (handshake === null && error !== null) return
    const name = report.client ?? 'an unknown client'
    if (!peer.startsWith(name)) return this.#say('verdict', this.#session, `headline: ${peer}`)
    this.#say('verdict', this.#session, 'headline: a client')
    for (const part of peer.slice(name.length).split(', '))
      if (part !== '') this.#say('verdict', this.#session, `headline: ${part}`)
  }

  #readAttemptLines(section: string): void {
    const { attempts } = this.#watched.report
    for (const [i, line] of section
      .split(/(?:^| )[✓✗] (?=\d+\. )/)
      .slice(1)
      .entries())
      this.#add(
        'attempts',
        this.#about(attempts[i]),
        `attempt line: ${line.replace(/ after [\d.]+ m?s$/, '')}`,
      )
  }

  #readErrorLine(section: string): void {
    const { attempts } = this.#watched.report
    const [whole, code, phase] = /^(E_\w+) in phase ([\w-]+)(?:, \d+ bytes? received)?/.exec(section) ?? []
    if (whole === undefined) return
    const about = attempts.findLast((one) => one.phase === phase && one.error?.code === code)
    this.#add('error line', this.#about(about), `error line: ${whole}`)
  }

  /** About the attempt that failed with this code, or the last. */
  #failed({ code }: ErrorReport): Evidence {
    return this.#about(this.#watched.report.attempts.findLast((one) => one.error?.code === code))
  }

  #about(
    attempt = this.#watched.report.attempts.at(-1),
    attempts: readonly AttemptReport[] = attempt === undefined ? [] : [attempt],
  ): Evidence {
    const { report, connections } = this.#watched
    const number = attempt === undefined ? -1 : report.attempts.filter(wasConnected).indexOf(attempt)
    return new Evidence(report, attempt, connections[number], attempts)
  }

  /** Adds each part of a text that can be true or false by itself. */
  #say(place: string, evidence: Evidence, text: string | null): void {
    for (const clause of text?.split('; ') ?? []) this.#add(place, evidence, clause.replace(/^then /, ''))
  }

  #add(place: string, evidence: Evidence, text: string): void {
    this.sentences.push({ text, place, evidence })
  }
}

/** Whether an error is about what was typed, this machine or its user, and says nothing of a peer. */
function isLocal({ code }: ErrorReport): boolean {
  const { exitCode } = ERROR_CODES[code]
  return exitCode === 2 || exitCode === 9 || exitCode >= 70
}
