import * as s from '../../base/schema/schema.ts'
import type { CauseCode } from '../../diagnose/cause/causes.ts'
import type { FactCode } from '../../diagnose/cause/facts.ts'
import { probeMembers } from '../../trace/probe.ts'
import { envelope } from './envelope.ts'
import {
  attemptMembers,
  client,
  encryption,
  expectation,
  identity,
  target,
  torrent,
  transport,
} from './session.ts'

const probe = s.object({
  number: s.described(s.count, 'from 1'),
  text: s.described(s.text, 'what was tried, in words'),
  reason: s.described(s.text, 'why it was tried'),
  ...probeMembers,
  ...attemptMembers,
  blocks: s.described(s.nullable(s.count), 'how many blocks came; null without a session'),
})
/** One connection of `why`: what was tried, and how it ended. */
export interface ProbeReport extends s.Infer<typeof probe> {}

const evidence = s.object({
  probe: s.described(s.count, 'the number of the probe that shows it'),
  fact: s.text as s.Schema<FactCode>,
  text: s.text,
})

const cause = s.object({
  code: s.described(s.text as s.Schema<CauseCode>, 'docs/causes.md has them all'),
  confidence: s.words(['certain', 'likely', 'possible']),
  text: s.text,
  advice: s.described(s.text, 'one thing to do or to look at'),
  evidence: s.list(evidence),
})
/** One cause that holds, or a candidate. */
export interface CauseReport extends s.Infer<typeof cause> {}

const works = s.object({
  probe: s.described(s.count, 'the number of the probe that went through'),
  address: s.nullable(s.text),
  transport,
  encryption,
  blocks: s.described(s.count, 'how many blocks came'),
  verified: s.described(s.boolean, 'a whole piece came and has the hash of the torrent'),
})
/** The way that works. */
export interface WorkingWay extends s.Infer<typeof works> {}

export const why = s.object({
  ...envelope('why'),
  client,
  target,
  torrent,
  works: s.described(s.nullable(works), 'null when no way led to blocks'),
  causes: s.described(s.list(cause), 'the one to fix first, first; what stays open follows, ranked'),
  identity: s.described(identity, 'what it calls itself, and what it behaves like in all probes'),
  probes: s.list(probe),
  totalMs: s.milliseconds,
  expectations: s.list(expectation),
})

/** The document of `why`. */
export interface WhyReport extends s.Infer<typeof why> {}
