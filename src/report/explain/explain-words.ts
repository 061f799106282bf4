import type { ClosedBy } from '../../base/closed-by.ts'
import type { Phase } from '../../base/phase.ts'
import type { AttemptReport, AvailabilityReport, FindingReport, Outcome } from '../model/session.ts'

/** How far a session got, when it is in this phase. */
export const PHASE_EXPLANATIONS: { readonly [phase in Phase]: string } = {
  resolve: 'The name of the peer is looked up.',
  connect: 'A TCP or uTP connection is opened.',
  proxy: 'The SOCKS5 proxy is asked to connect to the peer.',
  encryption: 'The encryption handshake (MSE) is under way: keys are exchanged and a method is chosen.',
  handshake: 'The BitTorrent handshake is under way: 68 bytes each way with the info hash and the peer id.',
  'extension-handshake': 'The handshakes are done, and the extension handshake of BEP 10 is awaited.',
  availability: 'The peer is to say which pieces it has: bitfield, have-all, have-none or have.',
  choking: 'We said interested, and wait to be unchoked.',
  transfer: 'Blocks are requested and received.',
  metadata: 'The info dictionary is requested and received (BEP 9).',
  done: 'Everything was done that was to be done.',
}

/** What came of a connection attempt. */
export const OUTCOME_EXPLANATIONS: { readonly [outcome in Outcome]: string } = {
  ok: 'The connection was used for all that was to be done.',
  refused: 'The connection was refused: over TCP with an RST, over uTP with a RESET.',
  unreachable:
    'The name did not resolve, the network reported that the address is unreachable, or the proxy failed.',
  timeout: 'A time limit passed. The phase says what was awaited.',
  closed: 'The peer closed the connection with a FIN.',
  reset:
    'The peer reset the connection: it crashed, closed without reading, or something on the path cut it.',
  lost: 'The path failed: the operating system reports it, and neither side closed.',
  'not-bittorrent': 'The answer is of another protocol.',
  'wrong-info-hash': 'The handshake is for another torrent, or has our own peer id.',
  'encryption-failed': 'The encryption handshake (MSE) was not completed.',
  'protocol-error': 'The peer violated the protocol so that the session could not go on.',
  'local-error': 'This machine or its user ended the attempt: a signal, a full disk, a local firewall.',
}

type Words<Word extends string> = { readonly [word in Word]: string }

const CLOSED_BY: Words<ClosedBy> = {
  us: 'We closed the connection.',
  peer: 'The peer closed the connection.',
  network: 'Neither side closed: the operating system reports that the path failed.',
}

const CLOSE_KINDS: Words<NonNullable<AttemptReport['closeKind']>> = {
  fin: 'An orderly end of a connection: all that was sent before it arrives.',
  rst: 'A reset: what was on its way is lost.',
}

const TRANSPORTS: Words<AttemptReport['transport']> = {
  tcp: 'TCP, the usual transport.',
  utp: 'uTP (BEP 29): a transport over UDP that gives way to other traffic.',
}

const ENCRYPTIONS: Words<NonNullable<AttemptReport['encryption']>> = {
  plaintext: 'Nothing is encrypted.',
  rc4: 'Message stream encryption (MSE), with RC4 for the whole stream.',
  'mse-plaintext':
    'Message stream encryption (MSE) for the handshake only; the stream after it is plaintext.',
}

const SOURCES: Words<Exclude<AvailabilityReport['source'], 'have-all' | 'have-none' | 'bitfield'>> = {
  haves: 'The peer announced its pieces by have messages alone.',
  none: 'Nothing that counts said which pieces the peer has.',
}

const SEVERITIES: Words<FindingReport['severity']> = {
  info: 'A finding that is useful to know.',
  warning: 'A finding that is odd, but mostly harmless.',
  error: 'A finding that violates a BEP. It makes the exit code 1.',
}

/** The other closed sets of words in a report. */
export const WORD_EXPLANATIONS: { readonly [word: string]: string } = {
  ...CLOSED_BY,
  ...CLOSE_KINDS,
  ...TRANSPORTS,
  ...ENCRYPTIONS,
  ...SOURCES,
  ...SEVERITIES,
  mse: 'Message stream encryption, also known as protocol encryption (PE): it hides the protocol from devices on the path.',
  'piece-sha1': 'The whole piece was fetched, and its SHA-1 is the one in the torrent.',
  'merkle-proof': 'The block was proven to belong to its file by hashes up to the merkle root (BEP 52).',
}

/** The BEPs that findings and messages refer to, by number. */
export const BEP_TITLES: { readonly [number: number]: string } = {
  3: 'the BitTorrent protocol: torrents, the handshake and the first messages',
  4: 'which message ids and reserved bits are assigned',
  5: 'DHT, which finds peers without a tracker; on a connection only its port is sent',
  6: 'the fast extension: have-all, have-none, reject, suggest and allowed-fast',
  9: 'magnet links, and metadata from peers (ut_metadata)',
  10: 'the extension protocol: the extension handshake, and messages by name',
  11: 'peer exchange (ut_pex): peers tell each other about peers',
  16: 'super-seeding: a seed that pretends to have little',
  20: 'peer ids that name the client and its version',
  21: 'partial seeds (upload_only): peers that want no more data',
  27: 'private torrents: peers only from their trackers',
  28: 'exchange of trackers between peers (lt_tex)',
  29: 'uTP, the transport over UDP',
  30: 'merkle torrents of the old kind',
  40: 'canonical peer priority: which of two peers to keep',
  47: 'pad files and attributes of files',
  52: 'BitTorrent v2: SHA-256, merkle trees and hash requests',
  53: 'magnet links that select files',
  54: 'lt_donthave: a piece that a peer no longer has',
  55: 'hole punching (ut_holepunch): a third peer helps two that cannot reach each other',
}
