import type { ErrorCode } from '../../base/errors.ts'

/** The state of the output files after a command that ends early. */
const OUTPUT_LEFT =
  'fetch writes directly to the output files: verified pieces are kept, a file can be incomplete under its final name, and the same command resumes the download. The other commands do not leave a partial output file.'

/** The likely causes of each error, and what to do about it. */
export const ERROR_EXPLANATIONS: { readonly [code in ErrorCode]: string } = {
  E_CHECK_FAILED:
    'The session itself did not fail. The report lists the expectations that were not met and the findings of severity error.',
  E_USAGE:
    'Nothing was sent. The message says which argument is wrong and what to use instead; --help lists all of them.',
  E_BAD_ADDRESS:
    'Write a peer as HOST:PORT, for example 192.0.2.7:6881 or [2001:db8::1]:6881. The port is required: BitTorrent does not have a default port.',
  E_BAD_HASH:
    'An info hash is 40 hex digits or 32 base32 characters (v1), 64 hex digits or a 1220... multihash (v2). A complete magnet link is also accepted.',
  E_BAD_TORRENT:
    'The file is not bencoded, is too large, or contradicts itself. Check that it is not a web page saved under that name.',
  E_BAD_CAPTURE:
    'The input is not pcap, pcapng, a trace or BitTorrent messages, is damaged or cut, or has a link type that peerwire cannot read. The message has the position. What comes before it is reported.',
  E_BAD_RANGE: 'Pieces are numbered from 0, and the last piece of a torrent can be shorter than the others.',
  E_BAD_EXPECTATION:
    'An expectation is a path into the JSON document, an operator and a value. Paths that do not exist in any document are refused, so that a typo cannot pass.',
  E_NAME_NOT_FOUND:
    'DNS has no address of the requested family for that name. Check the spelling, and whether -4 or -6 is right.',
  E_CONNECT_REFUSED:
    'Nothing listens on the port, or a firewall answers instead: the client is not running, listens on another port or address family, or accepts only the other transport. Over uTP the network reported that the port is closed, or a client answered with a RESET.',
  E_CONNECT_UNREACHABLE:
    'The message says who reported it: this machine has no route, a firewall or router on the path rejects the connection, or no machine answers on the last link. For IPv6, first check that this machine has an IPv6 address.',
  E_CONNECT_TIMEOUT:
    'Nothing answered at all. The usual causes are a firewall, a router that does not forward the port, a machine that is off, or a client that hangs; over uTP also a client that does not accept uTP, or has no active torrent.',
  E_PROXY_FAILED: 'The proxy did not answer, refused the login, or could not reach the peer.',
  E_HANDSHAKE_CLOSED:
    'Clients close without an answer when they do not know the info hash, when the torrent is paused or being checked, when they require encryption or accept only uTP, when this address is filtered or already connected, or when they have reached a limit. A close reason over uTP tells these apart.',
  E_HANDSHAKE_RESET:
    'The peer closed before it read what we sent, or something on the path cut the connection. From one connection these look the same.',
  E_HANDSHAKE_TIMEOUT:
    'The port is open but silent. Another service, a client that hangs or is overloaded, a path that drops plaintext, and a proxy that accepts connections for a machine that is off look alike.',
  E_HANDSHAKE_LOST:
    'Neither side closed. The message has the reason given by the operating system. The machine of the peer may be off, a cable or router may have failed, or a NAT may have dropped the connection.',
  E_NOT_BITTORRENT:
    'The first bytes are neither a handshake nor a known protocol. A client that accepts only encrypted connections can look like this.',
  E_NOT_PROVEN:
    'Connections are accepted, and no answer proves BitTorrent without an info hash: no public key of MSE, no answer over uTP, no handshake, and no refusal of an info hash. A client without an active torrent closes every connection at once and cannot be told from a limit, a filter, or another service.',
  E_NOT_BITTORRENT_LENGTH:
    'The first byte of a handshake is the length of the protocol name, which is always 19. The protocol name is right, but the length before it is wrong.',
  E_NOT_BITTORRENT_HTTP:
    'This is the port of a web server, often the web interface of the client. The client accepts peers on another port.',
  E_NOT_BITTORRENT_TLS: 'The port uses TLS: it is a web server, or a client that serves an SSL torrent.',
  E_NOT_BITTORRENT_SSH: 'This is the port of an SSH server.',
  E_NOT_BITTORRENT_SOCKS: 'This is the port of a SOCKS proxy.',
  E_WRONG_INFO_HASH:
    'The peer serves one torrent and answers every request with it, it is not the intended peer, or it answers with the other hash of a hybrid torrent.',
  E_SELF_CONNECTION:
    'The connection led back to this machine, by its own address or through a router, or the other side echoes what it receives.',
  E_ENCRYPTION_FAILED:
    'Message stream encryption (MSE) was not completed. A peer without MSE, a torrent that it does not know or has stopped, a limit, and another service look alike.',
  E_SESSION_CLOSED:
    'The findings show what happened last. A seed closes a connection to another seed, most clients close after a message that they do not accept, and all clients close after some minutes of silence.',
  E_SESSION_LOST:
    'Neither side closed. The message has the reason given by the operating system. The machine of the peer may be off, a cable or router may have failed, or a NAT may have dropped the connection.',
  E_SESSION_TIMEOUT:
    'uTP retransmits a packet several times before it gives up. Either the network path failed or the client hangs; these look the same from here. Over TCP, the operating system of the peer acknowledges data even when the client hangs.',
  E_SESSION_RESET:
    'The peer exited without reading what we sent, crashed, or something on the path cut the connection.',
  E_FRAME_TOO_LARGE:
    'No valid message is that long. The stream is damaged, or the other side no longer speaks BitTorrent.',
  E_MALFORMED_MESSAGE:
    'The message at the given byte is shorter or longer than its id allows, or contradicts the torrent.',
  E_NOT_NEGOTIATED: 'The peer sent a message of an extension that one or both handshakes did not announce.',
  E_UNREQUESTED_BLOCK:
    'Every block must answer a request. BEP 6 requires that the connection is closed after an unrequested block.',
  E_MESSAGE_FLOOD:
    'The peer sent more than any well-behaved client does, so peerwire ended the session before it could do harm.',
  E_TIMEOUT:
    '--timeout limits the whole command; the default is one minute. The report shows how far the session got.',
  E_UNCHOKE_TIMEOUT:
    'Full upload slots, an upload limit of 0, a peer that serves only peers that upload to it, and one that takes us for a seed look alike. Slots change every ten to thirty seconds: try --unchoke-timeout 90s.',
  E_BLOCK_TIMEOUT:
    'No whole block came in time. A limited upload, a slow disk, a dropped request, and a path that fails or loses large packets look alike.',
  E_METADATA_TIMEOUT: 'The peer announced ut_metadata but did not answer a metadata request.',
  E_HASHES_TIMEOUT: 'The peer answered a BEP 52 hash request neither with hashes nor with a reject.',
  E_PIECE_HASH:
    'The peer sent data that is not in the torrent: its disk is damaged, the transfer was corrupted, or the peer sends false data. The whole piece came from this peer, so no other peer is responsible.',
  E_BLOCK_PROOF:
    'The block and the hashes that the peer sent with it do not lead to the merkle root of the file in the torrent.',
  E_METADATA_HASH:
    'The data received is not the info dictionary with that hash. The peer sent a wrong size or wrong contents, or the hash that was given is wrong: the beginning of a v2 hash, or one of two hashes that belong to different torrents. The hint says which.',
  E_HASHES_CONTRADICT:
    'The data received matches the hash of one kind but not the other, so no data can match both. The torrent was created incorrectly or was modified. The peer is not at fault: get the torrent again from its creator.',
  E_METADATA_INVALID:
    'The bytes match the requested info hash, so every peer has the same ones: the torrent was created like this, by mistake or on purpose. The message says what is wrong and at which byte.',
  E_PIECE_UNAVAILABLE:
    'The bitfield and have messages of the peer do not announce that piece. The report shows which pieces it announced.',
  E_REQUEST_REJECTED:
    'With the fast extension, a peer answers requests that it does not serve: it has choked us in the meantime, its queue is full, or it does not have the piece that it announced.',
  E_NO_EXTENSION_PROTOCOL:
    'Without the extension protocol there is no metadata, no peer exchange and no client name.',
  E_NO_METADATA_EXTENSION:
    'The peer supports the extension protocol but does not offer ut_metadata. Clients do not offer it for private torrents, by design.',
  E_METADATA_SIZE:
    'A peer that does not have the metadata itself does not announce a size: try another peer. A size of 0 or of many megabytes is a bug or an attack.',
  E_METADATA_REJECTED: 'The peer does not have the metadata, or limits how much of it it sends per minute.',
  E_HASHES_REJECTED:
    'The peer does not have the hashes, or serves other layers of the tree than the requested one.',
  E_FILE_EXISTS:
    'Existing files are replaced only with --force. fetch does not have --force: it continues with the files that it finds, and refuses links, folders, files that are too long, and incomplete files that have other hard links.',
  E_FILE_READ:
    'The message has the reason given by the operating system: the file does not exist, permission is denied, it was replaced in the meantime, or it is a pipe without a writer.',
  E_FILE_WRITE:
    'The message has the reason given by the operating system: the folder does not exist, is not writable or is on a read-only file system, a name is too long, or another program removed or replaced the output in the meantime.',
  E_DISK_FULL: `The disk has no space left, or the quota is exhausted. ${OUTPUT_LEFT}`,
  E_LOCAL_FIREWALL:
    'The operating system refused to send (EPERM or EACCES), because of a packet filter, a sandbox or a container policy on this machine. This says nothing about the peer.',
  E_BIND: 'The address of --source does not belong to this machine, or the port is in use.',
  E_INTERNAL: 'This should never happen. Run again with -v, which prints the location, and report it.',
  E_INTERRUPTED: `The report contains everything known up to that point. ${OUTPUT_LEFT}`,
  E_HANGUP: `The report contains everything known up to that point. ${OUTPUT_LEFT}`,
  E_TERMINATED: `The report contains everything known up to that point. ${OUTPUT_LEFT}`,
}
