import { describe, expect, test } from 'vitest'
import { decide, type Verdict } from '../../../../src/diagnose/cause/decide.ts'
import { describeFact } from '../../../../src/diagnose/cause/facts.ts'
import { ObservationFold } from '../../../../src/diagnose/cause/observe.ts'
import type { Scope } from '../../../../src/diagnose/cause/known.ts'
import { Redactor } from '../../../../src/report/redact/redactor.ts'
import { METADATA_OUTCOMES } from '../../../../src/trace/metadata.ts'
import type { Probe } from '../../../../src/trace/probe.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import * as peer from '../../../support/sessions/imagined-peer.ts'
import { factContradictions, shownBy } from '../../../support/verdicts/facts/facts.ts'
import { USUAL_PROBE } from '../../../support/sessions/probe-context.ts'

/** Imagined peers, each with what `why` must say about it: the certain causes, or the ranked candidates. */

const MAX_PROBES = 12

/** How a peer treats probes; what is left out is refused over UDP, closed after the handshake over TCP. */
interface World {
  readonly plain?: peer.Treatment
  readonly mse?: peer.Treatment
  readonly utp?: peer.Treatment
  readonly utpMse?: peer.Treatment
  readonly utpRandom?: peer.Treatment
  readonly steps?: peer.Treatment
  readonly control?: peer.Treatment
  readonly random?: peer.Treatment
  readonly other?: peer.Treatment
  readonly elsewhere?: peer.Treatment
  readonly otherClient?: peer.Treatment
  readonly noBits?: peer.Treatment
  readonly small?: peer.Treatment
  readonly http?: peer.Treatment
  readonly tls?: peer.Treatment
  readonly socks?: peer.Treatment
  readonly key?: peer.Treatment
  readonly atOnce?: peer.Treatment
  readonly rc4?: peer.Treatment
}

function treatmentOf(world: World, probe: Probe): peer.Treatment {
  const { how, transport, variant, hash, identity, reserved, source } = probe
  const plain = world.plain ?? peer.closes()
  if (how === 'http') return world.http ?? plain
  if (how === 'tls') return world.tls ?? plain
  if (how === 'socks') return world.socks ?? plain
  if (how === 'key') return world.key ?? plain
  if (how === 'at-once') return world.atOnce ?? plain
  if (how === 'steps') return world.steps ?? plain
  if (how === 'steps-control') return world.control ?? peer.closes(20)
  if (how === 'small-requests') return world.small ?? plain
  if (source !== null) return world.elsewhere ?? plain
  if (transport === 'utp') {
    const utp = world.utp ?? peer.refused
    if (hash === 'random') return world.utpRandom ?? utp
    return variant === 'plaintext' ? utp : (world.utpMse ?? utp)
  }
  if (hash === 'random') return world.random ?? peer.closes()
  if (hash === 'other') return world.other ?? plain
  if (identity === 'other-client') return world.otherClient ?? plain
  if (reserved === 'none') return world.noBits ?? plain
  if (variant === 'mse-with-handshake') return world.rc4 ?? world.mse ?? plain
  return variant === 'plaintext' ? plain : (world.mse ?? plain)
}

function look(
  world: World,
  scope: Partial<Scope> = {},
): { readonly verdict: Verdict; readonly probes: readonly Probe[]; readonly pauses: readonly number[] } {
  const fold = new ObservationFold()
  const probes: Probe[] = []
  const pauses: number[] = []
  const events: TraceEvent[] = []
  for (;;) {
    const verdict = decide(fold.observations, {
      hasTorrent: true,
      hasOtherHash: false,
      otherSources: [],
      transports: ['tcp', 'utp'],
      probesLeft: MAX_PROBES - probes.length,
      ...scope,
    })
    if (verdict.next === undefined) {
      expect(factContradictions(shownBy(verdict.causes, fold.observations), events)).toStrictEqual([])
      return { verdict, probes, pauses }
    }
    const { probe, pauseMs } = verdict.next
    pauses.push(pauseMs)
    probes.push(probe)
    for (const event of treatmentOf(world, probe)(probe, probes.length)) {
      fold.step(event)
      events.push(event)
    }
  }
}

