import { serviceOf } from '../../../wire/service.ts'
import { type Case, isSession, type Seen } from '../case.ts'
import { fact, type FactDescription } from './fact.ts'

/** What proves that something else than BitTorrent answers. */
export const SERVICE_FACTS = {
  http: fact('the answer is HTTP', (c) => ofService(c, 'http')),
  tls: fact('the answer is TLS', (c) => ofService(c, 'tls')),
  socks: fact('the answer is that of a SOCKS server', (c) => ofService(c, 'socks')),
  service: fact('the first bytes are those of another protocol', (c) => ofService(c, 'other')),
  foreign: fact('bytes came that are not BitTorrent', (c) =>
    // clients that require encryption take the start of any other protocol for a public key, and answer with theirs
    c.all.some(({ handshake }) => handshake?.matches === true)
      ? []
      : c.all.filter(({ ending }) => ending === 'foreign'),
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
  'keeps-own-id': fact('it has this peer id for other clients too', (c) => {
    const own = c.all.find(({ ending }) => ending === 'own-id')?.handshake?.peerId
    return c
      .probes({ identity: 'other-client' })
      .filter((one) => isSession(one) && one.handshake?.peerId === own)
  }),
  'repeats-any-id': fact('it repeats whatever peer id it is sent', (c) =>
    c.ordinary.some(({ ending }) => ending === 'own-id')
      ? c.probes({ identity: 'other-client' }).filter(({ ending }) => ending === 'own-id')
      : [],
  ),
  'handshake-answered': fact('it answered a handshake for this torrent', (c) =>
    c.ordinary.filter(({ ending }) => ending === 'session'),
  ),
  'tcp-answered': fact('over TCP it answered a handshake for this torrent', (c) =>
    c.ordinary.filter(({ ending, probe }) => ending === 'session' && probe.transport === 'tcp'),
  ),
  'other-torrent-answered': fact('its handshake names another torrent', (c) =>
    c.ordinary.filter(({ ending }) => ending === 'other-torrent'),
  ),
} as const satisfies { readonly [code: string]: FactDescription }

type Kind = 'http' | 'tls' | 'socks' | 'other'

/** What a session without its first bytes on record says of them. */
const KIND_OF: { readonly [code: string]: Kind } = {
  E_NOT_BITTORRENT_HTTP: 'http',
  E_NOT_BITTORRENT_TLS: 'tls',
  E_NOT_BITTORRENT_SOCKS: 'socks',
  E_NOT_BITTORRENT_SSH: 'other',
}

function ofService({ all }: Case, kind: Kind): readonly Seen[] {
  return all.filter((one) => one.ending === 'foreign' && kindOf(one) === kind)
}

function kindOf({ error, first }: Seen): Kind | undefined {
  return first.length > 0 ? serviceOf(first)?.kind : KIND_OF[error?.code ?? '']
}
