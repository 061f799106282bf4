import type { CauseCode, Confidence } from './causes.ts'
import type { FactCode } from './facts.ts'

/** A cause, and the facts that it needs. */
export interface Row {
  readonly cause: CauseCode
  readonly confidence: Confidence
  /** All of these hold. */
  readonly all: readonly FactCode[]
  /** None of these holds. */
  readonly none?: readonly FactCode[]
}

/**
 * What a row is about. Several themes can have a cause at once: a peer may require encryption and not have the torrent.
 * Within a theme, a certain cause excludes those that are not.
 */
export const THEMES = ['way', 'service', 'encryption', 'refusal', 'data', 'metadata', 'conduct'] as const
export type Theme = (typeof THEMES)[number]

/** The facts that say why a uTP connection was closed. */
export const REASONS: readonly FactCode[] = [
  'reason-unknown',
  'reason-removed',
  'reason-duplicate',
  'reason-limit',
]

/** TCP led to BitTorrent, or at first nowhere: no other program has the port. */
const NO_TCP_SERVICE: readonly FactCode[] = [
  'tcp-answered',
  'tcp-refused',
  'tcp-timed-out',
  'tcp-rejected',
  'no-machine',
]

/** The table of decisions: the themes in the order in which to fix them, the rows of a theme with the likeliest first. */
export const ROWS: { readonly [theme in Theme]: readonly Row[] } = {
  way: [
    certain('name-unknown', ['name-unknown']),
    // a router may report the same, and the time is no proof
    likely('no-route', ['no-route']),
    possible('firewall-rejects', ['no-route']),
    certain('local-firewall', ['send-refused']),
    certain('local-address', ['local-address-refused']),
    likely('no-route', ['route-invalid']),
    possible('local-address', ['route-invalid']),
    certain('local-limit', ['local-limit-reached']),
    certain('no-such-host', ['no-machine'], ['utp-answers']),
    certain('utp-only', ['tcp-refused', 'tcp-unreached-again', 'utp-answers']),
    likely('utp-only', ['tcp-refused', 'utp-answers']),
    certain('nothing-listens', ['tcp-refused', 'utp-port-unused', 'loopback'], ['utp-answers']),
    // a firewall that rejects can reset TCP and report the UDP port as unused
    likely('nothing-listens', ['tcp-refused'], ['utp-answers']),
    possible('firewall-rejects', ['tcp-refused'], ['utp-answers']),
    certain('utp-only', ['http', 'utp-session'], NO_TCP_SERVICE),
    certain('utp-only', ['tls', 'utp-session'], NO_TCP_SERVICE),
    certain('utp-only', ['socks', 'utp-session'], NO_TCP_SERVICE),
    certain('utp-only', ['service', 'utp-session'], NO_TCP_SERVICE),
    certain('tcp-filtered', ['tcp-timed-out', 'tcp-unreached-again', 'utp-answers']),
    likely('tcp-filtered', ['tcp-timed-out', 'utp-answers']),
    likely('tcp-filtered', ['tcp-timed-out', 'utp-port-unused']),
    likely('filtered', ['tcp-timed-out'], ['utp-answers', 'utp-port-unused']),
    certain('firewall-rejects', ['tcp-rejected', 'tcp-unreached-again', 'utp-answers']),
    likely('firewall-rejects', ['tcp-rejected']),
    possible('no-route', ['tcp-rejected'], ['utp-answers']),
    possible('local-firewall', ['tcp-rejected'], ['utp-answers']),
    certain('utp-only', ['closed-on-accept', 'closed-on-accept-again', 'utp-session']),
    likely('utp-only', ['closed-on-accept', 'utp-session']),
    certain('utp-only', ['closed-on-accept', 'closed-on-accept-again', 'utp-handshake-refused']),
    likely('utp-only', ['silent', 'utp-session']),
    possible('tcp-filtered', ['silent', 'utp-session']),
  ],
  service: [
    certain('echo', ['echoed'], ['handshake-answered']),
    certain('http-server', ['http'], ['tcp-answered']),
    certain('tls-service', ['tls'], ['tcp-answered']),
    certain('socks-proxy', ['socks'], ['tcp-answered']),
    certain('other-service', ['service'], ['tcp-answered']),
    certain('nearly-bittorrent', ['resembles'], ['http', 'handshake-answered']),
    certain(
      'not-bittorrent',
      ['foreign'],
      [
        'utp-answers',
        'key',
        'echoed',
        'http',
        'tls',
        'socks',
        'service',
        'resembles',
        'handshake-answered',
        'key-then-foreign',
        'key-for-plaintext',
      ],
    ),
    possible(
      'not-bittorrent',
      ['foreign', 'key-for-plaintext'],
      ['utp-answers', 'handshake-answered', 'echoed', 'http', 'tls', 'socks', 'service', 'resembles'],
    ),
    likely(
      'not-bittorrent',
      ['foreign', 'key-then-foreign'],
      ['utp-answers', 'key', 'handshake-answered', 'echoed', 'http', 'tls', 'socks', 'service', 'resembles'],
    ),
    certain('ourselves', ['own-id', 'own-id-no-echo', 'keeps-own-id'], ['handshake-answered', 'echoed']),
    likely('ourselves', ['own-id'], ['handshake-answered', 'echoed', 'repeats-any-id']),
    certain('protocol-broken', ['own-id', 'repeats-any-id'], ['handshake-answered', 'echoed']),
    certain('other-torrent', ['other-torrent-answered'], ['handshake-answered']),
    likely('frozen', ['silent', 'later-connections-time-out'], ['utp-port-unused', 'handshake-answered']),
    possible('frozen', ['silent', 'later-connections-time-out', 'utp-port-unused'], ['handshake-answered']),
    possible(
      'silent-service',
      ['silent', 'later-connections-time-out', 'utp-port-unused'],
      ['handshake-answered'],
    ),
    likely('silent-service', ['silent', 'mse-closed-at-once'], ['handshake-answered']),
    likely('silent-service', ['silent', 'all-silent'], ['later-connections-time-out', 'handshake-answered']),
    possible('frozen', ['silent', 'all-silent'], ['later-connections-time-out', 'handshake-answered']),
    possible(
      'not-bittorrent',
      ['silent', 'all-silent'],
      ['later-connections-time-out', 'handshake-answered'],
    ),
  ],
  encryption: [
    certain('changed', ['answer-changed']),
    likely('changed', ['handshake-answered', 'foreign']),
    likely('changed', ['handshake-answered', 'reason-unknown']),
    // a torrent whose data is gone is stopped at the first request
    likely('changed', ['handshake-answered', 'reason-removed'], ['closed-on-request']),
    likely('changed', ['handshake-answered', 'reason-limit']),
    certain('plaintext-filtered', [
      'closed-on-handshake',
      'closed-on-handshake-again',
      'encrypted-session',
      'utp-plaintext-session',
    ]),
    certain('encryption-required', ['reason-encryption', 'random-encryption']),
    certain('encryption-required', ['reason-encryption', 'utp-session']),
    certain('encryption-required', ['reason-encryption', 'reason-unknown']),
    certain(
      'encryption-required',
      ['closed-on-handshake', 'closed-on-handshake-again', 'encrypted-session', 'asks-for-encryption'],
      ['reset-on-handshake', 'closed-late'],
    ),
    // a client that refuses plaintext closes at once
    likely(
      'plaintext-filtered',
      ['closed-on-handshake', 'closed-late', 'encrypted-session'],
      ['reason-encryption'],
    ),
    likely(
      'plaintext-filtered',
      ['closed-on-handshake', 'encrypted-session', 'reset-on-handshake', 'client-never-resets'],
      ['asks-for-encryption', 'reason-encryption'],
    ),
    likely(
      'encryption-required',
      ['closed-on-handshake', 'encrypted-session'],
      ['client-never-resets', 'closed-late'],
    ),
    likely(
      'encryption-required',
      ['closed-on-handshake', 'encrypted-session'],
      ['reset-on-handshake', 'closed-late'],
    ),
    possible('encryption-required', ['closed-on-handshake', 'encrypted-session', 'closed-late']),
    likely('encryption-required', ['reason-encryption'], ['random-unknown']),
    possible(
      'encryption-required',
      ['closed-on-handshake', 'encrypted-session', 'reset-on-handshake', 'client-never-resets'],
      ['utp-plaintext-session'],
    ),
    possible('plaintext-filtered', ['closed-on-handshake', 'encrypted-session'], ['reason-encryption']),
    likely('plaintext-filtered', ['silent', 'encrypted-session']),
    likely('encryption-required', ['closed-on-handshake', 'key', 'closed-at-name'], ['encrypted-session']),
    possible(
      'encryption-required',
      ['closed-on-handshake', 'no-key', 'closed-at-name'],
      ['handshake-answered', 'other-name-goes-on', 'no-bits-goes-on', 'http', 'tls', 'socks', 'service'],
    ),
    // a filter reads the name as well, and most of them reset
    possible(
      'plaintext-filtered',
      ['closed-on-handshake', 'reset-on-handshake', 'closed-at-name'],
      ['handshake-answered', 'other-name-goes-on', 'no-bits-goes-on', 'http', 'tls', 'socks', 'service'],
    ),
    likely('encryption-broken', ['key-silent'], ['key-for-plaintext']),
    possible('encryption-broken', ['key-for-plaintext'], ['key-closed', 'handshake-answered', 'resembles']),
    possible(
      'encryption-broken',
      ['key-then-foreign'],
      ['http', 'tls', 'socks', 'service', 'echoed', 'handshake-answered'],
    ),
    possible('encryption-required', ['closed-on-handshake', 'key-silent']),
  ],
  refusal: [
    certain(
      'torrent-unknown',
      ['reason-unknown'],
      [
        'handshake-answered',
        'other-hash-answered',
        'other-name-goes-on',
        'no-bits-goes-on',
        'other-address-answered',
      ],
    ),
    certain('torrent-inactive', ['reason-removed'], ['handshake-answered']),
    certain('same-address', ['reason-duplicate'], ['handshake-answered']),
    likely('same-address', ['handshake-answered', 'reason-duplicate']),
    certain('connection-limit', ['reason-limit'], ['handshake-answered']),
    certain('ssl-torrent', ['reason-encryption', 'random-unknown']),
    certain('other-hash', ['other-hash-answered']),
    certain('same-address', ['answers-and-closes', 'other-address-answered', 'own-address-fails-again']),
    likely('same-address', ['answers-and-closes', 'other-address-answered']),
    likely('same-address', ['knows-hash', 'other-address-answered']),
    possible('address-filtered', ['knows-hash', 'other-address-answered'], ['answers-and-closes']),
    likely('torrent-inactive', ['answers-and-closes']),
    possible('connection-limit', ['answers-and-closes']),
    possible('same-address', ['answers-and-closes'], ['other-address-same']),
    likely('connection-limit', ['closed-knowing'], ['answers-and-closes', 'other-address-answered']),
    possible(
      'same-address',
      ['closed-knowing'],
      ['answers-and-closes', 'other-address-same', 'other-address-answered'],
    ),
    possible(
      'address-filtered',
      ['closed-knowing'],
      ['answers-and-closes', 'other-address-same', 'other-address-answered'],
    ),
    possible('torrent-inactive', ['closed-knowing'], ['answers-and-closes', 'other-address-answered']),
    likely('torrent-unknown', ['key-closed'], ['knows-hash', 'answers-and-closes', 'other-address-answered']),
    possible(
      'torrent-inactive',
      ['key-closed'],
      ['knows-hash', 'answers-and-closes', 'other-address-answered'],
    ),
    possible(
      'connection-limit',
      ['key-closed'],
      ['knows-hash', 'answers-and-closes', 'other-address-answered'],
    ),
    likely('same-address', ['key-closed', 'other-address-answered']),
    possible('address-filtered', ['key-closed', 'other-address-answered']),
    possible(
      'same-address',
      ['key-closed'],
      ['knows-hash', 'answers-and-closes', 'other-address-answered', 'other-address-same', 'reason-unknown'],
    ),
    certain('name-banned', ['closed-on-handshake', 'closed-on-handshake-again', 'other-name-serves']),
    likely('name-banned', ['closed-on-handshake', 'other-name-goes-on']),
    certain('bits-refused', ['closed-on-handshake', 'closed-on-handshake-again', 'no-bits-serves']),
    likely('bits-refused', ['closed-on-handshake', 'no-bits-goes-on']),
    likely('torrent-unknown', ['closed-on-handshake', 'read-hash', 'no-key'], ['answers-and-closes']),
    possible('torrent-inactive', ['closed-on-handshake', 'read-hash', 'no-key'], ['answers-and-closes']),
    possible('bits-refused', ['closed-on-handshake', 'read-hash', 'no-key'], ['answers-and-closes']),
    likely(
      'torrent-unknown',
      ['closed-on-handshake', 'no-key', 'read-all'],
      ['read-hash', 'answers-and-closes'],
    ),
    possible(
      'torrent-inactive',
      ['closed-on-handshake', 'no-key', 'read-all'],
      ['read-hash', 'answers-and-closes'],
    ),
    // a name and a bit may both be refused, so that changing one of them changes nothing
    possible(
      'bits-refused',
      ['closed-on-handshake', 'no-key', 'read-all'],
      ['read-hash', 'answers-and-closes'],
    ),
    possible('torrent-unknown', ['closed-on-handshake', 'key-silent']),
    certain(
      'address-filtered',
      ['closed-on-accept', 'closed-on-accept-again', 'other-address-answered'],
      ['utp-port-unused'],
    ),
    likely('address-filtered', ['closed-on-accept', 'other-address-answered']),
    likely('address-filtered', ['other-address-goes-further']),
    possible('torrent-unknown', ['other-address-goes-further']),
    possible('torrent-inactive', ['other-address-goes-further']),
    possible('same-address', ['closed-on-accept', 'other-address-answered', 'utp-port-unused']),
    likely(
      'no-active-torrent',
      ['closed-on-accept'],
      [
        'utp-answers',
        'utp-port-unused',
        'other-address-answered',
        'other-address-goes-further',
        'at-once-answered',
      ],
    ),
    likely(
      'no-backend',
      ['closed-on-accept', 'utp-port-unused'],
      ['other-address-answered', 'other-address-goes-further', 'at-once-answered'],
    ),
    likely('no-backend', ['closes-by-timer'], ['key', 'utp-answers']),
    possible('silent-service', ['closes-by-timer'], ['key', 'utp-answers']),
    possible('not-bittorrent', ['closes-by-timer'], ['key', 'utp-answers']),
    possible(
      'connection-limit',
      ['closed-on-accept'],
      ['utp-answers', 'other-address-answered', 'other-address-goes-further', 'at-once-answered'],
    ),
    possible(
      'address-filtered',
      ['closed-on-accept'],
      ['utp-answers', 'other-address-answered', 'other-address-same', 'at-once-answered'],
    ),
    certain('any-hash', ['random-hash-answered']),
    certain('name-banned', ['turned-away', 'other-name-serves', 'own-name-fails-again']),
    likely('name-banned', ['turned-away', 'other-name-goes-on']),
    // without reserved bits no extension handshake is sent, and with it no client name
    certain(
      'bits-refused',
      ['turned-away', 'no-bits-serves', 'own-name-fails-again'],
      ['other-name-goes-on'],
    ),
    likely('bits-refused', ['turned-away', 'no-bits-goes-on'], ['other-name-goes-on']),
    likely('same-address', ['turned-away', 'other-address-answered']),
    likely(
      'connection-limit',
      ['turned-away'],
      ['answers-and-closes', 'other-address-answered', 'closed-unserved'],
    ),
    possible(
      'torrent-inactive',
      ['turned-away'],
      ['answers-and-closes', 'other-address-answered', 'closed-unserved'],
    ),
    possible(
      'address-filtered',
      ['turned-away'],
      ['answers-and-closes', 'other-address-answered', 'other-address-same', 'closed-unserved'],
    ),
    possible(
      'not-bittorrent',
      ['closed-on-handshake', 'no-key', 'closed-at-name'],
      ['handshake-answered', 'other-name-goes-on', 'no-bits-goes-on', 'http', 'tls', 'socks', 'service'],
    ),
    possible(
      'not-bittorrent',
      ['closed-on-handshake', 'no-key', 'read-all'],
      [
        'read-hash',
        'handshake-answered',
        'other-name-goes-on',
        'no-bits-goes-on',
        'http',
        'tls',
        'socks',
        'service',
      ],
    ),
  ],
  data: [
    certain('bad-data', ['hash-wrong']),
    // a leecher that gets its first pieces looks the same
    likely('super-seeding', ['late-have']),
    certain(
      'closes-before-serving',
      ['closed-unserved', 'closed-unserved-again'],
      ['reset-unserved', 'other-name-goes-on', 'no-bits-goes-on', 'other-address-answered'],
    ),
    likely(
      'closes-before-serving',
      ['closed-unserved'],
      ['other-name-goes-on', 'no-bits-goes-on', 'other-address-answered'],
    ),
    possible(
      'path-dies',
      ['closed-unserved', 'reset-unserved'],
      ['other-name-goes-on', 'no-bits-goes-on', 'other-address-answered'],
    ),
    certain('protocol-broken', ['broke-protocol']),
    certain('protocol-broken', ['violates'], ['served', 'withdrew-pieces']),
    certain('data-gone', ['withdrew-pieces']),
    certain('data-gone', ['closed-on-request', 'no-pieces-next-time']),
    certain('data-gone', ['closed-on-request', 'refused-next-time', 'reason-removed']),
    likely('data-gone', ['closed-on-request', 'refused-next-time']),
    possible('closes-on-request', ['closed-on-request', 'refused-next-time']),
    certain(
      'closes-on-request',
      ['closed-on-request'],
      ['no-pieces-next-time', 'refused-next-time', 'withdrew-pieces'],
    ),
    certain('rejects-requests', ['rejected']),
    certain('chokes-on-request', ['choked-on-request']),
    certain('metadata-missing', ['claims-nothing', 'no-metadata-yet']),
    certain('nothing-to-offer', ['claims-nothing', 'says-none']),
    // rTorrent announces nothing when it super-seeds, and offers its first piece later
    likely('nothing-to-offer', ['claims-nothing']),
    possible('super-seeding', ['claims-nothing'], ['no-metadata-yet']),
    likely('path-dies', ['mute-after-handshake'], ['claims-nothing', 'still-choked']),
    possible('nothing-to-offer', ['mute-after-handshake'], ['claims-nothing']),
    certain('path-mtu', ['no-block', 'small-blocks-only']),
    certain('rate-limit', ['slow-block']),
    certain('rate-limit', ['no-block', 'small-blocks-slow']),
    likely('stalls', ['some-blocks']),
    possible('rate-limit', ['some-blocks']),
    certain(
      'stalls',
      ['no-block', 'no-size-served'],
      ['part-of-block', 'utp-serves', 'broke-protocol', 'violates'],
    ),
    likely('path-mtu', ['no-block', 'small-blocks-cut'], ['small-blocks-slow']),
    likely(
      'path-dies',
      ['no-block', 'part-of-block'],
      ['small-blocks-slow', 'small-blocks-only', 'small-blocks-cut'],
    ),
    likely('rate-limit', ['no-block', 'small-blocks-fast', 'part-of-block']),
    likely('stalls', ['no-block'], ['small-blocks-only', 'small-blocks-cut']),
    possible('rate-limit', ['no-block', 'small-blocks-fast']),
    likely('never-unchoked', ['still-choked']),
    likely('metadata-missing', ['metadata-refused']),
    possible('metadata-missing', ['no-metadata-yet'], ['served']),
  ],
  metadata: [
    // a peer that answers any hash has not said that it has this torrent
    certain('bad-data', ['metadata-corrupt'], ['random-hash-answered']),
    certain('protocol-broken', ['metadata-length-wrong']),
    likely('metadata-missing', ['metadata-incomplete']),
    likely('metadata-missing', ['metadata-size-unusable']),
  ],
  // what does not keep a peer from serving
  conduct: [certain('protocol-broken', ['served', 'violates'], ['broke-protocol'])],
}

function certain(cause: CauseCode, all: readonly FactCode[], none?: readonly FactCode[]): Row {
  return { cause, confidence: 'certain', all, ...(none !== undefined && { none }) }
}

function likely(cause: CauseCode, all: readonly FactCode[], none?: readonly FactCode[]): Row {
  return { cause, confidence: 'likely', all, ...(none !== undefined && { none }) }
}

function possible(cause: CauseCode, all: readonly FactCode[], none?: readonly FactCode[]): Row {
  return { cause, confidence: 'possible', all, ...(none !== undefined && { none }) }
}
