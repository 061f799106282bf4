import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { encodeUtf8, fromHex, toHex } from '../../../../src/base/bytes.ts'
import { FAMILIES, FAMILY_NAMES, familyOf, type FamilyName } from '../../../../src/diagnose/client/family.ts'
import { ClientIdentity, type Identity } from '../../../../src/diagnose/client/identity.ts'
import { TRAITS } from '../../../../src/diagnose/client/table.ts'
import { diagnose } from '../../../../src/diagnose/diagnose.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import { encodeHandshake } from '../../../../src/wire/handshake/handshake.ts'
import { encodeFeatures } from '../../../../src/wire/handshake/reserved-bits.ts'
import { AZUREUS_CLIENTS } from '../../../../src/wire/peer-id/clients.ts'
import { renamed } from '../../../support/reports/names-withheld.ts'
import {
  bencoded,
  extensionHandshake,
  INFO_HASH,
  makeTrace,
  type Step,
} from '../../../support/captures/trace.ts'
import { readTrace } from '../../../support/captures/trace-file.ts'

const FOLDER = new URL('recorded/', import.meta.url)

/** What the behaviour in each recorded trace says; null where it cannot say anything. */
const RECORDED: Readonly<Record<string, readonly [FamilyName, 'likely' | 'possible'] | null>> = {
  'aria2-interested': ['aria2', 'likely'],
  'aria2-mse': ['aria2', 'likely'],
  'aria2-no-fast': ['aria2', 'likely'],
  'libtorrent-anonymous': ['libtorrent', 'likely'],
  'libtorrent-bare': null,
  'libtorrent-empty': ['libtorrent', 'likely'],
  'libtorrent-interested': ['libtorrent', 'likely'],
  'libtorrent-magnet': ['libtorrent', 'likely'],
  'libtorrent-no-share-mode': ['libtorrent', 'likely'],
  'libtorrent-utp-unknown-torrent': ['libtorrent', 'likely'],
  peerwire: ['peerwire', 'likely'],
  'qbittorrent-mse': ['libtorrent', 'likely'],
  'qbittorrent-utp': ['libtorrent', 'likely'],
  transmission: ['Transmission', 'likely'],
  'transmission-bare': null,
  'transmission-mse-interested': ['Transmission', 'likely'],
  'transmission-private': ['Transmission', 'possible'],
  'transmission-utp': ['Transmission', 'likely'],
  'webtorrent-half': ['WebTorrent', 'likely'],
  'webtorrent-interested': ['WebTorrent', 'likely'],
  'webtorrent-unknown-torrent': null,
}

const recorded = (name: string): readonly TraceEvent[] =>
  readTrace(readFileSync(new URL(`${name}.ndjson`, FOLDER), 'utf8'))

function identify(...traces: readonly (readonly TraceEvent[])[]): Identity {
  const client = new ClientIdentity()
  for (const event of traces.flat()) client.step(event)
  return client.identity()
}

/** How each measured family introduces itself. */
const NAMES: Readonly<Partial<Record<FamilyName, readonly [peerId: string, v: string]>>> = {
  libtorrent: ['-LT2080-', 'libtorrent/2.0.8.0'],
  Transmission: ['-TR3000-', 'Transmission 3.00'],
  aria2: ['A2-1-36-0-', 'aria2/1.36.0'],
  WebTorrent: ['-WW0208-', 'WebTorrent 2.8'],
  peerwire: ['-PW0100-', 'peerwire 0.1.0'],
}

const hexId = (start: string): string => toHex(encodeUtf8(start.padEnd(20, 'x')))

