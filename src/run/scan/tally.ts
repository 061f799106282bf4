import { ERROR_CODES } from '../../base/errors.ts'
import { scanOutcome } from '../../report/outcome.ts'
import type { ErrorReport } from '../../report/model/envelope.ts'
import type { PeerDocument, ScanReport, ScannedClient } from '../../report/model/scan.ts'
import type { BadLine } from './options.ts'

/** Most names of clients, and versions of each, that are counted: peers choose them. */
const MAX_CLIENTS = 1000
const MAX_VERSIONS = 50

/** Most names of clients in the report. */
const MAX_LISTED_CLIENTS = 100

/** Most lines that do not name a peer in the report. */
const MAX_LISTED_LINES = 20

/** Exit codes of errors that show that the peer was there. */
const REACHED: ReadonlySet<number> = new Set([1, 4, 5, 6, 7, 8])

/** The first error with an exit code. */
interface Failure {
  readonly exitCode: number
  readonly error: ErrorReport
}

/** Counts what was found out about peers. Its memory does not grow with their number. */
export class Tally {
  #peers = 0
  #reached = 0
  #badLines = 0
  #otherClients = 0
  readonly #firstBadLines: { readonly line: number; readonly message: string }[] = []
  readonly #outcomes = new Counts()
  readonly #errors = new Counts()
  readonly #transports = new Counts()
  readonly #encryptions = new Counts()
  readonly #clients = new Map<string, { count: number; readonly versions: Counts }>()
  readonly #failures = new Map<number, Failure>()

  /** Peers so far. */
  get peers(): number {
    return this.#peers
  }

  add(report: PeerDocument): void {
    const { error, exitCode, ok } = report
    this.#peers++
    this.#outcomes.add(scanOutcome(report))
    if (error !== null) this.#errors.add(error.code)
    if (error === null || REACHED.has(ERROR_CODES[error.code].exitCode)) this.#reached++
    if (!ok && error !== null) {
      this.#fail(exitCode, { ...error, message: `${report.target.input}: ${report.verdict}` })
    }
    if (report.schema === 'peerwire.reach/1') {
      const proven = report.paths.filter(({ state }) => state === 'bittorrent')
      for (const transport of new Set(proven.map((path) => path.transport))) this.#transports.add(transport)
      return
    }
    if (report.session !== null) {
      const { transport, encryption } = report.session
      this.#transports.add(transport)
      if (encryption !== null) this.#encryptions.add(encryption)
    }
    if (report.client !== null) this.#addClient(report.client)
  }

  addBadLine({ line, error: { code, message, hint } }: BadLine): void {
    this.#badLines++
    if (this.#firstBadLines.length < MAX_LISTED_LINES) this.#firstBadLines.push({ line, message })
    const text = `line ${line}: ${message}`
    this.#fail(ERROR_CODES[code].exitCode, { code, phase: 'resolve', message: text, hint: hint ?? null })
  }

  /** Records an error of the scan itself. */
  addError(error: ErrorReport): void {
    this.#fail(ERROR_CODES[error.code].exitCode, error)
  }

  /** The error with the smallest exit code, the first of them; null if all is well. */
  get failure(): Failure | null {
    return [...this.#failures.values()].sort((a, b) => a.exitCode - b.exitCode)[0] ?? null
  }

  report(): Pick<
    ScanReport,
    | 'peers'
    | 'reached'
    | 'outcomes'
    | 'errors'
    | 'clients'
    | 'otherClients'
    | 'transports'
    | 'encryptions'
    | 'badLines'
  > {
    const named = Array.from(this.#clients, ([name, { count, versions }]): ScannedClient => ({
      name,
      count,
      versions: versions.sorted(),
    })).sort((a, b) => b.count - a.count)
    const unlisted = named.slice(MAX_LISTED_CLIENTS).reduce((sum, { count }) => sum + count, 0)
    return {
      peers: this.#peers,
      reached: this.#reached,
      outcomes: this.#outcomes.sorted(),
      errors: this.#errors.sorted(),
      clients: named.slice(0, MAX_LISTED_CLIENTS),
      otherClients: this.#otherClients + unlisted,
      transports: this.#transports.sorted(),
      encryptions: this.#encryptions.sorted(),
      badLines: { count: this.#badLines, first: this.#firstBadLines },
    }
  }

  #fail(exitCode: number, error: ErrorReport): void {
    if (!this.#failures.has(exitCode)) this.#failures.set(exitCode, { exitCode, error })
  }

  #addClient(client: string): void {
    const [, name = client, version] = /^(.*\S) (\d\S*)$/s.exec(client) ?? []
    const known = this.#clients.get(name) ?? { count: 0, versions: new Counts(MAX_VERSIONS) }
    if (known.count === 0 && this.#clients.size >= MAX_CLIENTS) this.#forgetRareClient()
    known.count++
    if (version !== undefined) known.versions.add(version)
    this.#clients.set(name, known)
  }

  /** Names that hostile peers make up occur once each, and must not keep out those of real clients. */
  #forgetRareClient(): void {
    let rarest: string | undefined
    let least = Number.POSITIVE_INFINITY
    for (const [name, { count }] of this.#clients) {
      if (count < least) [rarest, least] = [name, count]
      if (count === 1) break
    }
    if (rarest === undefined) return
    this.#clients.delete(rarest)
    this.#otherClients += least
  }
}

/** Counts words. */
class Counts {
  readonly #counts = new Map<string, number>()
  readonly #limit: number

  /** @param limit most words that are counted */
  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit
  }

  add(word: string): void {
    const before = this.#counts.get(word)
    if (before === undefined && this.#counts.size >= this.#limit) return
    this.#counts.set(word, (before ?? 0) + 1)
  }

  /** The most frequent first. */
  sorted(): { readonly [word: string]: number } {
    return Object.fromEntries([...this.#counts].sort(([, a], [, b]) => b - a))
  }
}
