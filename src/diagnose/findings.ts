import type { Severity } from './finding.ts'

/** What a finding means, wherever it is shown. */
export interface FindingDescription {
  readonly severity: Severity
  /** One line that stands alone. */
  readonly title: string
  readonly reference: string
  /** What it means and what to do about it, a few sentences. */
  readonly explanation: string
}

/**
 * Every finding, by its id. Ids are public: scripts match on them, so none is renamed or reused. `error` is kept for what
 * a BEP forbids; what deployed clients do without harm is a warning at most. docs/findings.md has a heading for each.
 */
export const FINDINGS = {
  'peer-id-zero': {
    severity: 'warning',
    title: 'The peer id is all zeros',
    reference: 'BEP 3',
    explanation:
      'A peer id is twenty bytes that tell one peer from another. Clients that drop a second connection with a known id will take all peers with zeros for one.',
  },
  'peer-id-own': {
    severity: 'warning',
    title: 'The peer answers with our own peer id',
    reference: 'BEP 3',
    explanation:
      'Either the connection led back to ourselves, or the other side echoes what it gets. Nothing that follows says anything about a peer.',
  },
  'peer-id-client-mismatch': {
    severity: 'info',
    title: 'Peer id and extension handshake name different clients',
    reference: 'BEP 20',
    explanation:
      'The client named by the peer id is not mentioned in the client text (`v`) of the extension handshake. Programs that embed a library often put their own name in one of the two; a client that hides behind the id of another looks the same.',
  },
  'info-hash-mismatch': {
    severity: 'error',
    title: 'The handshake is for another torrent',
    reference: 'BEP 3',
    explanation:
      'Both handshakes must carry the same info hash. A peer may answer the v1 hash of a hybrid torrent with its v2 hash, which is not reported here.',
  },
  'early-28-bytes': {
    severity: 'info',
    title: 'The peer sent 28 bytes of a handshake and stopped',
    reference: 'BEP 3',
    explanation:
      'anacrolix/torrent sends the first 28 bytes of its handshake before it knows the info hash. A connection that ends there says that the other side never got, or never liked, the rest of ours.',
  },
  'closed-without-answer': {
    severity: 'info',
    title: 'The peer closed without sending a byte',
    reference: 'BEP 3',
    explanation:
      'Clients close silently when they do not know the info hash, when the torrent is paused, queued or being checked, when they want encryption, when a connection from this address exists already, or when a limit is reached. From the outside these look the same.',
  },
  'closed-after-handshake': {
    severity: 'info',
    title: 'The peer closed right after its handshake',
    reference: 'BEP 3',
    explanation:
      'After the peer id has come, clients refuse their own id, an id that is connected already, a banned address, a torrent that was stopped, or one peer too many. Some clients answer for any info hash and close then (anacrolix/torrent).',
  },
  'closed-after-extension-handshake': {
    severity: 'info',
    title: 'The peer closed after the extension handshakes',
    reference: 'BEP 10',
    explanation:
      'Two peers that both want no data have nothing to do with each other, and most clients close then. It is also what a client does that already knows a connection to the port announced in `p`.',
  },
  'closed-after-availability': {
    severity: 'info',
    title: 'The peer closed after saying what it has',
    reference: 'BEP 3',
    explanation:
      'A seed closes on another seed, and a client closes on a bitfield of the wrong length. Otherwise it is a limit that was reached, or a message of ours that it did not like.',
  },
  'closed-after-request': {
    severity: 'info',
    title: 'The peer closed after a request',
    reference: 'BEP 3',
    explanation:
      'libtorrent closes on requests while it chokes, anacrolix/torrent on requests for pieces that it lacks and on more than it queues, others on requests above 16 KiB.',
  },
  'closed-on-silence': {
    severity: 'info',
    title: 'The peer closed a quiet connection',
    reference: 'BEP 3',
    explanation:
      'After some seconds without a message clients give up: rqbit after 10, aria2 after 30 without interest on either side, others after one or two minutes.',
  },
  'stream-broken': {
    severity: 'error',
    title: 'The stream of the peer cannot be cut into messages',
    reference: 'BEP 3',
    explanation:
      'A length prefix is larger than any message may be. What follows cannot be read, so the session ends there.',
  },
  'message-malformed': {
    severity: 'error',
    title: 'A message does not have the layout of its id',
    reference: 'BEP 3',
    explanation:
      'The payload is too short or too long for the message. Most clients close the connection on it.',
  },
  'message-unknown': {
    severity: 'warning',
    title: 'A message has an id that no BEP defines',
    reference: 'BEP 3',
    explanation:
      'Nothing negotiated such a message. Most clients close the connection on an id that they do not know.',
  },
  'keep-alive-flood': {
    severity: 'warning',
    title: 'Keep-alives come far too often',
    reference: 'BEP 3',
    explanation:
      'A keep-alive is due once in about two minutes of silence. Clients such as aria2 take several in a few seconds for an attack and close.',
  },
  'availability-missing': {
    severity: 'warning',
    title: 'The peer did not say which pieces it has',
    reference: 'BEP 6',
    explanation:
      'With the fast extension exactly one of bitfield, have-all and have-none must follow the handshake, also when there is nothing to show. Not reported for a peer that has no metadata yet, which cannot know.',
  },
  'availability-repeated': {
    severity: 'error',
    title: 'The peer said more than once which pieces it has',
    reference: 'BEP 6',
    explanation:
      'Only one of bitfield, have-all and have-none may be sent, and only once; changes are told by have.',
  },
  'availability-late': {
    severity: 'warning',
    title: 'Bitfield, have-all or have-none came late',
    reference: 'BEP 3',
    explanation:
      'It belongs right after the handshake. Every client sends its extension handshake first, which counts as right; other messages before it do not.',
  },
  'bitfield-length': {
    severity: 'error',
    title: 'The bitfield has the wrong length',
    reference: 'BEP 3',
    explanation:
      'A bitfield has one bit for each piece, rounded up to whole bytes. With another length the two sides disagree on the number of pieces: another torrent, v1 taken for v2, or a defect.',
  },
  'bitfield-spare-bits': {
    severity: 'error',
    title: 'Spare bits of the bitfield are set',
    reference: 'BEP 3',
    explanation:
      'The bits behind the last piece must be zero. Many clients do not look, some close the connection.',
  },
  'have-out-of-range': {
    severity: 'error',
    title: 'A have names a piece that the torrent does not have',
    reference: 'BEP 3',
    explanation:
      'Piece indexes begin at 0 and end before the piece count. Most clients close the connection on it.',
  },
  'fast-piece-out-of-range': {
    severity: 'error',
    title: 'A fast message names a piece that the torrent does not have',
    reference: 'BEP 6',
    explanation: 'The index of a suggest or allowed-fast message lies past the last piece.',
  },
  'lazy-bitfield': {
    severity: 'info',
    title: 'The bitfield has holes that haves fill at once',
    reference: 'BEP 3',
    explanation:
      'A lazy bitfield leaves some pieces out and announces them one by one right after, to get past filters that look for seeds. The peer did not just finish those pieces.',
  },
  'super-seeding': {
    severity: 'info',
    title: 'The peer looks like a super-seeder',
    reference: 'BEP 16',
    explanation:
      'It claimed to have nothing and then announced pieces without time to download them. A super-seeder shows one piece at a time and serves only those, so it looks empty and is not.',
  },
  'upload-only-incomplete': {
    severity: 'info',
    title: 'The peer is incomplete and wants no more',
    reference: 'BEP 21',
    explanation:
      'A partial seed: it has what its user selected. It will never have the rest, and it never becomes interested.',
  },
  'fast-not-negotiated': {
    severity: 'error',
    title: 'A fast message came, and the fast extension was not negotiated',
    reference: 'BEP 6',
    explanation:
      'suggest, have-all, have-none, reject and allowed-fast may be sent only when both handshakes set the fast bit. Clients close the connection on it.',
  },
  'allowed-fast-dialect': {
    severity: 'info',
    title: 'The allowed-fast set follows a known way of computing it',
    reference: 'BEP 6',
    explanation:
      'BEP 6 says how both sides can compute the set from the address and the info hash. libtorrent and aria2 each compute it differently, so the set tells something about the client.',
  },
  'allowed-fast-unrecognised': {
    severity: 'info',
    title: 'The allowed-fast set follows no known way of computing it',
    reference: 'BEP 6',
    explanation:
      'A client may allow any pieces it likes. It also happens when the peer sees us at another address than we know of.',
  },
  'extension-not-negotiated': {
    severity: 'error',
    title: 'An extended message came, and the extension protocol was not negotiated',
    reference: 'BEP 10',
    explanation:
      'Message 20 may be sent only when both handshakes set the extension bit. Clients without it close the connection.',
  },
  'extension-not-announced': {
    severity: 'error',
    title: 'An extended message has an id that we did not announce',
    reference: 'BEP 10',
    explanation:
      'The id of an extended message is the one that its receiver announced. A sender that uses its own numbers, the most common mistake of new implementations, is disconnected by some clients.',
  },
  'extension-handshake-malformed': {
    severity: 'error',
    title: 'The extension handshake cannot be read',
    reference: 'BEP 10',
    explanation: 'Its payload must be one bencoded dictionary.',
  },
  'extension-handshake-type': {
    severity: 'error',
    title: 'A member of the extension handshake has the wrong type',
    reference: 'BEP 10',
    explanation: 'For example text where a number belongs. The member is left out of the report.',
  },
  'extension-handshake-value': {
    severity: 'warning',
    title: 'A member of the extension handshake has a value that makes no sense',
    reference: 'BEP 10',
    explanation:
      'For example a port above 65535, or an address of five bytes. The member is left out of the report or read as clients read it.',
  },
  'extension-handshake-not-utf-8': {
    severity: 'warning',
    title: 'The client text is not UTF-8',
    reference: 'BEP 10',
    explanation: 'The name and version of the client (`v`) is UTF-8 text.',
  },
  'extension-handshake-unsorted': {
    severity: 'warning',
    title: 'The keys of the extension handshake are not in order',
    reference: 'BEP 3',
    explanation: 'The keys of a bencoded dictionary are sorted as raw bytes. Strict readers refuse others.',
  },
  'extension-handshake-duplicate-key': {
    severity: 'error',
    title: 'A key stands twice in the extension handshake',
    reference: 'BEP 3',
    explanation:
      'Each key of a bencoded dictionary stands once. Readers differ in which of the two they take; here the first counts.',
  },
  'extension-handshake-trailing': {
    severity: 'warning',
    title: 'Bytes follow the dictionary of the extension handshake',
    reference: 'BEP 10',
    explanation: 'The payload is the dictionary and nothing else.',
  },
  'extension-id-duplicate': {
    severity: 'error',
    title: 'Two extensions share one id',
    reference: 'BEP 10',
    explanation:
      'The ids in `m` must differ, else nobody can tell the messages of the two apart. Only 0, which disables, may stand more than once.',
  },
  'reqq-zero': {
    severity: 'warning',
    title: 'The peer says that it queues no request',
    reference: 'BEP 10',
    explanation:
      '`reqq` is the number of requests that the peer keeps without dropping one. With 0, taken at its word, nothing could be requested.',
  },
  'metadata-size-absurd': {
    severity: 'warning',
    title: 'The announced metadata size cannot be right',
    reference: 'BEP 9',
    explanation:
      '`metadata_size` is the size of the info dictionary in bytes. It is never 0 or negative, and more than 32 MiB is refused here. Clients that allocate what a peer says have been crashed this way.',
  },
  'private-pex': {
    severity: 'warning',
    title: 'Peer exchange is announced for a private torrent',
    reference: 'BEP 27',
    explanation:
      'Peers of a private torrent come from its tracker only. A client that exchanges them with others leaks them.',
  },
  'port-not-negotiated': {
    severity: 'warning',
    title: 'A DHT port came, and the DHT bit was not set on both sides',
    reference: 'BEP 5',
    explanation:
      'The port message is for peers whose handshake sets the DHT bit. Clients that do not know it close the connection (rqbit).',
  },
  'hashes-not-negotiated': {
    severity: 'error',
    title: 'A hash message came for a torrent that has no v2 hashes',
    reference: 'BEP 52',
    explanation:
      'hash request, hashes and hash reject belong to v2 and hybrid torrents. libtorrent closes on them elsewhere.',
  },
  'piece-not-requested': {
    severity: 'error',
    title: 'A block came that was not requested',
    reference: 'BEP 6',
    explanation:
      'Every block answers one request. With the fast extension an unrequested one must end the connection.',
  },
  'reject-not-requested': {
    severity: 'warning',
    title: 'A reject came for what was not requested',
    reference: 'BEP 6',
    explanation: 'Every reject answers one outstanding request and repeats its numbers.',
  },
  'request-while-choked': {
    severity: 'warning',
    title: 'The peer requests although we choke it',
    reference: 'BEP 3',
    explanation:
      'Requests are for an unchoked peer, or for pieces that were allowed fast. libtorrent disconnects a peer that does this.',
  },
  'request-too-long': {
    severity: 'warning',
    title: 'The peer requests more than 16 KiB at once',
    reference: 'BEP 3',
    explanation: 'Larger requests are refused or ignored by most clients.',
  },
  'request-outside-torrent': {
    severity: 'error',
    title: 'The peer requests what the torrent does not have',
    reference: 'BEP 3',
    explanation:
      'The piece index, or the end of the range, lies past the end. The peer counts pieces or their lengths in another way than the torrent does, often in the last piece, or in v2 at the end of a file.',
  },
  'request-empty': {
    severity: 'error',
    title: 'The peer requests no bytes',
    reference: 'BEP 3',
    explanation: 'A request is for 1 to 16384 bytes. Clients reject one of no bytes, or close.',
  },
  'request-not-announced': {
    severity: 'error',
    title: 'The peer requests a piece that we did not announce',
    reference: 'BEP 3',
    explanation:
      'Only what the other side has announced by bitfield, have or have-all can be requested; anacrolix/torrent closes on such a request.',
  },
  'request-queue-exceeded': {
    severity: 'error',
    title: 'The peer has more requests outstanding than we queue',
    reference: 'BEP 10',
    explanation:
      'The `reqq` of our extension handshake says how many requests we keep. What exceeds it may be dropped or rejected.',
  },
  'cancel-not-requested': {
    severity: 'error',
    title: 'The peer cancels what it never requested',
    reference: 'BEP 3',
    explanation:
      'A cancel repeats the numbers of a request. One that crosses its block on the way is fine; more cancels than requests are not.',
  },
  'hash-request-invalid': {
    severity: 'error',
    title: 'A hash request does not fit the tree',
    reference: 'BEP 52',
    explanation:
      'The length must be a power of two from 2, the index a multiple of it, and the hashes and the proof must lie inside the tree of the file.',
  },
  'handshake-cut': {
    severity: 'error',
    title: 'The peer sent part of a handshake and no more',
    reference: 'BEP 3',
    explanation:
      'A handshake has 68 bytes. An acceptor may answer after 48 of them, but goes on only when all have come.',
  },
} as const satisfies { readonly [id: string]: FindingDescription }

export type FindingId = keyof typeof FINDINGS
