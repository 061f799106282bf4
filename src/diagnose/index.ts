/**
 * The entry point `peerwire/diagnose`: what the events of a session show about the peer, and traces as text. No I/O; runs in a
 * browser.
 */
export { diagnose, Diagnosis } from './diagnose.ts'
export { decide, type FoundCause, type Verdict } from './cause/decide.ts'
export { CAUSES, type CauseCode, type CauseDescription, type Confidence } from './cause/causes.ts'
export { describeFact, type FactCode } from './cause/facts.ts'
export type { Fact } from './cause/fact-sheet.ts'
export type { Scope } from './cause/known.ts'
export type { PlannedProbe } from './cause/plan.ts'
export { ObservationFold } from './cause/observe.ts'
export type * from './cause/observation.ts'
export type { MetadataOutcome } from '../trace/metadata.ts'
export type { Probe } from '../trace/probe.ts'
export { ClientIdentity, type Identity, type IdentityConflict } from './client/identity.ts'
export type { FamilyName } from './client/family.ts'
export type { BehaviourVerdict, TraitSeen } from './client/verdict.ts'
export type { Finding, Severity } from './finding.ts'
export type * from '../trace/event.ts'
export type { TraceStep, Transfers } from '../trace/transfers.ts'
export {
  encodeTraceEvent,
  encodeTraceHeader,
  MAX_TRACE_LINE,
  TraceReader,
  type TraceHeader,
  type TraceLineDefect,
} from '../trace/lines.ts'
export type { ClosedBy } from '../base/closed-by.ts'
