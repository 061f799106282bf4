import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CauseCode } from '../../src/diagnose/cause/causes.ts'
import { decide } from '../../src/diagnose/cause/decide.ts'
import { ObservationFold } from '../../src/diagnose/cause/observe.ts'
import { ROWS } from '../../src/diagnose/cause/rows.ts'
import type { Probe } from '../../src/trace/probe.ts'
import { claimsOf } from '../lab/claims.ts'
import * as peer from '../support/sessions/imagined-peer.ts'
import { kindOf, TREATMENTS } from '../support/sessions/imagined-treatments.ts'
import { CLOSING } from '../support/verdicts/claims/closing.ts'
import { HINTS } from '../support/verdicts/claims/hints.ts'
import { MEETING } from '../support/verdicts/claims/meeting.ts'

/*
 * A hint that lists what looks alike names every cause that the record leaves open: whatever further connections would
 * show, the cause that they lead to is in the list.
 */

const MAX_PROBES = 12

/** A hint, and what is on record when it is given, by the way of the connection. */
interface Given {
  readonly hint: string
  readonly plain: peer.Treatment
  readonly mse: peer.Treatment
  /** Default: uTP was not answered. */
  readonly utp?: peer.Treatment
}

const REFUSALS =
  'an unknown or stopped torrent, an SSL torrent, a limit, a ban of this address or this client, another connection from this address'

const REFUSED: readonly Given[] = [
  {
    hint: `${REFUSALS}, a filter on the path and another service look alike`,
    plain: peer.closes(),
    mse: peer.closes(96),
  },
  {
    hint: `${REFUSALS}, a filter on the path and another service look alike`,
    plain: peer.closesOnAccept,
    mse: peer.closesOnAccept,
  },
  {
    hint: `${REFUSALS}, a client that accepts only uTP, a filter on the path and another service look alike`,
    plain: peer.closesOnAccept,
    mse: peer.closesOnAccept,
    utp: peer.serves,
  },
  {
    hint: `${REFUSALS}, a defect of its MSE, a filter on the path and another service look alike: check the info hash`,
    plain: peer.closes(),
    mse: peer.closesAfterKey,
  },
  {
    hint: 'a limit, a stopped torrent, a ban of this address or this client, another connection from this address, a defect of its MSE and a filter on the path look alike: try again later, or from another address',
    plain: peer.closes(),
    mse: peer.closesAfterVc,
  },
  {
    hint: 'a client without MSE or without an active torrent, a limit, a ban of this address, another connection from this address, a filter on the path and another service look alike: try --encryption off',
    plain: peer.closesOnAccept,
    mse: peer.closesOnAccept,
  },
  {
    hint: 'a client without MSE, one that hangs, a slow path, a filter on the path and another service look alike: try --encryption off',
    plain: peer.silent,
    mse: peer.silent,
  },
]

const SILENT: readonly Given[] = [
  {
    hint: 'a client that hangs, another service and a path that drops plaintext look alike: check the port, or try --encryption require',
    plain: peer.silent,
    mse: peer.silent,
  },
]

const UNREACHED: readonly (readonly [string, peer.Treatment])[] = [
  [
    'a firewall, a router without a port forward, a machine that is down and a client that hangs look the same',
    peer.timedOut,
  ],
  [
    'is the client running, on this port, for this address family and this transport? a firewall that rejects looks the same',
    peer.refused,
  ],
  [
    'a firewall that rejects is likely; a router that knows no way to that machine and a block on this machine look the same',
    peer.rejected,
  ],
]

test.each(UNREACHED)('%s', (hint, plain) => {
  const recorded = (probe: Probe) => (isOrdinary(probe) && probe.transport === 'tcp' ? plain : undefined)
  const ways = new Set(ROWS.way.map(({ cause }) => cause))
  expectAllNamed(hint, recorded, (code) => ways.has(code))
})

/** No reasons for a refusal: two connections had different results, or nothing is known. */
const NOT_OF_REFUSALS: ReadonlySet<CauseCode> = new Set([
  'changed',
  'unexplained',
  'works',
  // encryption was tried, and did not help
  'encryption-required',
  // why no block comes, over another way or under another name
  ...[...ROWS.data, ...ROWS.conduct].map(({ cause }) => cause),
])

test.each([...REFUSED, ...SILENT])('$hint', ({ hint, plain, mse, utp = peer.timedOut }) => {
  const recorded = (probe: Probe) => {
    if (!isOrdinary(probe)) return undefined
    if (probe.transport === 'utp') return utp
    return probe.variant === 'plaintext' ? plain : mse
  }
  expectAllNamed(hint, recorded, (code) => !NOT_OF_REFUSALS.has(code))
})

const BLOCKED: readonly (readonly [string, peer.Treatment])[] = [
  [
    'part of a block came: a slow peer, one that stopped, a path that failed and one that loses large packets look alike',
    peer.stopsInside,
  ],
  [
    'a peer that ignores requests, a slow one, a path that failed and one that loses large packets look alike: try a longer --block-timeout, or --length 256',
    peer.stalls,
  ],
]

/** With an unfinished block the table knows that the path stopped, whatever small blocks do. */
test.each(BLOCKED)('%s', (hint, plain) => {
  const recorded = (probe: Probe) => (isOrdinary(probe) && probe.transport === 'tcp' ? plain : undefined)
  const dataCauses = new Set(ROWS.data.map(({ cause }) => cause))
  expectAllNamed(hint, recorded, (code) => dataCauses.has(code))
})

