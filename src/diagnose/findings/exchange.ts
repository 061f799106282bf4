import type { FindingDescription } from './description.ts'

/** Extensions, requests and what carries them. */
export const EXCHANGE_FINDINGS = {
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
  'extension-handshake-missing': {
    severity: 'warning',
    title: 'No extension handshake came',
    reference: 'BEP 10',
    explanation:
      'Both handshakes set the bit of the extension protocol, and its handshake is to follow as soon as possible. Without it no extension can be used, so there is no metadata and no peer exchange.',
  },
  'extension-handshake-flood': {
    severity: 'warning',
    title: 'Extension handshakes come over and over',
    reference: 'BEP 10',
    explanation:
      'A second extension handshake may change what the first one said. More than ten in one session serve no purpose, and each of them costs the receiver a bencoded dictionary.',
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
  'client-text-unprintable': {
    severity: 'warning',
    title: 'The client text has control or bidi characters',
    reference: 'BEP 10',
    explanation:
      'The client text (`v`) is shown to people. Escape sequences in it can clear a terminal or fake its output, and bidi marks turn the text around; here they are escaped.',
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
  'metadata-not-requested': {
    severity: 'warning',
    title: 'A piece of metadata came that was not requested',
    reference: 'BEP 9',
    explanation:
      'Every data or reject message answers one request and repeats its piece number. An answer under another number leaves the request open for ever.',
  },
  'metadata-total-size': {
    severity: 'warning',
    title: 'Two sizes are given for the metadata',
    reference: 'BEP 9',
    explanation:
      '`total_size` of a data message is to be the `metadata_size` of the extension handshake, and that stays the same. Clients that take the one where they allocated the other read or write past an end.',
  },
  'extension-message-malformed': {
    severity: 'error',
    title: 'An extension message does not have the layout of its extension',
    reference: 'BEP 10',
    explanation:
      'For example a ut_metadata message that is no bencoded dictionary, has no piece, or brings more than 16 KiB; or a lt_donthave that is not four bytes. Nothing in it was used.',
  },
  'pex-defect': {
    severity: 'warning',
    title: 'A peer exchange message is not as it should be',
    reference: 'BEP 11',
    explanation:
      'For example a list that is no whole number of addresses, flags for another number of peers, port 0, an address that nobody else can reach, a peer twice, or more than 50 after the first message. Clients drop such entries, or close.',
  },
  'pex-flood': {
    severity: 'warning',
    title: 'Peer exchange messages come too often',
    reference: 'BEP 11',
    explanation: 'One a minute at most; clients wait for 60 to 90 seconds.',
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
  'choke-flapping': {
    severity: 'warning',
    title: 'The peer chokes and unchokes again and again',
    reference: 'BEP 3',
    explanation:
      'Clients decide every ten seconds whom they unchoke, to give a connection time to reach its speed. A peer that changes its mind faster has a defect in its choking, and serves little.',
  },
  'choke-drops-requests': {
    severity: 'warning',
    title: 'Requests were dropped by a choke without a reject',
    reference: 'BEP 6',
    explanation:
      'With the fast extension a choke does not answer requests: each one that is not served has to be rejected. A client that relies on it waits for these blocks for ever.',
  },
  'request-while-choked': {
    severity: 'warning',
    title: 'The peer requests although we choke it',
    reference: 'BEP 3',
    explanation:
      'Requests are for an unchoked peer, or for pieces that were allowed fast. libtorrent disconnects a peer that does this.',
  },
  'message-flood': {
    severity: 'warning',
    title: 'The peer sends far more messages than a download needs',
    reference: 'BEP 3',
    explanation:
      'Besides blocks and announcements of pieces a connection carries a few messages a second. More than 4096 at once and 64 a second afterwards serve no purpose. They are answered only while the peer reads the answers; otherwise nothing more is read from it.',
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
  'utp-window-small': {
    severity: 'warning',
    title: 'The receive window of the peer is shut, or nearly so',
    reference: 'BEP 29',
    explanation:
      'The window says how many bytes the peer will buffer. With less than a packet hardly anything can be sent to it: it does not read, or it says so on purpose.',
  },
  'utp-acknowledgement-invalid': {
    severity: 'warning',
    title: 'Packets acknowledge what was never sent',
    reference: 'BEP 29',
    explanation:
      'The acknowledgement of a uTP packet is the number of the last packet that its sender got in order. Packets with a number that was not sent yet are ignored here, as libutp does, so the connection makes no progress.',
  },
  'utp-path-trouble': {
    severity: 'info',
    title: 'Packets were lost, repeated or out of order',
    reference: 'BEP 29',
    explanation:
      'That happens on every path now and then, and uTP makes up for it. Much of it slows a connection down: a radio link, a full queue, a router that favours other traffic.',
  },
} as const satisfies { readonly [id: string]: FindingDescription }