describe.each(Object.entries(RECORDED))('%s', (name, verdict) => {
  const trace = recorded(name)
  const [family, confidence] = verdict ?? []

  test('is identified without its names, or not at all', () => {
    const identity = identify(renamed(trace))
    expect(identity).toMatchObject({ byPeerId: undefined, byVersionString: undefined, conflict: undefined })
    if (verdict === null) expect(identity.byBehaviour).toBeUndefined()
    else expect(identity.byBehaviour).toMatchObject({ family, confidence })
  })

  test('does not contradict its own names, which change nothing', () => {
    const identity = identify(trace)
    expect(identity.conflict).toBeUndefined()
    expect(identity.byBehaviour).toStrictEqual(identify(renamed(trace)).byBehaviour)
    expect(diagnose(trace).map(({ id }) => id)).not.toContain('client-conflict')
  })

  test.each(Object.entries(NAMES))(
    'as %s is a conflict, unless that is what it is',
    (claimed, [peerId, v]) => {
      const forged = [
        renamed(trace, { peerId: hexId(peerId), v: undefined }),
        renamed(trace, { peerId: hexId('-XY0000-'), v: encodeUtf8(v) }),
      ] as const
      const spoke = trace.some((event) => event.type === 'received' && event.what === 'handshake')
      const isForged = confidence === 'likely' && spoke && claimed !== family
      expect(forged.map((events) => identify(events).conflict?.by)).toStrictEqual(
        isForged ? ['peer id', 'v'] : [undefined, undefined],
      )
      const findings = diagnose(forged[0]).filter(({ id }) => id === 'client-conflict')
      expect(findings).toHaveLength(isForged ? 1 : 0)
      if (isForged) {
        expect(findings[0]?.severity).toBe('warning')
        expect(findings[0]?.detail).toContain(`its peer id says ${claimed}, it behaves like ${family}: it `)
      }
    },
  )

  test('never contradicts a name that may belong to a program with any library', () => {
    for (const [code, { client }] of AZUREUS_CLIENTS) {
      if (familyOf(client) !== undefined && FAMILIES[familyOf(client) ?? 'rqbit'].isMeasured) continue
      const named = renamed(trace, { peerId: hexId(`-${code}1000-`), v: undefined })
      expect(identify(named).conflict, client).toBeUndefined()
    }
  })
})

test('every recorded trace is listed', () => {
  const files = readdirSync(FOLDER).map((file) => file.replace(/\.ndjson$/, ''))
  expect(files.toSorted()).toStrictEqual(Object.keys(RECORDED).toSorted())
})

describe('several connections', () => {
  const named = (name: string) => recorded(name)
  const reason = named('libtorrent-utp-unknown-torrent')

  test('add up', () => {
    const bare = named('libtorrent-bare')
    expect(identify(bare, reason).byBehaviour).toMatchObject({ family: 'libtorrent' })
    expect(identify(reason, bare).byBehaviour).toMatchObject({ family: 'libtorrent' })
  })

  test('do not accuse a client at the same port over another transport', () => {
    const both = identify(reason, named('transmission-bare'))
    expect(both.byPeerId).toBe('Transmission')
    expect(both.conflict).toBeUndefined()
    expect(identify(named('transmission-bare'), reason).conflict).toBeUndefined()
  })

  test('with a handshake in parts name the client as well', () => {
    expect(identify(stepped(48, '-TR3000-'))).toMatchObject({
      byPeerId: 'Transmission',
      byBehaviour: undefined,
      conflict: undefined,
    })
    const again = identify(named('transmission-mse-interested'), stepped(48, '-TR3000-'))
    expect(again).toMatchObject({ byPeerId: 'Transmission', byVersionString: 'Transmission' })
    expect(again.byBehaviour?.evidence.map(({ id }) => id)).toContain('answers-after-48')
    // an ordinary connection has raw bytes as well, and its handshake is sent in one piece
    const whole = stepped(68, '-TR3000-').map((event) =>
      event.type === 'probe' ? { ...event, how: 'session' as const } : event,
    )
    expect([...traitsOf(whole)]).toStrictEqual([])
  })

  test('of different clients are kept apart', () => {
    const second = identify(named('libtorrent-interested'), named('transmission'))
    expect(second).toMatchObject({ byPeerId: 'Transmission', conflict: undefined })
    expect(second.byBehaviour).toMatchObject({ family: 'Transmission' })
    expect(identify(named('libtorrent-interested'), named('transmission-bare')).byBehaviour).toBeUndefined()
  })

  test('to different addresses are kept apart', () => {
    const elsewhere = named('libtorrent-bare').map((event) =>
      event.type === 'attempt' ? { ...event, address: '127.0.0.2' } : event,
    )
    expect(identify(named('libtorrent-interested'), elsewhere).byBehaviour).toBeUndefined()
  })
})

