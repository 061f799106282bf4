import { type Case, isSession, type Seen } from './case.ts'
import type { CauseCode } from './causes.ts'
import type { FactSheet } from './fact-sheet.ts'
import { REASONS } from './rows.ts'

/** What can be probed. */
export interface Scope {
  /** The .torrent is known, and with it sizes and hashes. */
  readonly hasTorrent: boolean
  /** The torrent has a v1 and a v2 info hash. */
  readonly hasOtherHash: boolean
  /** Other addresses of this machine from which the peer may be reached. */
  readonly otherSources: readonly string[]
  readonly transports: readonly ('tcp' | 'utp')[]
  /** How many more connections may be made. */
  readonly probesLeft: number
}

/** Everything that the choice depends on. */
export interface Known {
  readonly seen: Case
  readonly facts: FactSheet
  readonly scope: Scope
  readonly certain: readonly CauseCode[]
}

export function begin({ seen }: Known): Seen | undefined {
  return seen.all[0]
}

export function hasSession({ seen }: Known): boolean {
  return seen.best !== undefined
}

export function hasService({ certain }: Known): boolean {
  return certain.some((code) => SERVICES.has(code))
}

const SERVICES: ReadonlySet<CauseCode> = new Set([
  'http-server',
  'tls-service',
  'socks-proxy',
  'other-service',
  'not-bittorrent',
  'nearly-bittorrent',
  'echo',
  'ourselves',
  'other-torrent',
])

/** Something else has the TCP port, which says nothing of the UDP port. */
export function hasOtherProgram({ certain }: Known): boolean {
  return certain.some((code) => OTHER_PROGRAMS.has(code))
}

const OTHER_PROGRAMS: ReadonlySet<CauseCode> = new Set([
  'http-server',
  'tls-service',
  'socks-proxy',
  'other-service',
])

export function hasReason({ facts }: Known): boolean {
  return REASONS.some((fact) => facts.has(fact))
}

/** BitTorrent is proven without a session. */
export function isProven({ facts, seen }: Known): boolean {
  return (
    seen.all.some(isSession) ||
    facts.has('key') ||
    facts.has('utp-answers') ||
    facts.has('read-hash') ||
    facts.has('answers-and-closes')
  )
}
