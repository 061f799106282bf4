import {
  type Case,
  type Seen,
  type SeenSession,
  blocksOf,
  isClosedUnserved,
  isServed,
  isSession,
  isTurnedAway,
} from '../case.ts'
import type { SessionSeen } from '../observation.ts'
import { fact, type FactDescription } from './fact.ts'

/** A peer that claims nothing had this long to offer pieces, in milliseconds. Super-seeding starts after 10 s. */
const OFFER_MS = 12_000

/** A super-seeding peer waits this long before its first *have*; others announce what they have at once, in milliseconds. */
const LATE_HAVE_MS = 4_000

/** A close within this time after our request is an answer to it, in milliseconds. */
const ANSWER_MS = 3_000

/** Small blocks that all took longer than this are limited by a rate, in milliseconds. */
const SLOW_MS = 250

/** A block that takes longer is limited by a rate, in milliseconds: 2 kB/s. */
const SLOW_BLOCK_MS = 8_000

/** The largest request that a path with a small MTU still serves, and the smallest that it does not, in bytes. */
const FITS = 512
const TOO_LARGE = 1024

/** What a session proves, the one that went furthest. */
export const SESSION_FACTS = {
  served: fact('blocks came', (c) => best(c, ({ session }) => isServed(session))),
  'hash-wrong': fact('a piece does not match its hash', (c) =>
    best(c, ({ session }) => session.verified === 'bad'),
  ),
  'turned-away': fact('it sent its handshake, and closed before anything was requested', (c) =>
    best(c, isTurnedAway),
  ),
  'closed-unserved': fact(
    'it claimed pieces or kept us waiting, and the connection was closed before anything was requested',
    (c) => best(c, isClosedUnserved),
  ),
  'closed-unserved-again': fact('another connection ended in the same way', (c) => {
    const again = c.ordinary.filter((one) => isSession(one) && isClosedUnserved(one))
    return again.length >= 2 ? again.slice(1) : []
  }),
  'reset-unserved': fact('the connection was reset', (c) =>
    best(c, (one) => isClosedUnserved(one) && one.close?.kind === 'rst'),
  ),
  'claims-nothing': fact('it claimed no piece and offered none', (c) => best(c, isWithoutPieces)),
  'says-none': fact('it announced that it has none', (c) =>
    best(c, (one) => isWithoutPieces(one) && one.session.availability !== 'none'),
  ),
  'mute-after-handshake': fact('after its handshake not a byte came', (c) =>
    best(c, ({ close, session }) => close?.by !== 'peer' && session.messagesReceived === 0),
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
    best(c, ({ error, session }) => error?.code === 'E_UNCHOKE_TIMEOUT' && session.unchokedMs === undefined),
  ),
  rejected: fact('it rejected the requests', (c) =>
    best(c, ({ session }) => session.rejects > 0 && blocksOf(session) === 0),
  ),
  'choked-on-request': fact('it choked us after the request', (c) =>
    best(c, ({ session }) => session.chokedOnRequest && !isServed(session)),
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
  'no-pieces-next-time': fact('on the next connection it claimed nothing', (c) => {
    const [, ...later] = c.plain
    return later.filter((one) => isSession(one) && one.session.have === 0 && !one.session.lostPieces)
  }),
  'refused-next-time': fact('on the next connection it closed without a byte', (c) => {
    const [begin, ...later] = c.plain
    return begin?.ending === 'session'
      ? later.filter(({ ending }) => ending === 'closed-on-accept' || ending === 'closed-unanswered')
      : []
  }),
  'no-block': fact('it unchoked us and sent no block', (c) =>
    best(
      c,
      ({ close, session }) =>
        close?.by !== 'peer' &&
        session.unchokedMs !== undefined &&
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
        close?.by !== 'peer' &&
        session.unchokedMs !== undefined &&
        blocksOf(session) > 0 &&
        !isServed(session) &&
        session.verified === undefined,
    ),
  ),
  'part-of-block': fact('the stream stopped inside a message', (c) =>
    best(c, ({ close }) => (close?.pending ?? 0) > 0),
  ),
  'slow-block': fact('a block took many seconds', (c) => best(c, ({ session }) => isSlow(session))),
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
  'small-blocks-cut': fact('blocks up to 1024 bytes came, and none of 2048', (c) =>
    small(c, (sizes) => sizes.includes(TOO_LARGE) && sizes.every((size) => size <= TOO_LARGE)),
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
    best(
      c,
      ({ session }) =>
        session.offersMetadata &&
        session.metadataSize === undefined &&
        session.metadataOutcome !== 'size-unusable',
    ),
  ),
  'metadata-refused': fact('it rejected the request for metadata, or did not answer it', (c) =>
    best(c, ({ session }) => session.metadata === 'rejected' || session.metadata === 'silent'),
  ),
  'metadata-size-unusable': fact('it announces a metadata size that is not usable', (c) =>
    fetched(c, ({ metadataOutcome }) => metadataOutcome === 'size-unusable'),
  ),
  'metadata-incomplete': fact('only part of the metadata came', (c) =>
    fetched(
      c,
      ({ metadata, metadataOutcome }) =>
        metadata === 'data' && (metadataOutcome === 'rejected' || metadataOutcome === 'timed-out'),
    ),
  ),
  'metadata-length-wrong': fact(
    'a piece of its metadata does not have the length that follows from the size that it announced',
    (c) => fetched(c, ({ metadataOutcome }) => metadataOutcome === 'length-wrong'),
  ),
  'metadata-corrupt': fact('the metadata that it sent does not match the info hash', (c) =>
    fetched(c, ({ metadataOutcome }) => metadataOutcome === 'hash-wrong'),
  ),
  'broke-protocol': fact('its messages break the protocol', (c) =>
    c.ordinary.filter(
      ({ error }) => error !== null && /^E_(FRAME|MALFORMED|MESSAGE_FLOOD|UNREQUESTED)/.test(error.code),
    ),
  ),
  violates: fact(
    'what it sent breaks the protocol',
    (c) => best(c, ({ violations }) => violations.length > 0),
    ({ violations }) => violations.join(', '),
  ),
} as const satisfies { readonly [code: string]: FactDescription }

function best({ best: one }: Case, holds: (seen: SeenSession) => boolean): readonly Seen[] {
  return one !== undefined && holds(one) ? [one] : []
}

/** The sessions in which fetching the metadata ended like this. */
function fetched({ ordinary }: Case, holds: (session: SessionSeen) => boolean): readonly Seen[] {
  return ordinary.filter((one) => isSession(one) && holds(one.session))
}

function isWithoutPieces({ close, session }: SeenSession): boolean {
  return (
    close?.by === 'us' &&
    session.messagesReceived > 0 &&
    (session.availability === 'none' || session.have === 0) &&
    session.firstHaveMs === undefined &&
    session.lastedMs >= OFFER_MS
  )
}

/** A request that was sent while we were choked is answered after the unchoke. */
function isSlow({ requests, unchokedMs = 0 }: SessionSeen): boolean {
  return requests.some(
    ({ blockMs = 0, sentMs }) => blockMs - Math.max(0, unchokedMs - sentMs) >= SLOW_BLOCK_MS,
  )
}

function small(c: Case, holds: (served: readonly number[]) => boolean): readonly Seen[] {
  return c.probes({ how: 'small-requests' }).filter(({ session }) => {
    const served = (session?.requests ?? [])
      .filter(({ blockMs }) => blockMs !== undefined)
      .map(({ length }) => length)
    return holds(served)
  })
}
