import type { FindingDescription } from './description.ts'

/** Who the peer is, how it goes, and what it says to have. */
export const PRESENCE_FINDINGS = {
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
  'reserved-bits-undefined': {
    severity: 'info',
    title: 'The handshake sets reserved bits that nobody defined',
    reference: 'BEP 4',
    explanation:
      'Bits that no extension owns are to be zero. Some clients set them all the same, mostly without harm; a peer that sets all 64 claims extensions that it cannot have.',
  },
  'info-hash-mismatch': {
    severity: 'error',
    title: 'The handshake is for another torrent',
    reference: 'BEP 3',
    explanation:
      'Both handshakes must carry the same info hash. A peer may answer the v1 hash of a hybrid torrent with its v2 hash, which is not reported here.',
  },
  'hybrid-other-hash': {
    severity: 'info',
    title: 'The handshake answers with the other info hash of the hybrid torrent',
    reference: 'BEP 52',
    explanation:
      'It is the same torrent, and the session goes on with the hash of the answer. BEP 52 lets a peer do so when the v2 bit was set, which it was not. libtorrent does it to an address that it has met on the v2 hash before.',
  },
  'early-28-bytes': {
    severity: 'info',
    title: 'The peer sent 28 bytes of a handshake and stopped',
    reference: 'BEP 3',
    explanation:
      'anacrolix/torrent sends the first 28 bytes of its handshake before it has read the info hash. When it closes then, most likely it does not have the torrent; when it stays, it never got the rest of our handshake.',
  },
  'closed-without-answer': {
    severity: 'info',
    title: 'The peer closed without sending a byte',
    reference: 'BEP 3',
    explanation:
      'Clients close silently when they do not know the info hash, when the torrent is paused, queued or being checked, when they want encryption, when a connection from this address exists already, or when a limit is reached. From the outside these look the same.',
  },
  'closed-after-encryption': {
    severity: 'info',
    title: 'The peer closed after the encryption handshake, without a byte of its own handshake',
    reference: 'MSE',
    explanation:
      'Only a peer that knows the info hash can complete the encryption handshake (MSE), so it knows the torrent. It closes then at a limit, when it filters this address, when a connection from this address exists already, or, as KTorrent does, when our handshake did not come inside the encryption handshake.',
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
  'closed-mid-message': {
    severity: 'warning',
    title: 'The peer closed in the middle of a message',
    reference: 'BEP 3',
    explanation:
      'Part of a message had come when the connection ended. A process that was killed, a NAT that forgot the connection or a cable look like this; a client that ends a session does so between messages.',
  },
  'process-suspended': {
    severity: 'info',
    title: 'This process did not run for a while',
    reference: 'this machine',
    explanation:
      'It was stopped, or the machine slept. No deadline and no time in the report counts it, so the peer is not judged by it; but the peer saw a silent connection, and may have closed it for that.',
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
  'have-repeated': {
    severity: 'info',
    title: 'The peer announces the same piece more than once',
    reference: 'BEP 3',
    explanation:
      'A have is sent once, when a piece was finished. Repeated ones do no harm but for the bytes; many of them are a flood.',
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
} as const satisfies { readonly [id: string]: FindingDescription }
