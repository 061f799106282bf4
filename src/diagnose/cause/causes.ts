/** What a cause says, the same everywhere. */
export interface CauseDescription {
  /** One sentence about the peer, which makes sense on its own. */
  readonly text: string
  /** One thing to type or to look at. */
  readonly advice: string
  /** What it means, and how it is told from others. */
  readonly explanation: string
}

/** Every cause that `why` can name. */
export const CAUSES = {
  works: {
    text: 'It works: blocks came.',
    advice: 'nothing needs to be done on this side of the connection',
    explanation:
      'A session went through to the end: handshake, claimed pieces, unchoke, and blocks. Where the pieces could be hashed they matched; without a .torrent there is nothing to hash against, and the blocks are only said to have come.',
  },
  'name-unknown': {
    text: 'The name has no address.',
    advice: 'check the spelling of the name, or use the address',
    explanation: 'The resolver of this machine returned no address for the name. The peer was not contacted.',
  },
  'no-route': {
    text: 'This machine has no route to that address.',
    advice: 'check that this machine has an address of that family, and a route',
    explanation:
      'The system of this machine answered at once with ENETUNREACH. Nothing was sent to the peer.',
  },
  'local-firewall': {
    text: 'This machine refuses to send to that address.',
    advice: 'check the firewall and the sandbox of this machine',
    explanation:
      'Sending failed with EPERM or EACCES, which comes from a packet filter or a sandbox on this machine.',
  },
  'local-address': {
    text: 'The local address cannot be used.',
    advice: 'use an address of this machine with --source, of the family of the peer',
    explanation: 'The system refused the local address of the connection (EADDRNOTAVAIL and similar errors).',
  },
  'local-limit': {
    text: 'This machine or process has reached a limit of its own.',
    advice: 'raise the limit of open files (ulimit -n), or close other programs',
    explanation: 'The system had no socket or file left for the connection. The peer was not contacted.',
  },
  'nothing-listens': {
    text: 'Nothing listens on this port.',
    advice: 'is the client running, and is this its listening port?',
    explanation:
      'TCP was refused and, over UDP, the system of the peer reported that the port is not in use. The client is not running, listens on another port or address, or on the other address family.',
  },
  'firewall-rejects': {
    text: 'A firewall or a router rejects the connection.',
    advice: 'check the firewall of the peer, and the port forward of its router',
    explanation:
      'An ICMP error came at once (EHOSTUNREACH or similar), without waiting for a machine to answer.',
  },
  'no-such-host': {
    text: 'No machine answers at that address.',
    advice: 'check the address, and that the machine is running',
    explanation:
      'The last router reported, after some seconds of asking on the link, that the machine was not found.',
  },
  filtered: {
    text: 'Nothing answers: packets are dropped on the way, there or back, or the machine is down.',
    advice:
      'check the port forward and the firewall of the peer, that the machine is running, and --source if it was given',
    explanation: 'Neither TCP nor uTP brought an answer of any kind within the time limit.',
  },
  'tcp-filtered': {
    text: 'TCP packets to this port are dropped on the way; the machine itself answers.',
    advice: 'open TCP on this port in the firewall and in the port forward of the peer',
    explanation:
      'TCP was not answered in time, while UDP to the same port was (by uTP, or by an ICMP error).',
  },
  'utp-only': {
    text: 'It is reached over uTP only, not over TCP.',
    advice: 'open TCP on this port, or use --transport utp',
    explanation:
      'TCP was refused, filtered or closed without a byte, or leads to another program, and uTP led to a session, each time it was tried.',
  },
  'http-server': {
    text: 'An HTTP server answers on this port.',
    advice: "this is usually the client's web interface; look for its listening port",
    explanation: 'The answer is HTTP. Many clients have a web interface on a port of its own.',
  },
  'tls-service': {
    text: 'A TLS service answers on this port.',
    advice: 'look for the listening port of the client; this one speaks TLS',
    explanation: 'The answer to a TLS ClientHello is a TLS record.',
  },
  'socks-proxy': {
    text: 'A SOCKS proxy answers on this port.',
    advice: 'use the port of the client, or use this one with --proxy',
    explanation: 'The answer to a SOCKS5 greeting is a SOCKS5 reply.',
  },
  'other-service': {
    text: 'Another service answers on this port.',
    advice: 'look for the listening port of the client',
    explanation:
      'The bytes are those of a known protocol that is not BitTorrent, such as SSH, SMTP, FTP, MySQL or Redis.',
  },
  'not-bittorrent': {
    text: 'What answers on this port does not speak BitTorrent.',
    advice: 'look for the listening port of the client',
    explanation: 'Bytes came that are neither a handshake nor a public key of MSE.',
  },
  'nearly-bittorrent': {
    text: 'It answers with something that resembles a BitTorrent handshake, and is not one.',
    advice: 'report it to the author of that client',
    explanation:
      'The answer contains the protocol name of BitTorrent and breaks the format of the handshake (BEP 3).',
  },
  'silent-service': {
    text: 'It accepts connections and says nothing.',
    advice: 'check that this is the listening port of the client, and that the client still responds',
    explanation:
      'TCP connects, and no probe brought a byte or a close. A service that waits for another protocol, a client that hangs, a port forward that leads nowhere and a firewall that swallows data look the same.',
  },
  frozen: {
    text: 'The client does not respond: its system accepts connections and nobody reads them.',
    advice: 'restart the client',
    explanation:
      'The first connections were accepted by the system and stayed silent, and later ones were no longer accepted: the queue of a stopped process is full.',
  },
  echo: {
    text: 'It sends back what it receives.',
    advice: 'look for the listening port of the client; this is an echo service',
    explanation: 'The bytes that came are the ones that were sent.',
  },
  ourselves: {
    text: 'The connection leads back to ourselves.',
    advice: 'check the address: it belongs to this program',
    explanation: 'The handshake of the peer carries our own peer id.',
  },
  'no-active-torrent': {
    text: 'It closes on accept, as a client without an active torrent does.',
    advice: 'start a torrent in the client, and look again',
    explanation:
      'Clients of the libtorrent family (and KTorrent) close every connection at once when no torrent is active: none loaded, or all paused, queued or in error. A reached connection limit and an address filter look the same.',
  },
  'no-backend': {
    text: 'Something accepts the connection and has nobody behind it.',
    advice: 'check that the port forward leads to the client, and that the client is running',
    explanation:
      'It was closed before our first byte, and UDP of the same port is not in use: a forwarder, a tunnel or a load balancer without a client behind it does that.',
  },
  'address-filtered': {
    text: 'It does not accept our address.',
    advice: 'remove the address from the filter of the client',
    explanation: 'From another address of this machine the same connection is accepted.',
  },
  'same-address': {
    text: 'It already has a connection from our address and accepts only one.',
    advice: 'close the other client on this address, or allow several connections per address',
    explanation:
      'It says so (uTP reason 1), or it knows the torrent, refuses us, and accepts the same from another address.',
  },
  'connection-limit': {
    text: 'It has reached its connection limit.',
    advice: 'try again later, or raise the limit in the client',
    explanation:
      'It says so (uTP reason 15), or it knows the torrent and refuses every connection from any address.',
  },
  'encryption-required': {
    text: 'It requires encryption.',
    advice: 'use --encryption require',
    explanation:
      'It refuses a plaintext handshake and accepts the same one inside MSE, again and again; or it says so (uTP reason 13).',
  },
  'plaintext-filtered': {
    text: 'The network cuts BitTorrent connections that are not encrypted.',
    advice: 'use --encryption require, and RC4',
    explanation:
      'The plaintext handshake is cut over TCP, while the peer accepts plaintext over uTP, or the reset is one that this client never sends.',
  },
  'encryption-broken': {
    text: 'Its encryption (MSE) does not work.',
    advice: 'use --encryption off, and report it to the author of that client',
    explanation: 'It answers a public key and then neither goes on nor closes, or goes on with wrong bytes.',
  },
  'torrent-unknown': {
    text: 'It does not have this torrent.',
    advice: 'check the info hash, and that the torrent is loaded in that client',
    explanation: 'It says so (uTP reason 257), or it refuses this info hash as it refuses a random one.',
  },
  'torrent-inactive': {
    text: 'It has this torrent, but the torrent is not active.',
    advice: 'look at the torrent in that client: paused, queued, being checked or in error',
    explanation:
      'It says so (uTP reason 2, "torrent removed"), or it proves that it knows the info hash and closes. Paused, queued, being checked and in error look the same from outside.',
  },
  'ssl-torrent': {
    text: 'The torrent is an SSL torrent, which needs a certificate.',
    advice: 'use a client that has the certificate of this torrent',
    explanation:
      'It refuses this hash for lack of encryption (uTP reason 13), and a random one as unknown (257).',
  },
  'other-hash': {
    text: 'It knows this torrent by its other info hash only.',
    advice: 'give it the hybrid torrent, or use the other hash',
    explanation: 'A hybrid torrent has a v1 and a v2 info hash. One was refused, the other one answered.',
  },
  'other-torrent': {
    text: 'It serves another torrent.',
    advice: 'check the info hash and the port',
    explanation: 'Its handshake carries an info hash that is not the one asked for.',
  },
  'any-hash': {
    text: 'It answers any info hash, so its answer says nothing of this torrent.',
    advice: 'check that this is a real client',
    explanation: 'A random info hash was answered with the same hash.',
  },
  'name-banned': {
    text: 'It refuses clients by our name.',
    advice: 'use --peer-id with the prefix of another client to compare',
    explanation: 'The same session under the peer id and name of another client goes on.',
  },
  'bits-refused': {
    text: 'It closes on a reserved bit or a first message of ours.',
    advice: 'use --no-fast and --no-extensions to find which one',
    explanation: 'The same session without reserved bits goes on.',
  },
  'nothing-to-offer': {
    text: 'It has no piece of this torrent.',
    advice: 'look at the torrent in that client: nothing was downloaded, or the files are missing',
    explanation: 'It announced no piece, and none within 13 seconds in which we had not said interested.',
  },
  'super-seeding': {
    text: 'It is super-seeding: it offers one piece at a time, to peers that do not say interested first.',
    advice: 'this is a setting of the client; peers that take part in the swarm are served',
    explanation:
      'It announced nothing, then single pieces about 10 seconds after the handshake. A leecher that gets its first pieces meanwhile looks the same.',
  },
  'data-gone': {
    text: 'It claimed pieces, and at the first request it no longer has them.',
    advice: 'check the data on the disk of that client',
    explanation:
      'At the first request it withdrew its pieces, or closed and then claimed none, or closed and then said that the torrent is not active (uTP reason 2): the files are missing or damaged. Where it closes and refuses the next connection without a reason, a client that bans us looks the same.',
  },
  'never-unchoked': {
    text: 'It has pieces and did not unchoke us in the time we waited.',
    advice: 'look at its upload slots and its upload limit, or wait longer',
    explanation: 'No free slot, an upload limit of 0, and tit for tat look the same from outside.',
  },
  'rejects-requests': {
    text: 'It unchokes us and rejects requests.',
    advice: 'try another piece, and report it to the author of that client if it rejects that as well',
    explanation: 'It answered requests with reject (BEP 6), for pieces that it had announced.',
  },
  'closes-on-request': {
    text: 'It closes when a block is requested.',
    advice: 'check the data on the disk of that client',
    explanation: 'The close came right after the first request, on each connection.',
  },
  'closes-before-serving': {
    text: 'The connection is closed before anything is served.',
    advice: 'look at the log of that client, and at the path if it was a reset',
    explanation:
      'It answered the handshake and claimed pieces, or kept us waiting, and then the connection was closed, before a block was requested. A client that drops peers it does not want to serve, a defect and a box on the path look the same.',
  },
  'chokes-on-request': {
    text: 'It chokes us when a block is requested.',
    advice: 'report it to the author of that client, with a trace',
    explanation: 'It unchoked us, and choked us again after the first request, each time.',
  },
  stalls: {
    text: 'It unchokes us and sends no block, or stops after some.',
    advice: 'look at its upload limit and its disk',
    explanation:
      'Requests, of every size where none was served, stayed without an answer for as long as we waited.',
  },
  'rate-limit': {
    text: 'It serves, and very slowly.',
    advice: 'look at its upload limit, and try --encryption require: some paths slow plaintext',
    explanation:
      'Small blocks came one after the other, or a large one came in parts until we stopped waiting.',
  },
  'path-mtu': {
    text: 'The path loses large packets: small blocks come, large ones never.',
    advice: 'lower the MTU of the tunnel or router, or let ICMP "fragmentation needed" through',
    explanation: 'Requests of 256 and 512 bytes were served at once, and those from 1024 bytes never.',
  },
  'path-dies': {
    text: 'The connection stops inside a message and stays silent.',
    advice: 'check the path: a firewall or NAT forgets the connection, or the machine went down',
    explanation: 'The stream ended in the middle of a message, and nothing more came, without a close.',
  },
  'bad-data': {
    text: 'It sends data that does not match the torrent.',
    advice: 'check the data in that client',
    explanation: 'The hash of a piece that came from it alone is wrong, or that of its metadata.',
  },
  'metadata-missing': {
    text: 'It does not send the metadata.',
    advice: 'wait until it has the metadata, or use a .torrent with -t',
    explanation: 'It has none yet, announces no usable size, rejects the request or does not answer it.',
  },
  'protocol-broken': {
    text: 'It breaks the protocol.',
    advice: 'report it to the author of that client, with a trace',
    explanation:
      'Its messages cannot be framed, or have a length or a value that BEP 3 or BEP 9 does not allow.',
  },
  changed: {
    text: 'Its answers changed while we looked.',
    advice: 'run the command again',
    explanation: 'The same probe had two different results, so no difference between probes proves anything.',
  },
  unexplained: {
    text: 'What was seen fits no known cause.',
    advice: 'report it with a trace (--trace-file)',
    explanation: 'The probes that are left would not change that.',
  },
} as const satisfies { readonly [code: string]: CauseDescription }

/** The code of a cause, which is never renamed or reused. */
export type CauseCode = keyof typeof CAUSES

/** `certain` only where the evidence excludes every other known cause. */
export type Confidence = 'certain' | 'likely' | 'possible'
