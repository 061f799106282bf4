import { type Case, type Seen, isServed, isSession, isUnserved, progressOf } from '../case.ts'
import { fact, type FactDescription } from './fact.ts'

/** What two probes prove that differ in one thing. */
export const COMPARISON_FACTS = {
  'other-hash-answered': fact('the other info hash of the torrent was answered', (c) =>
    c.probes({ hash: 'other' }).filter(({ ending }) => ending === 'session'),
  ),
  'other-address-answered': fact('from another address of this machine it answers', (c) =>
    c.elsewhere.filter((one) => isSession(one) && !isUnserved(one)),
  ),
  'other-address-same': fact('from another address of this machine it does the same', (c) =>
    c.elsewhere.filter(
      (one) => one.ending !== 'not-connected' && !(isSession(one) && !isUnserved(one)) && !isFurther(c, one),
    ),
  ),
  'other-address-goes-further': fact(
    'from another address of this machine it waits for the handshake before it closes',
    (c) => c.elsewhere.filter((one) => isFurther(c, one)),
  ),
  'at-once-answered': fact('when the handshake is sent at once, it is answered', (c) =>
    c.probes({ how: 'at-once' }).filter(({ ending }) => ending === 'session'),
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
  'other-name-serves': fact('under the name of another client it serves', (c) =>
    further(c, c.probes({ identity: 'other-client' })).filter(serves),
  ),
  'no-bits-serves': fact('without reserved bits it serves', (c) =>
    further(c, c.probes({ reserved: 'none' })).filter(serves),
  ),
  'own-address-fails-again': fact('from our own address it was refused again', (c) => {
    const [begin, ...later] = c.plain
    return c.elsewhere.some((one) => isSession(one) && !isUnserved(one))
      ? later.filter(({ ending }) => ending === begin?.ending)
      : []
  }),
  'own-name-fails-again': fact('under our own name it was closed again', (c) =>
    c.plain.length >= 2 && c.plain.every((one) => isSession(one) && isUnserved(one)) ? c.plain.slice(1) : [],
  ),
  'answer-changed': fact('the same probe had another result before', (c) => {
    const [begin, ...later] = c.plain
    return begin === undefined || begin.ending === 'session'
      ? []
      : later.filter(({ ending }) => ending !== begin.ending)
  }),
} as const satisfies { readonly [code: string]: FactDescription }

/** Our own address is closed on accept, and this one is not. */
function isFurther({ plain }: Case, { ending }: Seen): boolean {
  return plain[0]?.ending === 'closed-on-accept' && ending === 'closed-unanswered'
}

function serves(seen: Seen): boolean {
  return isSession(seen) && isServed(seen.session)
}

/** Those that went further than every session as ourselves did. */
function further({ plain }: Case, seen: readonly Seen[]): readonly Seen[] {
  const own = Math.max(0, ...plain.filter(isSession).map(({ session }) => progressOf(session)))
  return seen.filter((one) => isSession(one) && !isUnserved(one) && progressOf(one.session) > own)
}
