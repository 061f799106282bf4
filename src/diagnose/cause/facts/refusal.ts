import { HANDSHAKE_LENGTH } from '../../../wire/handshake/handshake.ts'
import { type Case, type Seen, isSession } from '../case.ts'
import { fact, endedFirst, type FactDescription } from './fact.ts'

/** Clients that always close with FIN: a reset in their name is not theirs. "libTorrent" is the library of rTorrent, which does reset. */
const NEVER_RESETS = /^(libtorrent|qBittorrent|Deluge|Transmission|aria2)/

/** A close that is not an answer waits at least so long, in milliseconds. */
const LEAST_TIMER_MS = 1_500

/** How far two waits of one timer may differ, as a part of the wait. */
const SAME_TIME = 0.1

/**
 * A client that waits for a handshake does so for ten seconds at least. A close near that may be the end of its wait, and no
 * answer to what came. In milliseconds.
 */
const HANDSHAKE_WAIT_MS = 8_000

/** A refusal is at once; a close that comes later than this, and a round trip, was waited for. In milliseconds. */
const LATE_MS = 5_000

/** Where the info hash of a handshake ends, in bytes. */
const HASH_END = 48

/** What a peer read that closes once the info hash has come, and does not wait for the peer id. */
function isWithinHash(sent: number): boolean {
  return sent >= HASH_END && sent < HANDSHAKE_LENGTH
}

/** Sent in steps, the handshake was closed without an answer, and not because it took too long. */
function refusedInSteps(c: Case): readonly Seen[] {
  return c
    .probes({ how: 'steps' })
    .filter(
      ({ ending, close }) => ending === 'closed-unanswered' && (close?.afterMs ?? 0) < HANDSHAKE_WAIT_MS,
    )
}

/** What proves something about a connection that was closed, and when. */
export const REFUSAL_FACTS = {
  'closed-on-accept': fact('the connection was closed before our first byte', (c) =>
    endedFirst(c, 'closed-on-accept'),
  ),
  'closed-on-accept-again': fact('the connection was closed before our first byte again', (c) => {
    const tcp = c.probes({ transport: 'tcp', source: null })
    return tcp.length >= 2 && tcp.every(({ ending }) => ending === 'closed-on-accept') ? tcp.slice(1) : []
  }),
  'closed-on-handshake': fact('after our handshake the connection was closed, without a byte', (c) =>
    endedFirst(c, 'closed-unanswered'),
  ),
  'closed-on-handshake-again': fact('after our plaintext handshake the connection was closed again', (c) => {
    const { plain } = c
    return plain.length >= 2 && plain.every(({ ending }) => ending === 'closed-unanswered')
      ? plain.slice(1)
      : []
  }),
  'closed-late': fact('the close came late, as if the handshake had not arrived', (c) =>
    endedFirst(c, 'closed-unanswered').filter(
      ({ close, reach }) => (close?.sinceSentMs ?? 0) - reach.ms >= LATE_MS,
    ),
  ),
  'reset-on-handshake': fact('the close was a reset', (c) =>
    endedFirst(c, 'closed-unanswered').filter(({ close }) => close?.kind === 'rst'),
  ),
  'client-never-resets': fact('the client that it names closes with FIN, never with a reset', (c) =>
    c.encrypted.filter((one) => isSession(one) && NEVER_RESETS.test(one.session.client ?? '')),
  ),
  silent: fact('it sent nothing and did not close', (c) => endedFirst(c, 'silent')),
  'all-silent': fact('no other probe brought a byte or a close', (c) =>
    c.all.length >= 3 && c.all.every(({ ending }) => ending === 'silent' || ending === 'not-connected')
      ? c.all.slice(1)
      : [],
  ),
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
  'read-hash': fact(
    'sent in steps, the handshake was refused right after the info hash, and a wrong protocol name was not',
    (c) => {
      const control = c.probes({ how: 'steps-control' })
      const isSame = control.some(({ close }) => (close?.sent ?? 0) >= 48)
      return isSame ? [] : refusedInSteps(c).filter(({ close }) => isWithinHash(close?.sent ?? 0))
    },
  ),
  'closes-by-timer': fact('the connection was closed after the same time, whatever was sent', (c) => {
    const [begin] = endedFirst(c, 'closed-unanswered')
    const waited = begin?.close?.sinceSentMs ?? 0
    const isSame = ({ close, ending }: Seen) =>
      ending === 'closed-unanswered' && Math.abs((close?.sinceSentMs ?? 0) - waited) < waited * SAME_TIME
    return waited < LEAST_TIMER_MS ? [] : c.encrypted.filter(isSame)
  }),
  'read-all': fact('sent in steps, the handshake was not refused before its end', (c) =>
    c
      .probes({ how: 'steps' })
      .filter(
        ({ ending, close }) => ending === 'closed-unanswered' && (close?.sent ?? 0) >= HANDSHAKE_LENGTH,
      ),
  ),
  'closed-at-name': fact('sent in steps, the handshake was refused before the info hash', (c) =>
    refusedInSteps(c).filter(({ close }) => (close?.sent ?? 0) < HASH_END),
  ),
} as const satisfies { readonly [code: string]: FactDescription }

function withReason(seen: readonly Seen[], reason: number): readonly Seen[] {
  return seen.filter(
    ({ close, ending }) => close?.reason === reason && close.by === 'peer' && ending !== 'session',
  )
}
