/**
 * Every bound on what a peer can make us keep, wait for or allocate, with its reason. Peers are assumed hostile: each
 * length, index, count and string is checked against one of these before it is used.
 */

/** Length of a block, in bytes. Every client serves this; some refuse larger requests (BEP 3: 2^14). */
export const BLOCK_LENGTH = 16_384

/** Most outstanding requests to one peer; libtorrent also keeps at most 500. */
export const MAX_OUTSTANDING_REQUESTS = 500

/** Most requests queued for one peer, announced as `reqq`: 8 MiB of blocks, more than any client keeps outstanding. */
export const SERVE_QUEUE_LENGTH = 512

/** Most metadata requests, and most hash requests, queued for one peer; further ones are rejected (Transmission: 64). */
export const MAX_PENDING_ANSWERS = 256

/** Most bytes read for one answer to a hash request: a piece, or 512 blocks of the leaf layer. */
export const MAX_HASHED_BYTES = 16 * 1024 * 1024

/** Most bytes buffered for a peer that does not read, beyond what its transport accepts. Above it we stop reading from the peer. */
export const MAX_UNREAD_BYTES = 65_536

/** Most characters of a trace buffered for a slow reader of stderr; further events are counted and dropped. */
export const MAX_UNWRITTEN_TRACE = 256 * 1024

/** Most characters of `--trace-file` buffered for a slow disk; further events are dropped and the exit code is 9. */
export const MAX_UNWRITTEN_TRACE_FILE = 16 * 1024 * 1024

/** Most bytes of `--capture` buffered for a slow disk; further packets are dropped and the exit code is 9. */
export const MAX_UNWRITTEN_CAPTURE = 64 * 1024 * 1024

/** Useless messages that a peer may send to a seeder in a burst before they count as a flood; see FLOOD_RATE. */
export const FLOOD_BURST = 4096

/** Useless messages per second that do not count towards FLOOD_BURST. */
export const FLOOD_RATE = 64

/** Largest synthetic torrent, in bytes: hashing it takes a few minutes. */
export const MAX_SYNTHETIC_LENGTH = 256 * 1024 * 1024 * 1024

/** Most incomplete pieces at a time: their block states are kept in memory. */
export const MAX_ACTIVE_PIECES = 4096

/** Most peers whose pieces are counted together: availability is kept in 16 bits. */
export const MAX_COUNTED_PEERS = 65_535

/** Most outstanding hash requests to one peer. */
export const MAX_PENDING_HASH_REQUESTS = 16

/** Largest length prefix of *bitfield*, *piece* and *extended*, in bytes: the bitfield of 16 million pieces still fits. */
export const MAX_FRAME_LENGTH = 2 * 1024 * 1024

/** Largest length prefix that a seeder accepts, in bytes, except for a bitfield of its torrent: clients send it about 100 bytes at a time. */
export const MAX_SERVED_FRAME_LENGTH = 65_536

/** Memory for the incomplete messages of all peers of a seeder, in bytes; above it the connection with the oldest one is closed. */
export const MAX_SERVED_FRAME_MEMORY = 16 * 1024 * 1024

/** Most hashes in one *hashes* message: 8192 of the base layer (libtorrent's limit) and a proof of 64 layers (BEP 52). */
export const MAX_HASHES = 8192 + 64

/** Most hashes of one layer in a hash request (libtorrent refuses more). */
export const MAX_HASH_REQUEST_LENGTH = 8192

/** What a hash request should not exceed (BEP 52). */
export const RECOMMENDED_HASH_REQUEST_LENGTH = 512

/** Most layers of a merkle proof; a file of 2^63 bytes has fewer. */
export const MAX_HASH_PROOF_LAYERS = 64

/** Largest payload kept of a message with an unknown id, in bytes: enough to show, too small to do harm. */
export const MAX_UNKNOWN_FRAME_LENGTH = 65_536

/** Most pieces of a torrent: as many as a bitfield in the largest frame can describe. */
export const MAX_PIECES = (MAX_FRAME_LENGTH - 1) * 8

/** Deepest nesting of lists and dictionaries in bencode; real messages need 4, attacks send 10^5. */
export const MAX_BENCODE_DEPTH = 32

/** Most values in one bencoded message from a peer; an extension handshake has about 30. */
export const MAX_BENCODE_ITEMS = 65_536

/** Longest extension handshake that is parsed, in bytes; real ones are under 1 KiB. Longer ones are reported. */
export const MAX_EXTENSION_HANDSHAKE_LENGTH = 1024 * 1024 + 65_536

/** Most names of `m` kept over all extension handshakes of a peer; an id is one byte, and 0 may occur many times. */
export const MAX_EXTENSIONS = 512

/** Longest extension name that is kept, in bytes; real ones are under 16. */
export const MAX_EXTENSION_NAME_LENGTH = 64

/** Most issues listed for one message from a peer; more would add nothing. */
export const MAX_EXTENSION_ISSUES = 64

/** Longest of the four pads of message stream encryption, in bytes (MSE: 0 to 512). */
export const MAX_ENCRYPTION_PAD_LENGTH = 512

/** Longest initial payload (IA) of message stream encryption, in bytes: one handshake. libtorrent and rTorrent refuse more. */
export const MAX_INITIAL_PAYLOAD_LENGTH = 68

/** Most peers added, or dropped, in one ut_pex message after the first (BEP 11). */
export const PEX_PEERS_PER_MESSAGE = 50

/** Most peers read from one list of ut_pex; the first message of a connection may be long. */
export const MAX_PEX_PEERS = 1024

/** Most comments read from one ut_comment message; clients ask for 20. */
export const MAX_COMMENTS = 100

/** One page of ut_metadata, in bytes (BEP 9). */
export const METADATA_PIECE_LENGTH = 16_384