const dictionary = (text: string): Step => ({ in: extensionHandshake(bencoded(text)) })
const HAVE_ALL: Step = { in: { type: 'have-all' } }
const UNCHOKE: Step = { in: { type: 'unchoke' } }
const INTERESTED: Step = { out: { type: 'interested' } }

/** As µTorrent, which is like libtorrent in many ways. */
const UTORRENT =
  'd12:complete_agoi-1e1:ei0e1:md11:lt_donthavei7e10:ut_commenti6e12:ut_holepunchi4e11:ut_metadatai2e6:ut_pexi1e11:upload_onlyi3ee4:reqqi255e6:yourip4:abcde'

/** A handshake in parts, which the peer answers after some of them; the answer itself comes in two parts. */
function stepped(afterBytes: number, peerId: string): readonly TraceEvent[] {
  const ends = [0, 20, 28, 48, 68]
  const [ours, theirs] = ['-PW0100-', peerId].map((start) =>
    encodeHandshake({
      reserved: encodeFeatures(['extension-protocol', 'fast']),
      infoHash: INFO_HASH,
      peerId: fromHex(hexId(start)),
    }),
  )
  const raw = (direction: 'sent' | 'received', at: number, bytes: Uint8Array, from: number, to: number) => ({
    at,
    type: 'raw' as const,
    direction,
    offset: from,
    length: to - from,
    bytes: toHex(bytes.subarray(from, to)),
  })
  const usual = { hash: 'target', identity: 'own', reserved: 'usual', source: null } as const
  const plan = { transport: 'tcp', variant: 'plaintext' } as const
  return [
    { at: 0, type: 'probe', number: 1, how: 'steps', ...plan, ...usual },
    { at: 0, type: 'attempt', address: '127.0.0.1', family: 4, ...plan },
    { at: 1, type: 'connected', transport: 'tcp', local: '127.0.0.1:50000', remote: '127.0.0.1:6881' },
    ...ends
      .slice(1)
      .flatMap((end, i): readonly TraceEvent[] => [
        raw('sent', 700 * i + 2, ours ?? new Uint8Array(), ends[i] ?? 0, end),
        ...(end === afterBytes
          ? [
              raw('received', 700 * i + 3, theirs ?? new Uint8Array(), 0, 28),
              raw('received', 700 * i + 4, theirs ?? new Uint8Array(), 28, 68),
            ]
          : []),
      ]),
  ]
}

/** Traits that no recorded client has, by what shows them. */
const OTHER_TRAITS: Readonly<Record<string, readonly TraceEvent[]>> = {
  'anacrolix-extension-ids': makeTrace({}, [
    dictionary('d1:md12:ut_holepunchi2e11:ut_metadatai1e6:ut_pexi3eee'),
  ]),
  'biglybt-extension-ids': makeTrace({}, [
    dictionary('d1:md11:upload_onlyi4e12:ut_holepunchi5e11:ut_metadatai3e6:ut_pexi1eee'),
  ]),
  'utorrent-extensions': makeTrace({}, [dictionary(UTORRENT), UNCHOKE, INTERESTED, UNCHOKE]),
  'reqq-500': makeTrace({}, [dictionary('d1:mde4:reqqi500ee')]),
  'reqq-1024': makeTrace({}, [dictionary('d1:mde4:reqqi1024ee')]),
  'pieces-first': makeTrace({}, [HAVE_ALL, dictionary('d1:mdee')]),
  'no-fast-bit': makeTrace({ theirs: ['extension-protocol'] }, []),
  'e-without-fast': makeTrace({ theirs: ['extension-protocol'] }, [dictionary('d1:ei0e1:mdee')]),
  'azureus-bits': makeTrace({ theirs: ['azureus-messaging', 'azureus-negotiation', 'fast'] }, []),
  'speaks-first': makeTrace({}, []).filter((event) => event.type !== 'sent'),
  'keep-alive-first': makeTrace({}, [dictionary('d1:mdee'), { in: { type: 'keep-alive' } }]),
  'answers-after-20': stepped(20, '-GT0003-'),
  'answers-after-48': stepped(48, '-TR3000-'),
  'answers-after-68': stepped(68, '-WW0208-'),
}

