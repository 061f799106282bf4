import { serviceOf } from '../../wire/service.ts'
import {
  blocksOf,
  type Case,
  isServed,
  isSession,
  isTurnedAway,
  progressOf,
  type Seen,
  type SeenSession,
} from './case.ts'
import type { Ending } from './ending.ts'

/** Something that the observations prove. */
interface FactDescription {
  readonly text: string
  /** The probes that show it; none if it does not hold. */
  readonly shown: (seen: Case) => readonly Seen[]
}

/** A machine's answer within this time was not waited for, in milliseconds. */
const AT_ONCE_MS = 1000

/** A peer that claims nothing had this long to offer pieces, in milliseconds. Super-seeding starts after 10 s. */
const OFFER_MS = 12_000

/** A super-seeding peer waits this long before its first *have*; others announce what they have at once, in milliseconds. */
const LATE_HAVE_MS = 4_000

/** A close within this time after our request is an answer to it, in milliseconds. */
const ANSWER_MS = 3_000

/** Small blocks that all took longer than this are limited by a rate, in milliseconds. */
const SLOW_MS = 250

/** The largest request that a path with a small MTU still serves, and the smallest that it does not, in bytes. */
const FITS = 512
const TOO_LARGE = 1024

/** Clients that always close with FIN: a reset in their name is not theirs. */
const NEVER_RESETS = /^(libtorrent|qBittorrent|Deluge|Transmission|aria2)/i

const LOCAL_ADDRESS = /^(EADDRNOTAVAIL|EADDRINUSE|EINVAL)$/

