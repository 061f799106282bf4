import type { CauseCode } from '../../src/diagnose/cause/causes.ts'

/**
 * What words of a message or a hint of `connect` claim to be the cause. A list of things that look alike is one claim: it
 * is wrong only if none of them holds.
 */
const CLAIMS: readonly (readonly [RegExp, readonly CauseCode[]])[] = [
  // in the list that looks alike
  [/does not have this torrent|unknown or stopped torrent/, ['torrent-unknown', 'other-hash']],
  [/stopped torrent|paused, queued/, ['torrent-inactive', 'no-active-torrent']],
  [
    /client without an active torrent|(?:MSE or|one) without an active torrent/,
    ['no-active-torrent', 'torrent-inactive'],
  ],
  [/a limit(?: was reached)?\b/, ['connection-limit']],
  [/a filter on the path|a path that drops plaintext/, ['plaintext-filtered']],
  [/a ban of this address/, ['address-filtered']],
  [/or this client,/, ['name-banned', 'bits-refused']],
  [/a client that accepts only uTP/, ['utp-only']],
  [/another connection from this address/, ['same-address']],
  [/an SSL torrent/, ['ssl-torrent']],
  [
    /another service/,
    [
      'other-service',
      'not-bittorrent',
      'http-server',
      'tls-service',
      'socks-proxy',
      'no-backend',
      'echo',
      'silent-service',
    ],
  ],
  [/a defect of its MSE/, ['encryption-broken']],
  [/a firewall\b/, ['filtered', 'tcp-filtered', 'firewall-rejects']],
  [/machine that is down/, ['filtered']],
  [/client that hangs|one that hangs/, ['frozen']],
  [/a peer that ignores requests|one that stopped/, ['stalls']],
  [/a slow peer|a slow one/, ['rate-limit']],
  [/a path that failed/, ['path-dies']],
  [/one that loses large packets/, ['path-mtu']],
  [/client without uTP/, ['tcp-filtered']],
  // said outright
  [/nothing listens there/, ['nothing-listens']],
  [/only on uTP/, ['utp-only']],
  [/is the client running, on this port/, ['nothing-listens']],
  [/one that is not running/, ['nothing-listens']],
  [/on this port\b.* this transport/, ['utp-only']],
  [/a router that knows no way/, ['no-route']],
  [/a block on this machine/, ['local-firewall', 'no-route']],
  [/a defect of the peer/, ['protocol-broken']],
  [/machine that went down/, ['filtered']],
  [/a slow path/, ['rate-limit']],
  [/a firewall (?:or a router (?:on the path )?|that )rejects/, ['firewall-rejects']],
  [/no route to/, ['no-route']],
  [/no machine answers/, ['no-such-host']],
  [/this machine blocks/, ['local-firewall']],
  [/check --source/, ['local-address']],
  [/too many open files/, ['local-limit']],
  [/does not resolve/, ['name-unknown']],
  [/answers with HTTP/, ['http-server']],
  [/answers with TLS/, ['tls-service']],
  [/answers with SOCKS/, ['socks-proxy']],
  [/answers with an? (?!other)\S+ (?:banner|greeting)/, ['other-service']],
  [
    /answers with another protocol/,
    ['not-bittorrent', 'other-service', 'nearly-bittorrent', 'echo', 'protocol-broken'],
  ],
  [/answers with another info hash/, ['other-torrent', 'other-hash']],
  [/connected to ourselves, or to an echo/, ['ourselves', 'echo']],
  [/violated the protocol|exceeds the limit of/, ['protocol-broken']],
  [/invalid_info_hash/, ['torrent-unknown', 'other-hash']],
  [/torrent_removed/, ['torrent-inactive']],
  [/protocol_blocked|may require encryption/, ['encryption-required', 'ssl-torrent']],
  [/duplicate_peer_id/, ['same-address']],
  [/too_many_connections/, ['connection-limit']],
]

/** The causes that a message names. */
export function claimsOf(text: string): readonly CauseCode[] {
  return CLAIMS.filter(([words]) => words.test(text)).flatMap(([, codes]) => codes)
}