const traitsOf = (trace: readonly TraceEvent[]): ReadonlySet<string> => {
  const seen = new Set<string>()
  const spy = new ClientIdentity()
  for (const event of trace) spy.step(event)
  for (const { id } of spy.traits()) seen.add(id)
  return seen
}

describe('traits', () => {
  test('each is shown by a recorded client, or by a trace of its own', () => {
    const shown = new Set(Object.keys(RECORDED).flatMap((name) => [...traitsOf(recorded(name))]))
    const missing = TRAITS.map(({ id }) => id).filter((id) => !shown.has(id))
    expect(missing.toSorted()).toStrictEqual(Object.keys(OTHER_TRAITS).toSorted())
  })

  test.each(Object.entries(OTHER_TRAITS))('%s', (id, trace) => {
    expect([...traitsOf(trace)]).toContain(id)
    // one trait of a client that was not measured is never more than a possibility
    expect(identify(trace).byBehaviour?.confidence).not.toBe('likely')
  })

  test('one habit decides nothing, whatever it is', () => {
    const habits = TRAITS.filter(({ weights }) => Math.max(0, ...Object.values(weights)) < 5)
    expect(habits.length).toBeGreaterThan(15)
    for (const trace of [
      makeTrace({}, [UNCHOKE]),
      makeTrace({}, [INTERESTED, { waitMs: 5000 }, UNCHOKE]),
      makeTrace({}, [dictionary('d1:mde4:reqqi2000ee')]),
      makeTrace({}, [dictionary('d12:complete_agoi1e1:mdee')]),
    ])
      expect(identify(trace).byBehaviour).toBeUndefined()
  })

  test.each([
    ['an unknown extension', 'd1:md5:otheri6e11:upload_onlyi3e10:share_modei8eee'],
    ['another number', 'd1:md11:upload_onlyi4e10:share_modei8eee'],
    ['a part of them', 'd1:md11:upload_onlyi3eee'],
    ['names of Object.prototype', 'd1:md9:__proto__i1e11:constructori2eee'],
    ['an extension that is off', 'd1:md10:share_modei0e11:upload_onlyi3eee'],
  ])('the ids of libtorrent with %s are not its ids', (_, text) => {
    expect([...traitsOf(makeTrace({}, [dictionary(text)]))]).not.toContain('libtorrent-extension-ids')
  })

  test('only the first extension handshake counts', () => {
    const first = dictionary('d1:md11:ut_metadatai9eee')
    const second = dictionary('d1:md11:upload_onlyi3e10:share_modei8eee')
    expect([...traitsOf(makeTrace({}, [first, second]))]).not.toContain('libtorrent-extension-ids')
  })

  test('a flood of allowed-fast fits no algorithm', () => {
    const flood = Array.from({ length: 2000 }, (_, piece): Step => ({ in: { type: 'allowed-fast', piece } }))
    const traits = [...traitsOf(makeTrace({}, flood))]
    expect(traits.filter((id) => id.startsWith('allowed-fast'))).toStrictEqual([])
  })
})

test('no name belongs to two families', () => {
  const names = FAMILY_NAMES.flatMap((family) => [...FAMILIES[family].names])
  expect(new Set(names).size).toBe(names.length)
  expect(familyOf('toString')).toBeUndefined()
})
