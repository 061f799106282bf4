import { Case, isSession, isWorking, type SeenSession } from './case.ts'
import type { CauseCode, Confidence } from './causes.ts'
import { type Fact, FactSheet } from './fact-sheet.ts'
import type { Observation } from './observation.ts'
import type { Scope } from './known.ts'
import { nextProbe, type PlannedProbe } from './plan.ts'
import { type Row, ROWS, type Theme, THEMES } from './rows.ts'

/** A cause that holds or may hold, with the facts that say so. */
export interface FoundCause {
  readonly code: CauseCode
  readonly confidence: Confidence
  readonly evidence: readonly Fact[]
}

/** What the observations say. */
export interface Verdict {
  /** The way that works; undefined if none did. */
  readonly works: Observation | undefined
  /** The conditions that hold, the one to fix first first, and then candidates for what is open, the likeliest first. */
  readonly causes: readonly FoundCause[]
  /** The next probe that can change the answer; undefined if none can. */
  readonly next: PlannedProbe | undefined
}

/** Decides what the observations prove, what they leave open, and what to try next. Pure. */
export function decide(observations: readonly Observation[], scope: Scope): Verdict {
  const seen = new Case(observations)
  const facts = new FactSheet(seen)
  const works = workingWay(seen)
  const hindering = [...causesOf(HINDERING, facts)]
  const explained = hindering.length === 0 && observations.length > 0 ? [defaultCause(works)] : hindering
  const found = [...explained, ...causesOf(['conduct'], facts)]
  const certain = hindering.filter(({ confidence }) => confidence === 'certain')
  const causes = byConfidence(found)
  const next =
    scope.probesLeft > 0
      ? nextProbe({ seen, facts, scope, certain: certain.map(({ code }) => code) })
      : undefined
  return { works, causes, next }
}

/** The themes of causes that keep a peer from serving. */
const HINDERING = THEMES.filter((theme) => theme !== 'conduct')

/** Every cause whose row holds; a certain one excludes the others of its theme. */
function* causesOf(themes: readonly Theme[], facts: FactSheet): Generator<FoundCause> {
  for (const theme of themes) {
    const holding = ROWS[theme].filter((row) => holds(row, facts))
    const certain = holding.filter(({ confidence }) => confidence === 'certain')
    for (const { cause, confidence, all } of certain.length > 0 ? certain : holding) {
      yield { code: cause, confidence, evidence: all.flatMap((fact) => facts.of(fact)) }
    }
  }
}

function holds({ all, none = [] }: Row, facts: FactSheet): boolean {
  return all.every((fact) => facts.has(fact)) && !none.some((fact) => facts.has(fact))
}

function byConfidence(found: readonly FoundCause[]): readonly FoundCause[] {
  const of = (confidence: Confidence) => found.filter((one) => one.confidence === confidence)
  const certain = of('certain')
  // what a peer did before it changed is no evidence of what it is
  const isChanged = certain.some(({ code }) => code === 'changed')
  const ranked = isChanged ? certain : [...certain, ...of('likely'), ...of('possible')]
  return ranked.filter(({ code }, i) => ranked.findIndex((one) => one.code === code) === i)
}

function workingWay({ all, ordinary }: Case): Observation | undefined {
  const ways = [...ordinary, ...all].filter(
    (one): one is SeenSession => isSession(one) && isWorking(one.session),
  )
  return ways.find(({ probe }) => probe.hash !== 'random')
}

function defaultCause(works: Observation | undefined): FoundCause {
  return works === undefined
    ? { code: 'unexplained', confidence: 'possible', evidence: [] }
    : { code: 'works', confidence: 'certain', evidence: [{ probe: works.number, fact: 'served' }] }
}