/** `code!` is certain, `code` is likely, `code?` is possible. */
function words({ causes }: Verdict): string {
  const mark = { certain: '!', likely: '', possible: '?' }
  return causes.map(({ code, confidence }) => `${code}${mark[confidence]}`).join(' ')
}

const LAST: Scope = {
  hasTorrent: true,
  hasOtherHash: false,
  otherSources: [],
  transports: ['tcp', 'utp'],
  probesLeft: 0,
}

const twoAddresses = { otherSources: ['127.0.0.2'] }

/** The start of a handshake, as a path cuts it. */
const HANDSHAKE_START = '\x13BitTorrent protocol\0\0\0\0\0\0\0\0ab'

const cases: readonly (readonly [string, World, string, Partial<Scope>?])[] = [
  ['serves', { plain: peer.serves }, 'works!'],
  ['refused, no UDP', { plain: peer.refused }, 'nothing-listens firewall-rejects?'],
  ['refused, UDP mute', { plain: peer.refused, utp: peer.timedOut }, 'nothing-listens firewall-rejects?'],
  ['refused, uTP serves', { plain: peer.refused, utp: peer.serves }, 'utp-only!'],
  [
    'refused, uTP says unknown',
    { plain: peer.refused, utp: peer.closes(68, 'fin', 257) },
    'utp-only! torrent-unknown!',
  ],
  ['nothing answers', { plain: peer.timedOut, utp: peer.timedOut }, 'filtered'],
  ['TCP filtered', { plain: peer.timedOut, utp: peer.serves }, 'tcp-filtered!'],
  ['TCP filtered, no uTP', { plain: peer.timedOut }, 'tcp-filtered'],
  [
    'rejected by ICMP',
    { plain: peer.rejected, utp: peer.timedOut },
    'firewall-rejects no-route? local-firewall?',
  ],
  ['no machine', { plain: peer.noMachine, utp: peer.timedOut }, 'no-such-host!'],
  ['no route', { plain: peer.noRoute }, 'no-route firewall-rejects?'],
  ['local firewall', { plain: peer.blocked }, 'local-firewall!'],
  ['local address', { plain: peer.badSource }, 'local-address!'],
  ['no files left', { plain: peer.noFiles }, 'local-limit!'],
  ['no name', { plain: peer.noName }, 'name-unknown!'],
  [
    'unknown, TCP only',
    { mse: peer.closesAfterKey, steps: peer.closes(48) },
    'torrent-unknown torrent-inactive? connection-limit? same-address?',
  ],
  [
    'unknown, with a reason',
    { mse: peer.closesAfterKey, utp: peer.closes(68, 'fin', 257) },
    'torrent-unknown!',
  ],
  [
    'spoiled once',
    { mse: spoiledOnce(peer.serves), utp: peer.closes(68, 'fin', 13), utpMse: peer.serves },
    'encryption-required!',
  ],
  ['paused', { mse: peer.closesAfterKey, utp: peer.closes(68, 'fin', 2) }, 'torrent-inactive!'],
  [
    'same address, with a reason',
    { mse: peer.closesAfterKey, utp: peer.closes(68, 'fin', 1) },
    'same-address!',
  ],
  [
    'full, with a reason',
    { plain: peer.closesOnAccept, utp: peer.closes(68, 'fin', 15) },
    'connection-limit!',
  ],
  [
    'requires encryption (libtorrent)',
    { mse: peer.serves, utp: peer.closes(68, 'fin', 13), utpMse: peer.serves },
    'encryption-required!',
  ],
  ['requires encryption (Transmission)', { mse: peer.asksForEncryption }, 'encryption-required!'],
  ['requires encryption (aria2)', { mse: peer.serves }, 'encryption-required plaintext-filtered?'],
  [
    'plaintext cut on TCP',
    { plain: peer.closes(68, 'rst'), mse: peer.serves, utp: peer.serves },
    'plaintext-filtered!',
  ],
  [
    'requires encryption, unknown',
    { mse: peer.closesAfterKey, utp: peer.closes(68, 'fin', 13), utpMse: peer.closes(68, 'fin', 257) },
    'encryption-required! torrent-unknown!',
  ],
  [
    'requires encryption, has nothing',
    { mse: peer.hasNothing, utp: peer.closes(68, 'fin', 13), utpMse: peer.hasNothing },
    'encryption-required! nothing-to-offer!',
  ],
  [
    'SSL torrent',
    {
      mse: peer.closesAfterKey,
      utp: peer.closes(68, 'fin', 13),
      utpMse: peer.closesAfterKey,
      utpRandom: peer.closes(68, 'fin', 257),
    },
    'ssl-torrent!',
  ],
  [
    'no active torrent',
    { plain: peer.closesOnAccept, utp: peer.timedOut },
    'no-active-torrent connection-limit? address-filtered?',
  ],
  ['forwarder', { plain: peer.closesOnAccept }, 'no-backend connection-limit? address-filtered?'],
  ['uTP only, closed on accept', { plain: peer.closesOnAccept, utp: peer.serves }, 'utp-only!'],
  [
    'address filtered',
    { plain: peer.closesOnAccept, utp: peer.timedOut, elsewhere: peer.serves },
    'address-filtered!',
    twoAddresses,
  ],
  [
    'stopped (Transmission)',
    { mse: closesAfterHandshake(), utp: peer.closes() },
    'torrent-inactive connection-limit? same-address?',
  ],
  [
    'same address (Transmission)',
    { mse: closesAfterHandshake(), utp: peer.closes(), elsewhere: peer.serves },
    'same-address!',
    twoAddresses,
  ],
  [
    'full (aria2)',
    { mse: peer.closesAfterVc },
    'connection-limit same-address? address-filtered? torrent-inactive?',
  ],
  ['MSE hangs', { mse: peer.hangsAfterKey }, 'encryption-broken encryption-required? torrent-unknown?'],
  [
    'no MSE, no uTP, closes after the info hash',
    { mse: peer.closes(96), steps: peer.closes(48) },
    'torrent-unknown torrent-inactive? bits-refused?',
  ],
  [
    'closes everything',
    { mse: peer.closes(96), steps: peer.closes(20) },
    'encryption-required? not-bittorrent?',
  ],
  [
    'closes everything at byte 48 too',
    { mse: peer.closes(96), steps: peer.closes(48), control: peer.closes(48) },
    'unexplained?',
  ],
  ['web interface', { plain: peer.silent, http: peer.says('HTTP/1.0 200 OK\r\n') }, 'http-server!'],
  [
    'TLS',
    { mse: peer.closes(96), steps: peer.closes(20), tls: peer.says('\x16\x03\x03\x00\x7a') },
    'tls-service!',
  ],
  [
    'SOCKS',
    { plain: peer.silent, http: peer.silent, tls: peer.silent, socks: peer.says('\x05\x00') },
    'socks-proxy!',
  ],
  ['SSH', { plain: peer.says('SSH-2.0-x\r\n', true) }, 'other-service!'],
  ['random bytes', { plain: peer.says('\x91\x02\x03\x04') }, 'not-bittorrent!'],
  ['nearly', { plain: peer.says('\x14BitTorrent protocol!') }, 'nearly-bittorrent!'],
  ['echo', { plain: peer.echoes }, 'echo!'],
  [
    'silent',
    { plain: peer.silent, mse: peer.silent, utp: peer.timedOut },
    'silent-service frozen? not-bittorrent?',
  ],
  ['frozen', { plain: peer.silent, mse: peer.timedOut, utp: peer.timedOut }, 'frozen'],
  ['swallows plaintext', { plain: peer.silent, mse: peer.serves, utp: peer.timedOut }, 'plaintext-filtered'],
  ['another torrent', { plain: peer.servesAnotherTorrent }, 'other-torrent!'],
  ['the other hash', { mse: peer.closesAfterKey, other: peer.serves }, 'other-hash!', { hasOtherHash: true }],
  ['any hash', { plain: peer.turnsAway, random: peer.session() }, 'any-hash!'],
  ['our name is banned', { plain: peer.turnsAway, otherClient: peer.serves }, 'name-banned!'],
  ['a bit of ours', { plain: peer.turnsAway, noBits: peer.serves }, 'bits-refused!'],
  ['turned away', { plain: peer.turnsAway }, 'connection-limit torrent-inactive? address-filtered?'],
  ['has nothing', { plain: peer.hasNothing }, 'nothing-to-offer!'],
  ['super-seeding', { plain: peer.superSeeds }, 'super-seeding'],
  ['says nothing of its pieces', { plain: peer.saysNothing }, 'nothing-to-offer super-seeding?'],
  ['closes when we are interested', { plain: peer.closesOnInterested() }, 'closes-before-serving!'],
  [
    'is reset while we wait',
    { plain: peer.closesOnInterested('rst', 3000) },
    'closes-before-serving path-dies?',
  ],
  ['closes after 12 s', { plain: peer.closesOnInterested('fin', 12_000) }, 'closes-before-serving!'],
  [
    'refuses the name in our extension handshake',
    { plain: peer.closesOnInterested(), otherClient: peer.serves, noBits: peer.serves },
    'name-banned!',
  ],
  [
    'silent over TCP, serves over uTP',
    { plain: peer.silent, mse: peer.silent, utp: peer.serves },
    'utp-only tcp-filtered?',
  ],
  [
    'closes TCP on accept, and says over uTP that the torrent is paused',
    { plain: peer.closesOnAccept, mse: peer.closesOnAccept, utp: peer.closes(68, 'fin', 2) },
    'utp-only! torrent-inactive!',
  ],
  ['silent after MSE', { plain: peer.silent, mse: peer.silentAfterMse }, 'unexplained?'],
  [
    'takes anything for a key',
    { plain: peer.answersLikeMse, mse: peer.closesAfterKey },
    'torrent-unknown not-bittorrent? torrent-inactive? connection-limit? same-address?',
  ],
  [
    'another protocol name',
    { plain: peer.says(`\x13BitTorrent protoXXX${'\xf1'.repeat(100)}`) },
    'nearly-bittorrent!',
  ],
  [
    'answers anything with random bytes',
    { plain: peer.answersLikeMse, mse: peer.hangsAfterKey },
    'not-bittorrent? encryption-broken?',
  ],
  [
    'resets plaintext, asks for encryption',
    { plain: peer.closes(68, 'rst'), mse: peer.asksForEncryption },
    'encryption-required plaintext-filtered?',
  ],
  ['has our peer id, for everybody', { plain: peer.hasOurId, key: peer.closes(48) }, 'ourselves!'],
  ['repeats any peer id', { plain: peer.repeatsOurId, key: peer.closes(48) }, 'protocol-broken!'],
  ['never unchokes', { plain: peer.neverUnchokes }, 'never-unchoked'],
  ['breaks the protocol', { plain: peer.sendsShortHave }, 'protocol-broken!'],
  ['serves, and breaks the protocol', { plain: peer.servesAndBreaks }, 'works! protocol-broken!'],
  [
    'requires encryption, serves, and breaks the protocol',
    { mse: peer.servesAndBreaks, utp: peer.closes(68, 'fin', 13), utpMse: peer.servesAndBreaks },
    'encryption-required! protocol-broken!',
  ],
  ['stops after a block', { plain: peer.stopsAfterOne }, 'stalls rate-limit?'],
  ['reads handshakes and says nothing', { plain: peer.silent, mse: peer.closes(200) }, 'silent-service'],
  [
    'without MSE, reads the whole handshake',
    { steps: peer.closes(68), control: peer.closes(68), mse: peer.closes(116) },
    'torrent-unknown torrent-inactive? bits-refused? not-bittorrent?',
  ],
  [
    'a path that swallows plaintext',
    { plain: peer.silent, tls: peer.answersKey, mse: peer.serves },
    'plaintext-filtered',
  ],
  [
    'goes on with wrong bytes after its key',
    { mse: peer.wrongAfterKey },
    'not-bittorrent encryption-broken?',
  ],
  [
    'closes on the request, and on accept from then on',
    { plain: (p, n) => (n === 1 ? peer.closesOnRequest : peer.closesOnAccept)(p, n), utp: peer.timedOut },
    'data-gone closes-on-request?',
  ],
  [
    'closes on the request, and then says that the torrent is not active',
    {
      plain: (p, n) => (n === 1 ? peer.closesOnRequest : peer.closes())(p, n),
      utp: peer.closes(68, 'fin', 2),
    },
    'data-gone!',
  ],
  [
    'closes on the request, and claims nothing from then on',
    { plain: (p, n) => (n === 1 ? peer.closesOnRequest : peer.hasNothing)(p, n) },
    'data-gone!',
  ],
  ['rejects', { plain: peer.rejects }, 'rejects-requests!'],
  ['closes on the request', { plain: peer.closesOnRequest }, 'closes-on-request!'],
  ['chokes on the request', { plain: peer.chokesOnRequest }, 'chokes-on-request!'],
  ['chokes, and not at a request', { plain: peer.chokesBeforeRequest }, 'unexplained?'],
  ['chokes after a block', { plain: peer.chokesAfterBlock }, 'chokes-on-request!'],
  ['nothing after the handshake', { plain: peer.mute }, 'path-dies nothing-to-offer?'],
  ['an invalid route', { plain: peer.invalid }, 'no-route local-address?'],
  [
    'cut after 30 bytes',
    { plain: peer.says(HANDSHAKE_START), mse: peer.says('\x91'.repeat(30)) },
    'unexplained?',
  ],
  [
    'refuses our name at once',
    { mse: peer.closes(96), steps: peer.closes(68), otherClient: peer.serves },
    'name-banned!',
  ],
  [
    'same address (libtorrent over TCP)',
    { mse: peer.closesAfterKey, elsewhere: peer.serves },
    'same-address address-filtered?',
    twoAddresses,
  ],
  ['withdraws', { plain: peer.withdraws }, 'data-gone!'],
  ['bad data', { plain: peer.badData }, 'bad-data!'],
  ['good metadata', { plain: peer.servesMetadata({ outcome: 'verified' }) }, 'works!'],
  ['damaged metadata', { plain: peer.servesMetadata({ outcome: 'hash-wrong' }) }, 'bad-data!'],
  [
    'damaged metadata inside MSE',
    { mse: peer.servesMetadata({ outcome: 'hash-wrong' }) },
    'bad-data! encryption-required plaintext-filtered?',
  ],
  [
    'damaged metadata, and never unchokes',
    { plain: peer.chokesWithMetadata({ outcome: 'hash-wrong' }) },
    'bad-data! never-unchoked',
  ],
  [
    'the metadata of another torrent, for any hash',
    { plain: peer.servesMetadata({ outcome: 'hash-wrong' }), random: peer.session() },
    'any-hash!',
  ],
  [
    'metadata that is shorter than announced',
    { plain: peer.servesMetadata({ outcome: 'length-wrong' }) },
    'protocol-broken!',
  ],
  [
    'half of the metadata, and then nothing',
    { plain: peer.servesMetadata({ outcome: 'timed-out' }) },
    'metadata-missing',
  ],
  [
    'half of the metadata, and then a reject',
    { plain: peer.servesMetadata({ outcome: 'rejected', answers: ['data', 'reject'] }) },
    'metadata-missing',
  ],
  [
    'rejects the request for metadata',
    { plain: peer.servesMetadata({ outcome: 'rejected', answers: ['reject'] }) },
    'metadata-missing',
  ],
  [
    'metadata of no bytes',
    { plain: peer.servesMetadata({ outcome: 'size-unusable', announced: 0, answers: [] }) },
    'metadata-missing',
  ],
  // the peer is not to blame for what we were given
  [
    'a v2 hash that was given as a v1 hash',
    { plain: peer.servesMetadata({ outcome: 'hash-truncated' }) },
    'works!',
  ],
  ['two hashes of two torrents', { plain: peer.servesMetadata({ outcome: 'hashes-contradict' }) }, 'works!'],
  ['metadata that is not a torrent', { plain: peer.servesMetadata({ outcome: 'not-a-torrent' }) }, 'works!'],
  ['metadata without a record of its hash', { plain: peer.servesMetadata({ outcome: undefined }) }, 'works!'],
  ['path MTU', { plain: peer.stalls, small: peer.servesSmall(512, 20) }, 'path-mtu!'],
  ['drops every second request', { plain: peer.servesHalf }, 'stalls rate-limit?'],
  [
    'our address is filtered, and another one gets as far as the handshake',
    { plain: peer.closesOnAccept, utp: peer.timedOut, elsewhere: peer.closes() },
    'address-filtered torrent-unknown? torrent-inactive?',
    twoAddresses,
  ],
  ['closes on silence', { plain: peer.closesOnSilence, atOnce: peer.serves }, 'works!'],
  [
    'closes whatever we do, after a while',
    { plain: peer.closesOnSilence, utp: peer.timedOut },
    'no-active-torrent connection-limit? address-filtered?',
  ],
  [
    'plaintext is lost on the way, inside MSE as well',
    { plain: peer.closesLate(), mse: peer.silentInPlaintext, rc4: peer.serves, utp: peer.timedOut },
    'plaintext-filtered encryption-required?',
  ],
  [
    'a web server has the TCP port, and a client the UDP port',
    { plain: peer.says('HTTP/1.0 400 Bad Request\r\n'), utp: peer.serves },
    'utp-only! http-server!',
  ],
  [
    'another service has the TCP port, and a client the UDP port',
    { plain: peer.says('SSH-2.0-x\r\n', true), utp: peer.serves },
    'utp-only! other-service!',
  ],
  [
    'the steps took longer than it waits',
    { mse: peer.closesAfterKey, steps: peer.closesLate(28), utp: peer.timedOut },
    'torrent-unknown torrent-inactive? connection-limit? same-address?',
  ],
  ['path MTU of a tunnel', { plain: peer.stalls, small: peer.servesSmall(1024, 20) }, 'path-mtu'],
  ['ignores large requests', { plain: peer.stalls, small: peer.servesSmall(2048, 20) }, 'stalls rate-limit?'],
  [
    'stops inside a large block',
    { plain: peer.stopsInside, small: peer.servesSmall(2048, 20) },
    'path-dies rate-limit stalls',
  ],
  ['rate limit', { plain: peer.stalls, small: peer.servesSmall(2048, 900) }, 'rate-limit!'],
  ['stalls', { plain: peer.stalls, small: peer.servesSmall(0, 0) }, 'stalls!'],
  ['the path dies', { plain: peer.stopsInside, small: peer.servesSmall(0, 0) }, 'path-dies stalls'],
]

