import type { ErrorCode } from '../base/errors.ts'

/** What a command that ends early leaves on disk. */
const OUTPUT_LEFT =
  'fetch writes into the files themselves: verified pieces stay, a file can be incomplete under its own name, and the same command goes on from there. The other commands leave no partial file under the name of the output.'

/** What lies behind each error and what to do about it. */
export const ERROR_EXPLANATIONS: { readonly [code in ErrorCode]: string } = {
  E_CHECK_FAILED:
    'Nothing went wrong on the way. The report lists the expectations that were missed and the findings of severity error.',
  E_USAGE:
    'Nothing was sent. The message says which argument is wrong and what to type; --help lists all of them.',
  E_BAD_ADDRESS:
    'A peer is HOST:PORT, 192.0.2.7:6881 or [2001:db8::1]:6881. There is no default port: BitTorrent has none.',
  E_BAD_HASH:
    'An info hash is 40 hex digits or 32 base32 characters (v1), 64 hex digits or a 1220... multihash (v2). A whole magnet link is taken as well.',
  E_BAD_TORRENT:
    'The file is no bencoded .torrent, is too large, or contradicts itself. Check that it is not a web page that was saved under that name.',
  E_BAD_RANGE: 'The last piece of a torrent is shorter than the others, and pieces are numbered from 0.',
  E_BAD_EXPECTATION:
    'An expectation is a path into the JSON document, an operator and a value. A path that no document has is refused, so that a typo never passes.',
  E_NAME_NOT_FOUND:
    'The name server knows no address of the wanted family for that name. Check the spelling, and -4 or -6.',
  E_CONNECT_REFUSED:
    'A machine answers there, and nothing listens on the port: the client is not running, listens on another port or family, or takes uTP only.',
  E_CONNECT_UNREACHABLE:
    'The message says who reports it: this machine has no route, a firewall or router on the way rejects the connection at once, or no machine answers on the last link. For IPv6, check first that this machine has an IPv6 address of its own.',
  E_CONNECT_TIMEOUT:
    'No answer of any kind: most often a firewall or a router without a forwarded port, or a machine that is off.',
  E_PROXY_FAILED: 'The proxy did not answer, refused the login, or could not reach the peer.',
  E_HANDSHAKE_CLOSED:
    'Clients close without a word when they do not know the info hash, when the torrent is paused or being checked, when they want encryption, when this address is connected already, or at a limit.',
  E_HANDSHAKE_RESET:
    'The peer closed before it read what we sent, or something between us cut the connection. A filter on the way is possible when it happens at once.',
  E_HANDSHAKE_TIMEOUT:
    'The port is open and silent: not a BitTorrent client, an overloaded one, or a proxy that accepts for a machine that is off.',
  E_HANDSHAKE_LOST:
    'Neither side closed. The message has the reason that the system gave: a machine that is off, a cable, a router, or a NAT that forgot the connection.',
  E_NOT_BITTORRENT:
    'The first bytes are neither a handshake nor a known protocol. A client that takes encrypted connections only may look like this.',
  E_NOT_BITTORRENT_LENGTH:
    'The first byte of a handshake is the length of the protocol name that follows, always 19. The peer means BitTorrent and counts wrong.',
  E_NOT_BITTORRENT_HTTP:
    'That is the port of a web server, often the web interface of the client. The port for peers is another one.',
  E_NOT_BITTORRENT_TLS: 'That port speaks TLS: a web server, or a client that serves an SSL torrent.',
  E_NOT_BITTORRENT_SSH: 'That is the port of an SSH server.',
  E_NOT_BITTORRENT_SOCKS: 'That is the port of a SOCKS proxy.',
  E_WRONG_INFO_HASH:
    'The peer serves one torrent and answers with it whatever is asked, or it is not the peer that was meant.',
  E_SELF_CONNECTION:
    'The connection led back here, by the address of this machine or by a router, or the other side echoes what it gets.',
  E_ENCRYPTION_FAILED:
    'The peer does not support message stream encryption, not in this mode, or does not know the info hash.',
  E_SESSION_CLOSED:
    'The findings tell what came last. A seed closes on another seed, most clients close on a message that they do not like, and all of them after some minutes of silence.',
  E_SESSION_LOST:
    'Neither side closed. The message has the reason that the system gave: a machine that is off, a cable, a router, or a NAT that forgot the connection.',
  E_SESSION_TIMEOUT:
    'uTP sends a packet again several times before it gives up. The path died, or the client of the peer hangs: from here these look the same. Over TCP the machine of the peer acknowledges even when its client hangs.',
  E_SESSION_RESET:
    'The peer ended without reading what we sent, crashed, or something between us cut the connection.',
  E_FRAME_TOO_LARGE:
    'No message is that long. The stream is damaged, or the other side does not speak BitTorrent any more.',
  E_MALFORMED_MESSAGE:
    'The message at the given byte is shorter or longer than its id allows, or contradicts the torrent.',
  E_NOT_NEGOTIATED: 'The peer sent a message of an extension that not both handshakes announced.',
  E_UNREQUESTED_BLOCK:
    'A block must answer a request; BEP 6 wants the connection closed on one that does not.',
  E_MESSAGE_FLOOD:
    'The peer sent more than any honest one, so the session was ended before it could do harm.',
  E_TIMEOUT:
    'The limit of the whole command is --timeout, a minute unless told otherwise. The report shows how far the session had come.',
  E_UNCHOKE_TIMEOUT:
    'All upload slots are taken, the peer serves only those that give, or it takes us for a seed. Slots change every ten to thirty seconds: try --unchoke-timeout 90s.',
  E_BLOCK_TIMEOUT:
    'The peer takes requests and does not answer: its upload is limited, its disk is slow, or it dropped the request.',
  E_METADATA_TIMEOUT: 'The peer announced ut_metadata and did not answer requests for it.',
  E_HASHES_TIMEOUT: 'The peer did not answer a hash request of BEP 52 with hashes or with a reject.',
  E_PIECE_HASH:
    'The peer sent data that is not in the torrent: a damaged disk, a damaged transfer, or a peer that lies. All of the piece came from this peer, so the blame is exact.',
  E_BLOCK_PROOF:
    'The block and the hashes that the peer sent with it do not lead to the root of the file that the torrent names.',
  E_METADATA_HASH:
    'What came is not the info dictionary of that hash. One peer that lies about the size or the content is enough.',
  E_HASHES_CONTRADICT:
    'Data came that has the hash of one kind and not that of the other, so no data can have both. The torrent was made wrongly or changed, and the peer is not to blame: get the torrent anew from whoever made it.',
  E_METADATA_INVALID:
    'Every peer has the same bytes, since they have the info hash that was asked for: whoever made the torrent made it wrong, or on purpose. The message says what is wrong in it and at which byte.',
  E_PIECE_UNAVAILABLE:
    'By its bitfield and haves the peer does not have that piece. The report shows which it has.',
  E_REQUEST_REJECTED:
    'With the fast extension a peer says no: it chokes us meanwhile, its queue is full, or it does not have the piece that it claimed.',
  E_NO_EXTENSION_PROTOCOL: 'Without it there is no metadata, no peer exchange and no client name.',
  E_NO_METADATA_EXTENSION:
    'The peer has the extension protocol and does not offer ut_metadata. Private torrents are like that by design.',
  E_METADATA_SIZE:
    'A peer that has no metadata itself announces no size: try another. A size of 0 or of many megabytes is a defect or an attack.',
  E_METADATA_REJECTED: 'The peer does not have the metadata, or limits how much it gives away in a minute.',
  E_HASHES_REJECTED:
    'The peer does not have the hashes, or serves other layers of the tree than the one that was asked for.',
  E_FILE_EXISTS:
    'Without --force no file is replaced. fetch has no --force: it goes on with the files that it finds, and refuses links, folders, longer files, and incomplete files that have other hard links.',
  E_FILE_READ:
    'The message gives the reason of the system: the file does not exist, may not be read, was replaced meanwhile, or is a pipe that nobody writes to.',
  E_FILE_WRITE:
    'The message gives the reason of the system: the folder does not exist, may not be written to or is on a read-only file system, a name is too long, or another program removed or replaced the output meanwhile.',
  E_DISK_FULL: `There is no space left, or the quota is used up. ${OUTPUT_LEFT}`,
  E_LOCAL_FIREWALL:
    'The system refused to send (EPERM or EACCES): a packet filter, a sandbox or a container policy of this machine. Nothing is known about the peer.',
  E_BIND: 'The address of --source is none of this machine, or the port is taken.',
  E_INTERNAL: 'This should never happen. Run again with -v, which prints where, and report it.',
  E_INTERRUPTED: `What was known by then is in the report. ${OUTPUT_LEFT}`,
  E_HANGUP: `What was known by then is in the report. ${OUTPUT_LEFT}`,
  E_TERMINATED: `What was known by then is in the report. ${OUTPUT_LEFT}`,
}