/** Lists that the table of `why` has no probes for, with the causes they have to name. */
const BY_HAND: readonly (readonly [string, readonly CauseCode[]])[] = [
  // the table has no unanswered uTP while TCP is not tried
  [
    'a client without uTP, one without an active torrent, one that hangs, a firewall and a machine that is down look the same: try --transport tcp',
    ['tcp-filtered', 'no-active-torrent', 'frozen', 'filtered'],
  ],
  [
    'a client without uTP, one that is not running and a firewall that rejects look the same: try --transport tcp',
    ['tcp-filtered', 'nothing-listens', 'firewall-rejects'],
  ],
  [
    'a client without uTP and one that is not running look the same: try --transport tcp',
    ['nothing-listens'],
  ],
  ['a client that hangs and a firewall on this machine look the same', ['frozen', 'filtered']],
  [
    'is the client running, on this port and over this transport? one that listens on another address of this machine looks the same',
    ['nothing-listens', 'utp-only'],
  ],
  [
    'is the client running, on this port? one that listens on another address of this machine looks the same',
    ['nothing-listens'],
  ],
  [
    'is the client running, on this port and for this address family? a firewall that rejects looks the same',
    ['nothing-listens', 'firewall-rejects'],
  ],
  [
    'it knows the torrent, so it is the right peer: a defect of its MSE, a client that hangs and a slow path look alike',
    ['encryption-broken', 'frozen'],
  ],
  [
    'a path that failed, a machine that went down and a client that hangs look the same from here',
    ['path-dies', 'frozen'],
  ],
  [
    'another torrent, a count of v1 pieces for those of v2 and a defect of the peer look alike',
    ['protocol-broken'],
  ],
  [
    'it started its handshake and closed before it sent an info hash: an unknown or stopped torrent, a limit, a ban of this address or this client, another connection from this address and a filter on the path look alike',
    [
      'torrent-unknown',
      'torrent-inactive',
      'connection-limit',
      'address-filtered',
      'name-banned',
      'same-address',
      'plaintext-filtered',
    ],
  ],
]

test.each(BY_HAND)('%s', (hint, causes) => {
  const named = claimsOf(hint)
  expect(causes.filter((code) => !named.includes(code))).toStrictEqual([])
})

test('every hint that lists what looks alike is held against the table', () => {
  const held = [
    ...[...REFUSED, ...SILENT].map(({ hint }) => hint),
    ...[...UNREACHED, ...BLOCKED, ...BY_HAND].map(([hint]) => hint),
  ]
  const lists = [...HINTS, ...CLOSING, ...MEETING].filter(({ sentence }) =>
    /look(?:s)? (?:alike|the same)/.test(sentence),
  )
  expect(lists.length).toBeGreaterThan(10)
  expect(
    lists.filter(({ claim }) => !held.some((hint) => clausesOf(hint).some((one) => claim.test(one)))),
  ).toStrictEqual([])
})

function clausesOf(hint: string): readonly string[] {
  return [hint, ...hint.split('; ')]
}

function expectAllNamed(
  hint: string,
  recorded: (probe: Probe) => peer.Treatment | undefined,
  isWhy: (code: CauseCode) => boolean,
): void {
  expect(
    HINTS.some(({ claim }) => claim.test(hint) || claim.test(hint.split('; ')[0] ?? '')),
    hint,
  ).toBe(true)
  const named = claimsOf(hint)
  const choices = fc.array(fc.nat(TREATMENTS.length - 1), { minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(choices, fc.boolean(), (chosen, hasOtherSource) => {
      const found = causesOf(hasOtherSource, (probe) => {
        const [name, treat] = TREATMENTS[chosen[kindOf(probe) % chosen.length] ?? 0] ?? ['', peer.refused]
        return recorded(probe) ?? (isPossible(name, probe) ? treat : peer.closes())
      })
      expect(found.filter((code) => isWhy(code) && !named.includes(code))).toStrictEqual([])
    }),
    { numRuns: 500 },
  )
}

/**
 * What only MSE brings does not come without it, an address leads to one service, and a peer with our own peer id shows it
 * on the first connection.
 */
function isPossible(treatment: string, { variant, source }: Probe): boolean {
  const isOfMse = /Key|Vc|spoiled|M[Ss][Ee]/.test(treatment)
  const isOther = /^(?:HTTP|noise|banner|echoes|servesAnotherTorrent)$/.test(treatment)
  if (treatment.endsWith('OurId')) return false
  return !(isOfMse && variant === 'plaintext') && !(isOther && source !== null)
}

/** The causes that are certain or likely when no further probe can change the answer. */
function causesOf(
  hasOtherSource: boolean,
  treatmentOf: (probe: Probe) => peer.Treatment,
): readonly CauseCode[] {
  const fold = new ObservationFold()
  for (let made = 0; ;) {
    const { causes, next } = decide(fold.observations, {
      hasTorrent: true,
      hasOtherHash: false,
      otherSources: hasOtherSource ? ['127.0.0.2'] : [],
      transports: ['tcp', 'utp'],
      probesLeft: MAX_PROBES - made,
    })
    if (next === undefined)
      return causes.flatMap(({ code, confidence }) => (confidence === 'possible' ? [] : [code]))
    made++
    for (const event of treatmentOf(next.probe)(next.probe, made)) fold.step(event)
  }
}

function isOrdinary({ how, hash, identity, reserved, source }: Probe): boolean {
  return (
    how === 'session' && hash === 'target' && identity === 'own' && reserved === 'usual' && source === null
  )
}