describe('what is said of an imagined peer', () => {
  test.each(cases.map(([name, ...rest]) => ({ name, rest })))(
    '$name',
    ({ rest: [world, expected, scope] }) => {
      const { verdict, probes } = look(world, scope)
      expect(words(verdict)).toBe(expected)
      expect(probes.length).toBeLessThanOrEqual(MAX_PROBES)
    },
  )
})

test('a violation is named where it is shown', () => {
  const fold = new ObservationFold()
  for (const event of peer.servesAndBreaks(USUAL_PROBE, 1)) fold.step(event)
  expect(describeFact('violates', fold.observations[0])).toBe(
    'what it sent breaks the protocol: message-malformed',
  )
})

test('damaged metadata is no way that works, and a random hash shows whether the peer takes any', () => {
  const { verdict, probes } = look({ plain: peer.servesMetadata({ outcome: 'hash-wrong' }) })
  expect(verdict.works).toBeUndefined()
  expect(probes.map(({ hash }) => hash)).toStrictEqual(['target', 'random'])
})

test('a redacted trace says the same of the metadata', () => {
  const redactor = new Redactor(new Uint8Array(32), [])
  const verdicts = METADATA_OUTCOMES.map((outcome) => {
    const plain = new ObservationFold()
    const redacted = new ObservationFold()
    for (const event of peer.servesMetadata({ outcome })(USUAL_PROBE, 1)) {
      plain.step(event)
      for (const replaced of redactor.events(event)) redacted.step(replaced)
    }
    return [plain, redacted].map(({ observations }) => words(decide(observations, LAST)))
  })
  for (const [plain, redacted] of verdicts) expect(redacted).toBe(plain)
  expect(new Set(verdicts.flat())).toContain('bad-data!')
})

