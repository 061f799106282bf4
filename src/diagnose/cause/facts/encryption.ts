import { serviceOf } from '../../../wire/service.ts'
import { type Case, type Seen, isSession, isTurnedAway } from '../case.ts'
import { isLikeKey } from '../ending.ts'
import { fact, goesOn, AT_ONCE_MS, type FactDescription } from './fact.ts'

/** What MSE proves. */
export const ENCRYPTION_FACTS = {
  'encrypted-session': fact('inside MSE the handshake was answered', (c) => c.encrypted.filter(goesOn)),
  'encrypted-session-again': fact('inside MSE the handshake was answered again', (c) => {
    const sessions = c.encrypted.filter(goesOn)
    return sessions.length >= 2 ? sessions.slice(1) : []
  }),
  'asks-for-encryption': fact('its extension handshake asks for encryption (e = 1)', (c) =>
    c.encrypted.filter((one) => isSession(one) && one.session.prefersEncryption === true),
  ),
  key: fact('it answered with what can be a public key of MSE', (c) =>
    c.all.filter(({ ending }) => ending.startsWith('key-') || ending.startsWith('known-')),
  ),
  'key-then-foreign': fact('what came can be a public key of MSE, and what followed is not MSE', (c) =>
    c.encrypted.filter(
      ({ ending, encryption, first }) =>
        ending === 'foreign' && encryption?.hasKey === true && serviceOf(first) === undefined,
    ),
  ),
  'key-closed': fact('it sent what can be a public key of MSE, and closed after ours was complete', (c) =>
    c.encrypted.filter(({ ending }) => ending === 'key-closed'),
  ),
  'key-silent': fact('it sent what can be a public key of MSE, and then neither went on nor closed', (c) =>
    [...c.encrypted, ...c.utp].filter(
      ({ ending, encryption }) =>
        ending === 'key-silent' || (ending === 'known-silent' && encryption?.isEstablished === false),
    ),
  ),
  'key-for-plaintext': fact(
    'what came for plaintext has the length of a public key of MSE, and no known form',
    (c) => c.plain.slice(0, 1).filter(isLikeKey),
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
  'closed-knowing': fact('after this proof the connection was closed', (c) =>
    [...c.encrypted, ...c.utp].filter(({ ending }) => ending === 'known-closed'),
  ),
  'answers-and-closes': fact(
    'inside MSE, or in steps, it sent its handshake for this hash and closed',
    (c) => [
      ...c.encrypted.filter(
        (one) => isSession(one) && isTurnedAway(one) && one.session.messagesReceived === 0,
      ),
      ...c
        .probes({ how: 'steps' })
        .filter((one) => one.handshake?.matches === true && isRefusedAfter(c, one)),
    ],
  ),
  'answered-in-steps': fact('sent in steps, the handshake was answered', (c) =>
    c.probes({ how: 'steps' }).filter(({ handshake }) => handshake?.matches === true),
  ),
} as const satisfies { readonly [code: string]: FactDescription }

/** Whether a whole handshake was refused later: otherwise a limit that was freed looks the same. */
function isRefusedAfter({ plain }: Case, { number }: Seen): boolean {
  return plain.some((one) => one.number > number && one.ending === 'closed-unanswered')
}
