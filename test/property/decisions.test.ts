import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CauseCode, CAUSES } from '../../src/diagnose/cause/causes.ts'
import { decide, type Verdict } from '../../src/diagnose/cause/decide.ts'
import { ObservationFold } from '../../src/diagnose/cause/observe.ts'
import { ROWS } from '../../src/diagnose/cause/rows.ts'
import type { TraceEvent } from '../../src/trace/event.ts'
import * as peer from '../support/sessions/imagined-peer.ts'
import { kindOf, TREATMENTS } from '../support/sessions/imagined-treatments.ts'
import { factContradictions, shownBy } from '../support/verdicts/facts/facts.ts'

/** Peers that treat each probe in some way: whatever they do, the verdict is sound. */

const MAX_PROBES = 12

/** The treatment of a probe depends on what the probe is, and on nothing else, unless the peer changes. */
const world = fc.record({
  choices: fc.array(fc.nat(TREATMENTS.length - 1), { minLength: 16, maxLength: 16 }),
  changes: fc.boolean(),
  hasOtherHash: fc.boolean(),
  hasOtherSource: fc.boolean(),
})

test('every verdict is bounded, has evidence for what is certain, and does not contradict itself', () => {
  fc.assert(
    fc.property(world, ({ choices, changes, hasOtherHash, hasOtherSource }) => {
      const fold = new ObservationFold()
      const events: TraceEvent[] = []
      const look = (made: number) =>
        decide(fold.observations, {
          hasTorrent: true,
          hasOtherHash,
          otherSources: hasOtherSource ? ['127.0.0.2'] : [],
          transports: ['tcp', 'utp'],
          probesLeft: MAX_PROBES - made,
        })
      let verdict = look(0)
      let made = 0
      while (verdict.next !== undefined) {
        const { probe } = verdict.next
        const kind = kindOf(probe) + (changes ? made : 0)
        const [, treat] = TREATMENTS[choices[kind % choices.length] ?? 0] ?? ['', peer.refused]
        made++
        for (const event of treat(probe, made)) {
          fold.step(event)
          events.push(event)
        }
        verdict = look(made)
      }
      expect(made).toBeLessThanOrEqual(MAX_PROBES)
      checkVerdict(verdict)
      expect(factContradictions(shownBy(verdict.causes, fold.observations), events)).toStrictEqual([])
      // a peer that changes between two probes can be two things in turn
      if (!changes) checkExclusive(verdict)
    }),
    { numRuns: 1000 },
  )
})

/** At most one of these can be true of one peer at one time. */
const EXCLUSIVE: readonly (readonly CauseCode[])[] = [
  ['torrent-unknown', 'torrent-inactive', 'ssl-torrent', 'nothing-to-offer', 'super-seeding'],
  [
    'works',
    'torrent-unknown',
    'torrent-inactive',
    'not-bittorrent',
    'nothing-listens',
    'filtered',
    'nothing-to-offer',
  ],
  ['nothing-listens', 'http-server', 'filtered', 'encryption-required'],
  ['nothing-listens', 'utp-only'],
]

function checkVerdict({ causes, works }: Verdict): void {
  const certain = causes.filter(({ confidence }) => confidence === 'certain').map(({ code }) => code)
  expect(causes.length).toBeGreaterThan(0)
  expect(new Set(causes.map(({ code }) => code)).size).toBe(causes.length)
  for (const { confidence, evidence } of causes)
    if (confidence === 'certain') expect(evidence).not.toHaveLength(0)
  if (works !== undefined) expect(certain).not.toContain('torrent-unknown')
}

function checkExclusive({ causes }: Verdict): void {
  const certain = causes.filter(({ confidence }) => confidence === 'certain').map(({ code }) => code)
  for (const group of EXCLUSIVE)
    expect(group.filter((code) => certain.includes(code)).length, certain.join()).toBeLessThan(2)
}

test('every cause has a row, but those that need none', () => {
  const named = new Set(Object.values(ROWS).flatMap((rows) => rows.map(({ cause }) => cause)))
  expect(Object.keys(CAUSES).filter((code) => !named.has(code as CauseCode))).toStrictEqual([
    'works',
    'unexplained',
  ])
})