test('a silent peer is asked for HTTP, for MSE, and then for other services, with short pauses', () => {
  const { probes, pauses } = look({ plain: peer.silent, mse: peer.silent, utp: peer.timedOut })
  const ways = probes.map(({ how, transport, variant }) =>
    how === 'session' ? `${transport} ${variant}` : how,
  )
  expect(ways).toStrictEqual(['tcp plaintext', 'http', 'tcp mse', 'tls', 'socks', 'utp plaintext'])
  expect(pauses).toStrictEqual([0, 600, 600, 600, 600, 600])
})

test('later probes wait three round trips longer on a slow path, up to a limit', () => {
  const waits = [0, 300, 3000, 30_000].map((roundTripMs) => {
    const fold = new ObservationFold()
    for (const event of peer.closesFarAway(roundTripMs)(USUAL_PROBE, 1)) fold.step(event)
    return decide(fold.observations, { ...LAST, probesLeft: 11 }).next?.answerMs
  })
  expect(waits).toStrictEqual([3000, 3900, 12_000, 15_000])
})

test('a peer that answers inside MSE is not asked for other services', () => {
  const { probes } = look({ plain: peer.silent, mse: peer.serves, utp: peer.timedOut })
  expect(probes.filter(({ how }) => how === 'tls' || how === 'socks')).toHaveLength(0)
  // the first one, and once more to see whether it has changed
  expect(
    probes.filter(
      ({ how, variant, transport }) => how === 'session' && transport === 'tcp' && variant === 'plaintext',
    ),
  ).toHaveLength(2)
})

test('a peer that answers the second time has changed, and nothing is concluded from the difference', () => {
  let plain = 0
  const world = {
    plain: ((p, n) => (plain++ === 0 ? peer.closes() : peer.serves)(p, n)) as peer.Treatment,
    mse: peer.serves,
  }
  const { verdict } = look(world)
  expect(words(verdict)).toBe('changed!')
  expect(verdict.works).toBeDefined()
})

function spoiledOnce(then: peer.Treatment): peer.Treatment {
  let tried = 0
  return (probe, number) => (tried++ === 0 ? peer.spoiled : then)(probe, number)
}

/** Inside MSE: VC, its handshake, and a close. */
function closesAfterHandshake(): peer.Treatment {
  return peer.turnsAway
}