export const FACTS = {
  // the way there
  'name-unknown': fact('the name has no address', (c) =>
    first(c, ({ reach }) => reach.outcome === 'no-name'),
  ),
  'no-route': fact('the system has no route (ENETUNREACH)', (c) =>
    first(c, ({ reach }) => reach.system === 'ENETUNREACH' && reach.ms < AT_ONCE_MS),
  ),
  'send-refused': fact('the system refuses to send', (c) =>
    first(c, ({ reach }) => reach.outcome === 'blocked'),
  ),
  'local-address-refused': fact('the system refuses the local address', (c) =>
    first(c, ({ reach }) => reach.outcome === 'local' && LOCAL_ADDRESS.test(reach.system ?? '')),
  ),
  'local-limit-reached': fact('the system has no socket left', (c) =>
    first(c, ({ reach }) => reach.outcome === 'local' && !LOCAL_ADDRESS.test(reach.system ?? '')),
  ),
  'tcp-refused': fact('TCP was refused', (c) =>
    c.plain.slice(0, 1).filter(({ reach }) => reach.outcome === 'refused'),
  ),
  'tcp-timed-out': fact('TCP was not answered', (c) =>
    c.plain.slice(0, 1).filter(({ reach }) => reach.outcome === 'timed-out'),
  ),
  'tcp-rejected': fact('an ICMP error rejected TCP at once', (c) =>
    c.plain
      .slice(0, 1)
      .filter(({ reach }) => isUnreachable(reach.outcome, reach.system) && reach.ms < AT_ONCE_MS),
  ),
  'no-machine': fact('the network looked for the machine and did not find it', (c) =>
    c.plain
      .slice(0, 1)
      .filter(({ reach }) => isUnreachable(reach.outcome, reach.system) && reach.ms >= AT_ONCE_MS),
  ),
  'tcp-unreached-again': fact('TCP failed in the same way again', (c) =>
    c.plain.length >= 2 &&
    c.plain.every(
      ({ ending, reach }) => ending === 'not-connected' && reach.outcome === c.plain[0]?.reach.outcome,
    )
      ? c.plain.slice(1)
      : [],
  ),
  'utp-port-unused': fact('over UDP, the system of the peer reports an unused port', (c) =>
    c.utp.filter(({ reach }) => reach.outcome === 'refused'),
  ),
  'utp-mute': fact('uTP was not answered', (c) => c.utp.filter(({ reach }) => reach.outcome === 'timed-out')),
  'utp-answers': fact('uTP was answered', (c) => c.utp.filter(({ reach }) => reach.outcome === 'connected')),
  'utp-session': fact('over uTP the handshake was answered', (c) =>
    c.utp.filter(({ ending }) => ending === 'session'),
  ),
  'utp-plaintext-session': fact('over uTP the handshake was answered without encryption', (c) =>
    c.utp.filter(({ ending, probe }) => ending === 'session' && probe.variant === 'plaintext'),
  ),
  'later-connections-time-out': fact('later connections were no longer accepted', (c) => {
    const [begin] = c.all
    return begin?.reach.outcome === 'connected'
      ? c.all.filter(({ probe, reach }) => probe.transport === 'tcp' && reach.outcome === 'timed-out')
      : []
  }),

  // what closed, and when
  'closed-on-accept': fact('it closed before our first byte', (c) => endedFirst(c, 'closed-on-accept')),
  'closed-on-accept-again': fact('it closed before our first byte again', (c) => {
    const tcp = c.probes({ transport: 'tcp', source: null })
    return tcp.length >= 2 && tcp.every(({ ending }) => ending === 'closed-on-accept') ? tcp.slice(1) : []
  }),
  'closed-on-handshake': fact('it closed after our handshake, without a byte', (c) =>
    endedFirst(c, 'closed-unanswered'),
  ),
  'closed-on-handshake-again': fact('it closed after our plaintext handshake again', (c) => {
    const { plain } = c
    return plain.length >= 2 && plain.every(({ ending }) => ending === 'closed-unanswered')
      ? plain.slice(1)
      : []
  }),
  'reset-on-handshake': fact('the close was a reset', (c) =>
    endedFirst(c, 'closed-unanswered').filter(({ close }) => close?.kind === 'rst'),
  ),
  'client-never-resets': fact('the client behind it closes with FIN, never with a reset', (c) =>
    c.encrypted.filter((one) => isSession(one) && NEVER_RESETS.test(one.session.client ?? '')),
  ),
  silent: fact('it sent nothing and did not close', (c) => endedFirst(c, 'silent')),
  'all-silent': fact('no other probe brought a byte or a close', (c) =>
    c.all.length >= 3 && c.all.every(({ ending }) => ending === 'silent' || ending === 'not-connected')
      ? c.all.slice(1)
      : [],
  ),

  // encryption
  'encrypted-session': fact('inside MSE the handshake was answered', (c) => c.encrypted.filter(goesOn)),
  'encrypted-session-again': fact('inside MSE the handshake was answered again', (c) => {
    const sessions = c.encrypted.filter(goesOn)
    return sessions.length >= 2 ? sessions.slice(1) : []
  }),
  'asks-for-encryption': fact('its extension handshake asks for encryption (e = 1)', (c) =>
    c.encrypted.filter((one) => isSession(one) && one.session.prefersEncryption === true),
  ),
  key: fact('it answered with a public key of MSE', (c) =>
    c.all.filter(({ ending }) => ending.startsWith('key-') || ending.startsWith('known-')),
  ),
  'key-closed': fact('it sent its public key of MSE and closed after ours was complete', (c) =>
    c.encrypted.filter(({ ending }) => ending === 'key-closed'),
  ),
  'key-silent': fact('it sent its public key of MSE, and then nothing', (c) =>
    [...c.encrypted, ...c.utp].filter(({ ending }) => ending === 'key-silent' || ending === 'known-silent'),
  ),
  'no-key': fact('MSE brought no byte', (c) =>
    c.encrypted.filter(({ ending }) => ending === 'closed-unanswered' || ending === 'silent'),
  ),
  'mse-closed-at-once': fact('the start of MSE was closed at once', (c) =>
    c.encrypted.filter(
      ({ ending, close }) => ending === 'closed-unanswered' && (close?.sinceSentMs ?? 0) < AT_ONCE_MS,
    ),
  ),
  'knows-hash': fact('VC of MSE proves that it knows the info hash', (c) =>
    [...c.encrypted, ...c.utp].filter(({ ending }) => ending === 'known-closed' || ending === 'known-silent'),
  ),
  'answers-and-closes': fact(
    'inside MSE, or in steps, it sent its handshake for this hash and closed',
    (c) => [
      ...c.encrypted.filter(
        (one) => isSession(one) && isTurnedAway(one) && one.session.messagesReceived === 0,
      ),
      ...c.probes({ how: 'steps' }).filter(({ handshake }) => handshake?.matches),
    ],
  ),

  // close reasons of libtorrent over uTP
  'reason-unknown': fact('over uTP it closed with the reason "invalid info hash" (257)', (c) =>
    withReason(c.utp, 257),
  ),
  'reason-removed': fact('over uTP it closed with the reason "torrent removed" (2)', (c) =>
    withReason(c.utp, 2),
  ),
  'reason-duplicate': fact('over uTP it closed with the reason "duplicate peer" (1)', (c) =>
    withReason(c.utp, 1),
  ),
  'reason-limit': fact('over uTP it closed with the reason "too many connections" (15)', (c) =>
    withReason(c.utp, 15),
  ),
  'reason-encryption': fact('over uTP it closed with the reason "protocol blocked" (13)', (c) =>
    withReason(c.utp, 13),
  ),
  'random-encryption': fact('over uTP a random hash was refused for the same reason (13)', (c) =>
    withReason(c.probes({ hash: 'random', transport: 'utp' }), 13),
  ),
  'random-unknown': fact('over uTP a random hash was refused as unknown (257)', (c) =>
    withReason(c.probes({ hash: 'random', transport: 'utp' }), 257),
  ),

  // the handshake in steps
  'read-hash': fact(
    'sent in steps, the handshake was refused right after the info hash, and a wrong protocol name was not',
    (c) => {
      const control = c.probes({ how: 'steps-control' })
      const isSame = control.some(({ close }) => (close?.sent ?? 0) >= 48)
      return isSame
        ? []
        : c
            .probes({ how: 'steps' })
            .filter(({ ending, close }) => ending === 'closed-unanswered' && (close?.sent ?? 0) >= 48)
    },
  ),
  'closed-at-name': fact('sent in steps, the handshake was refused after the protocol name', (c) =>
    c
      .probes({ how: 'steps' })
      .filter(({ ending, close }) => ending === 'closed-unanswered' && (close?.sent ?? 0) < 48),
  ),

  // comparisons
  'other-hash-answered': fact('the other info hash of the torrent was answered', (c) =>
    c.probes({ hash: 'other' }).filter(({ ending }) => ending === 'session'),
  ),
  'other-address-answered': fact('from another address of this machine it answers', (c) =>
    c.elsewhere.filter((one) => isSession(one) && !isTurnedAway(one)),
  ),
  'other-address-same': fact('from another address of this machine it does the same', (c) =>
    c.elsewhere.filter((one) => one.ending !== 'not-connected' && !(isSession(one) && !isTurnedAway(one))),
  ),
  'random-hash-answered': fact('a random info hash was answered with the same hash', (c) =>
    c.probes({ hash: 'random', how: 'session' }).filter(({ ending }) => ending === 'session'),
  ),
  'other-name-goes-on': fact('under the name of another client the session goes on', (c) =>
    further(c, c.probes({ identity: 'other-client' })),
  ),
  'no-bits-goes-on': fact('without reserved bits the session goes on', (c) =>
    further(c, c.probes({ reserved: 'none' })),
  ),
  'own-name-fails-again': fact('under our own name it was closed again', (c) =>
    c.plain.length >= 2 && c.plain.every((one) => isSession(one) && isTurnedAway(one))
      ? c.plain.slice(1)
      : [],
  ),
  'answer-changed': fact('the same probe had another result before', (c) => {
    const [begin, ...later] = c.plain
    return begin === undefined || begin.ending === 'session'
      ? []
      : later.filter(({ ending }) => ending !== begin.ending)
  }),

  // other services
  http: fact('the answer is HTTP', (c) => ofService(c, 'http')),
  tls: fact('the answer is TLS', (c) => ofService(c, 'tls')),
  socks: fact('the answer is a SOCKS reply', (c) => ofService(c, 'socks')),
  service: fact('the first bytes are those of another protocol', (c) => ofService(c, 'other')),
  foreign: fact('bytes came that are not BitTorrent', (c) =>
    c.all.filter(({ ending }) => ending === 'foreign'),
  ),
  resembles: fact('the bytes contain the name of the protocol', (c) =>
    c.all.filter(
      ({ ending, first: bytes }) => ending === 'foreign' && /BitTorrent/i.test(String.fromCharCode(...bytes)),
    ),
  ),
  echoed: fact('the bytes that came are the ones that were sent', (c) =>
    c.all.filter(({ echoes }) => echoes),
  ),
  'own-id': fact('the handshake that came has our own peer id', (c) =>
    c.all.filter(({ ending }) => ending === 'own-id'),
  ),
  'own-id-no-echo': fact('other bytes than a handshake are not sent back', (c) =>
    c.all.some(({ ending }) => ending === 'own-id')
      ? c.all.filter(
          ({ echoes, ending, probe }) => probe.how !== 'session' && !echoes && ending !== 'not-connected',
        )
      : [],
  ),
  'other-torrent-answered': fact('its handshake names another torrent', (c) =>
    c.ordinary.filter(({ ending }) => ending === 'other-torrent'),
  ),

  // the session
  served: fact('blocks came', (c) => best(c, ({ session }) => isServed(session))),
  'hash-wrong': fact('a piece does not match its hash', (c) =>
    best(c, ({ session }) => session.verified === 'bad'),
  ),
  'turned-away': fact('it sent its handshake and closed', (c) => best(c, isTurnedAway)),
  'claims-nothing': fact('it claimed no piece and offered none', (c) =>
    best(
      c,
      ({ close, session }) =>
        close?.by === 'us' &&
        (session.availability === 'none' || session.have === 0) &&
        session.firstHaveMs === undefined &&
        session.lastedMs >= OFFER_MS,
    ),
  ),
  'late-have': fact('it claimed nothing, and offered single pieces after some seconds', (c) =>
    best(
      c,
      ({ session }) =>
        session.availability !== 'have-all' &&
        session.availability !== 'bitfield' &&
        (session.firstHaveMs ?? 0) >= LATE_HAVE_MS,
    ),
  ),
  'withdrew-pieces': fact('it withdrew pieces that it had claimed', (c) =>
    best(c, ({ session }) => session.lostPieces && session.requestedMs !== undefined),
  ),
  'still-choked': fact('it did not unchoke us in the time we waited', (c) =>
    best(
      c,
      ({ close, session }) =>
        close?.by === 'us' &&
        session.interestedMs !== undefined &&
        session.unchokedMs === undefined &&
        blocksOf(session) === 0,
    ),
  ),
  rejected: fact('it rejected the requests', (c) =>
    best(c, ({ session }) => session.rejects > 0 && blocksOf(session) === 0),
  ),
  'choked-on-request': fact('it choked us after the request', (c) =>
    best(c, ({ session }) => session.chokedAgain && session.requests.length > 0 && blocksOf(session) === 0),
  ),
  'closed-on-request': fact('it closed right after a request', (c) =>
    best(
      c,
      ({ close, session }) =>
        close?.by === 'peer' &&
        session.requests.length > 0 &&
        blocksOf(session) === 0 &&
        (close.sinceSentMs ?? Number.POSITIVE_INFINITY) < ANSWER_MS,
    ),
  ),
  'no-pieces-next-time': fact('on the next connection it claimed nothing, or closed at once', (c) => {
    const [, ...later] = c.plain
    return later.filter(
      (one) => one.ending === 'closed-on-accept' || (isSession(one) && one.session.have === 0),
    )
  }),
  'no-block': fact('it unchoked us and sent no block', (c) =>
    best(
      c,
      ({ close, session }) =>
        close?.by !== 'peer' &&
        session.requests.length > 0 &&
        blocksOf(session) === 0 &&
        session.rejects === 0 &&
        !session.chokedAgain &&
        !session.lostPieces,
    ),
  ),
  'some-blocks': fact('some blocks came, and then no more', (c) =>
    best(
      c,
      ({ close, session }) =>
        close?.by !== 'peer' && blocksOf(session) > 0 && !isServed(session) && session.verified === undefined,
    ),
  ),
  'part-of-block': fact('the stream stopped inside a message', (c) =>
    best(c, ({ close }) => (close?.pending ?? 0) > 0),
  ),
  'small-blocks-only': fact('blocks of 256 and 512 bytes came, and none from 1024 bytes', (c) =>
    small(c, (sizes) => sizes.some((size) => size <= FITS) && sizes.every((size) => size < TOO_LARGE)),
  ),
  'small-blocks-slow': fact('small blocks came, each after a long wait', (c) =>
    c.probes({ how: 'small-requests' }).filter(({ session }) => {
      const waits = (session?.requests ?? []).flatMap(({ blockMs }) => blockMs ?? [])
      return (
        waits.length > 1 &&
        waits.some((ms) => ms >= SLOW_MS) &&
        (session?.requests ?? []).some(({ length, blockMs }) => length >= TOO_LARGE && blockMs !== undefined)
      )
    }),
  ),
  'small-blocks-fast': fact('blocks up to 2048 bytes came at once', (c) =>
    c.probes({ how: 'small-requests' }).filter(({ session }) => {
      const waits = (session?.requests ?? []).flatMap(({ blockMs }) => blockMs ?? [])
      return waits.length >= 4 && waits.every((ms) => ms < SLOW_MS)
    }),
  ),
  'no-size-served': fact('requests of no size brought a block', (c) =>
    c
      .probes({ how: 'small-requests' })
      .filter((one) => isSession(one) && one.session.requests.length > 0 && blocksOf(one.session) === 0),
  ),
  'utp-serves': fact('over uTP the blocks came', (c) =>
    c.utp.filter((one) => isSession(one) && isServed(one.session)),
  ),
  'no-metadata-yet': fact('it offers metadata and announces no size', (c) =>
    best(c, ({ session }) => session.offersMetadata && session.metadataSize === undefined),
  ),
  'metadata-refused': fact('it rejected the request for metadata, or did not answer it', (c) =>
    best(c, ({ session }) => session.metadata === 'rejected' || session.metadata === 'silent'),
  ),
  'broke-protocol': fact('its messages break the protocol', (c) =>
    c.ordinary.filter(
      ({ error }) => error !== null && /^E_(FRAME|MALFORMED|MESSAGE_FLOOD|UNREQUESTED)/.test(error.code),
    ),
  ),
} as const satisfies { readonly [code: string]: FactDescription }