/** Largest metadata fetched, in bytes; libtorrent's default is 30 MiB, webtorrent's 10 MB. */
export const MAX_METADATA_LENGTH = 32 * 1024 * 1024

/** Requests that a peer queues when it does not announce `reqq` (BEP 10). */
export const DEFAULT_REQQ = 250

/** Size of the canonical allowed-fast set (BEP 6). */
export const ALLOWED_FAST_COUNT = 10

/** Most allowed-fast or suggested pieces that are remembered for one peer; clients send 5 or 10. */
export const MAX_FAST_PIECES = 1024

/** Longest magnet link read, in characters; one with a hundred trackers has about 10 000. */
export const MAX_MAGNET_LENGTH = 65_536

/** Most `key=value` pairs of a magnet link that are read. */
export const MAX_MAGNET_PARAMETERS = 1024

/** Most peers, trackers and web seeds (each) kept from a magnet link; the first ones win. */
export const MAX_MAGNET_ADDRESSES = 100

/** Highest file index a magnet link can select (libtorrent's limit). */
export const MAX_SELECTED_FILE = 10_000

/** Most extensions in the chain of one uTP packet; clients send two at most. */
export const MAX_UTP_EXTENSIONS = 16

/** Most packets that a uTP receiver keeps after a missing one, and that a sender keeps unacknowledged: what libutp buffers. */
export const UTP_WINDOW_PACKETS = 1024

/** Memory for missing packets and slow readers of all uTP connections of one socket, in bytes; above it packets are dropped and must be resent. */
export const UTP_RECEIVE_MEMORY = 16 * 1024 * 1024

/** Receive window of a uTP connection, in bytes: enough for 25 MiB/s at 40 ms. */
export const UTP_RECEIVE_WINDOW = 1024 * 1024

/** Most bytes that a uTP sender has in flight, whatever window the peer offers. */
export const UTP_SEND_WINDOW = 1024 * 1024

/** Most incoming uTP connections that have not yet proved their address; the oldest is dropped for a new one. */
export const MAX_UTP_PENDING = 256

/** Most uTP connections on one socket. */
export const MAX_UTP_CONNECTIONS = 4096

/** Largest .torrent read, in bytes: metadata of the maximum length, and piece layers of the same size. */
export const MAX_TORRENT_LENGTH = 2 * MAX_METADATA_LENGTH

/** Most values in a .torrent; one with the maximum number of files has about ten per file. */
export const MAX_METAINFO_ITEMS = 4_000_000

/** Deepest nesting of lists and dictionaries in a .torrent (libtorrent's limit); v2 nests its folders. */
export const MAX_METAINFO_DEPTH = 100

/** Most files of a torrent; the largest known have about 100 000. */
export const MAX_TORRENT_FILES = 200_000

/** Longest piece, in bytes: 512 MiB, libtorrent's limit. A piece is held in memory until it is hashed. */
export const MAX_PIECE_LENGTH = 512 * 1024 * 1024

/** Longest client name read from an extension handshake, in characters; real ones are under 50. */
export const MAX_CLIENT_NAME_LENGTH = 256

/** Largest captured packet that is read, in bytes: what tcpdump and Wireshark capture at most. */
export const MAX_CAPTURED_PACKET_LENGTH = 256 * 1024

/** Largest block of a pcapng file, in bytes; blocks of names and secrets are far smaller. */
export const MAX_CAPTURE_BLOCK_LENGTH = 16 * 1024 * 1024

/** Most interfaces of a section of a pcapng file; a machine has a few dozen. */
export const MAX_CAPTURE_INTERFACES = 4096

/** Most extension headers of an IPv6 packet that are skipped; each may appear once, and one twice (RFC 8200). */
export const MAX_IP_EXTENSION_HEADERS = 16

/** Most IP datagrams of which fragments are kept; the oldest is dropped for a new one. */
export const MAX_FRAGMENTED_DATAGRAMS = 256

/** Memory for the fragments of all datagrams, in bytes, each with `KEPT_BYTES_OVERHEAD`; above it the oldest are dropped. */
export const MAX_FRAGMENT_MEMORY = 4 * 1024 * 1024

/** Most merkle trees, and most runs of pieces of one length, that the trace of a seeder may name. */
export const MAX_SERVED_ITEMS = 500_000

/** Most connections of a capture that are followed; further ones are counted. */
export const MAX_OBSERVED_CONNECTIONS = 4096

/** Most packets of one direction that are kept because an earlier one is missing; then that one is given up. */
export const MAX_EARLY_PACKETS = 1024

/** What an array of bytes that is kept costs besides its bytes, about: many of one byte must not be free. */
export const KEPT_BYTES_OVERHEAD = 256

/** Memory for such packets of all connections of a capture, in bytes, each with `KEPT_BYTES_OVERHEAD`. */
export const MAX_EARLY_MEMORY = 16 * 1024 * 1024

/** Memory for incomplete messages of all connections of a capture, in bytes; above it the oldest are given up. */
export const MAX_DISSECTED_MEMORY = 16 * 1024 * 1024

/** Longest message after which another is looked for where bytes of a stream are missing, in bytes; blocks are shorter. */
export const MAX_RESYNC_FRAME = 128 * 1024

/** Most messages of a stream in the document of `decode`; the rest is counted. */
export const MAX_DECODED_ITEMS = 10_000

/** Most pseudonyms of each kind that `--redact` remembers; further ones are derived. */
export const MAX_PSEUDONYMS = 100_000

/** Most texts that `--redact` looks for in messages and hints, in all their forms. */
export const MAX_REDACTED_TEXTS = 500

/** Longest message that `--redact` holds until it is complete, in bytes; the content of longer ones is cleared. */
export const MAX_REDACTED_FRAME = 128 * 1024