export type FactCode = keyof typeof FACTS

function fact(text: string, shown: FactDescription['shown']): FactDescription {
  return { text, shown }
}

function first({ all }: Case, holds: (seen: Seen) => boolean): readonly Seen[] {
  return all.slice(0, 1).filter(holds)
}

/** The first plaintext session over TCP, if it ended so. The first probe outranks later ones, which it may have influenced. */
function endedFirst({ plain }: Case, ending: Ending): readonly Seen[] {
  return plain.slice(0, 1).filter((one) => one.ending === ending)
}

/** A session that is more than a handshake and a close. */
function goesOn(seen: Seen): boolean {
  return isSession(seen) && !(isTurnedAway(seen) && seen.session.messagesReceived === 0)
}

function isUnreachable(outcome: string, system: string | undefined): boolean {
  return outcome === 'unreachable' && system !== 'ENETUNREACH'
}

function withReason(seen: readonly Seen[], reason: number): readonly Seen[] {
  return seen.filter(
    ({ close, ending }) => close?.reason === reason && close.by === 'peer' && ending !== 'session',
  )
}

function ofService({ all }: Case, kind: 'http' | 'tls' | 'socks' | 'other'): readonly Seen[] {
  return all.filter(({ ending, first: bytes }) => ending === 'foreign' && serviceOf(bytes)?.kind === kind)
}

function best({ best: one }: Case, holds: (seen: SeenSession) => boolean): readonly Seen[] {
  return one !== undefined && holds(one) ? [one] : []
}

/** Those that went further than every session as ourselves did. */
function further({ plain }: Case, seen: readonly Seen[]): readonly Seen[] {
  const own = Math.max(0, ...plain.filter(isSession).map(({ session }) => progressOf(session)))
  return seen.filter((one) => isSession(one) && !isTurnedAway(one) && progressOf(one.session) > own)
}

function small(c: Case, holds: (served: readonly number[]) => boolean): readonly Seen[] {
  return c.probes({ how: 'small-requests' }).filter(({ session }) => {
    const served = (session?.requests ?? [])
      .filter(({ blockMs }) => blockMs !== undefined)
      .map(({ length }) => length)
    return holds(served)
  })
}
