/**
 * Every bound on what a peer may make us keep, wait for or allocate, with its reason. A peer is hostile: each
 * length, index, count and string is held against one of these before it is used.
 */

/** Every client serves this; larger requests are refused by some (BEP 3: 2^14). */
export const BLOCK_LENGTH = 16_384

/** Most requests that wait for one peer's answer; libtorrent keeps 500 outstanding at most. */
export const MAX_OUTSTANDING_REQUESTS = 500

/** Requests of one peer that wait for their blocks, told as `reqq`: 8 MiB of blocks, more than any client keeps in flight. */
export const SERVE_QUEUE_LENGTH = 512

/** Requests for metadata, and for hashes, that wait for one peer; more are rejected (Transmission: 64). */
export const MAX_PENDING_ANSWERS = 256

/** Most bytes read for one answer to a hash request: a piece, or 512 blocks of the leaf layer. */
export const MAX_HASHED_BYTES = 16 * 1024 * 1024

/** Bytes sent to a peer that reads none of them, beyond what its transport takes; then nothing more is read from it either. */
export const MAX_UNREAD_BYTES = 65_536

/** Characters of a trace that wait for a slow reader of stderr; further events are counted and left out. */
export const MAX_UNWRITTEN_TRACE = 256 * 1024

/** Characters of `--trace-file` that wait for a slow disk; further events are left out, which is exit 9. */
export const MAX_UNWRITTEN_TRACE_FILE = 16 * 1024 * 1024

/** Messages in a row that a peer may send a seeder to no purpose before it is a flood; see FLOOD_RATE. */
export const FLOOD_BURST = 4096

/** How many of these a second are forgiven. */
export const FLOOD_RATE = 64

/** Largest torrent made up from a number, in bytes: hashing it takes some minutes. */
export const MAX_SYNTHETIC_LENGTH = 256 * 1024 * 1024 * 1024

/** Most pieces that are begun and not finished at a time: their block states are kept in memory. */
export const MAX_ACTIVE_PIECES = 4096

/** Most peers whose pieces are counted together: availability is kept in 16 bits. */
export const MAX_COUNTED_PEERS = 65_535

/** Most hash requests that wait for one peer's answer. */
export const MAX_PENDING_HASH_REQUESTS = 16

/** Largest length prefix of *bitfield*, *piece* and *extended*, in bytes: the bitfield of 16 million pieces still fits. */
export const MAX_FRAME_LENGTH = 2 * 1024 * 1024

/** Longest length prefix that a seeder takes, in bytes, but for a bitfield of its torrent: clients send it some 100 bytes at a time. */
export const MAX_SERVED_FRAME_LENGTH = 65_536

/** Memory for the incomplete messages of all peers of a seeder, in bytes; beyond it the oldest such message ends its connection. */
export const MAX_SERVED_FRAME_MEMORY = 16 * 1024 * 1024

/** Most hashes in one *hashes* message: 8192 of the base layer (libtorrent's limit) and a proof of 64 layers (BEP 52). */
export const MAX_HASHES = 8192 + 64

/** Most hashes of one layer in a hash request (libtorrent refuses more). */
export const MAX_HASH_REQUEST_LENGTH = 8192

/** What a hash request should not exceed (BEP 52). */
export const RECOMMENDED_HASH_REQUEST_LENGTH = 512

/** Most layers of a merkle proof; a file of 2^63 bytes has fewer. */
export const MAX_HASH_PROOF_LAYERS = 64

/** Largest payload kept of a message whose id nobody defined, in bytes; enough to show, too small to hurt. */
export const MAX_UNKNOWN_FRAME_LENGTH = 65_536

/** Most pieces of a torrent: what a bitfield of the largest frame can describe. */
export const MAX_PIECES = (MAX_FRAME_LENGTH - 1) * 8

/** Deepest nesting of lists and dictionaries in bencode; real messages need 4, attacks send 10^5. */
export const MAX_BENCODE_DEPTH = 32

/** Most values in one bencoded message of a peer; an extension handshake has some 30. */
export const MAX_BENCODE_ITEMS = 65_536

/** Longest extension handshake that is looked into, in bytes; real ones are under 1 KiB. Larger ones are reported. */
export const MAX_EXTENSION_HANDSHAKE_LENGTH = 1024 * 1024 + 65_536

/** Most names kept of `m` over all extension handshakes of a peer; an id is one byte, and 0 may stand many times. */
export const MAX_EXTENSIONS = 512

/** Longest name of an extension that is kept, in bytes; real ones are under 16. */
export const MAX_EXTENSION_NAME_LENGTH = 64

/** Most issues listed for one message of a peer; more say nothing new. */
export const MAX_EXTENSION_ISSUES = 64

/** Longest of the four pads of message stream encryption, in bytes (MSE: 0 to 512). */
export const MAX_ENCRYPTION_PAD_LENGTH = 512

/** Longest initial payload (IA) of message stream encryption, in bytes: a handshake; libtorrent and rTorrent refuse more. */
export const MAX_INITIAL_PAYLOAD_LENGTH = 68

/** Most peers added, or dropped, in one ut_pex message after the first (BEP 11). */
export const PEX_PEERS_PER_MESSAGE = 50

/** Most peers read of one list of ut_pex; the first message of a connection may be long. */
export const MAX_PEX_PEERS = 1024

/** Most comments read of one ut_comment message; clients ask for 20. */
export const MAX_COMMENTS = 100

/** One page of ut_metadata, in bytes (BEP 9). */
export const METADATA_PIECE_LENGTH = 16_384

/** Largest metadata fetched, in bytes; libtorrent's default is 30 MiB, webtorrent's 10 MB. */
export const MAX_METADATA_LENGTH = 32 * 1024 * 1024

/** Requests a peer queues when it says nothing (BEP 10). */
export const DEFAULT_REQQ = 250

/** Size of the canonical allowed-fast set (BEP 6). */
export const ALLOWED_FAST_COUNT = 10

/** Most allowed-fast or suggested pieces that are remembered for one peer; clients send 5 or 10. */
export const MAX_FAST_PIECES = 1024

/** Longest magnet link read, in characters; one with a hundred trackers has some 10 000. */
export const MAX_MAGNET_LENGTH = 65_536

/** Most `key=value` pairs of a magnet link that are looked at. */
export const MAX_MAGNET_PARAMETERS = 1024

/** Most peers, trackers and web seeds, each, kept of a magnet link; the first ones win. */
export const MAX_MAGNET_ADDRESSES = 100

/** Highest file index a magnet link can select (libtorrent's limit). */
export const MAX_SELECTED_FILE = 10_000

/** Most extensions in the chain of one uTP packet; clients send two at most. */
export const MAX_UTP_EXTENSIONS = 16

/** Packets a uTP receiver keeps ahead of a missing one, and a sender keeps unacknowledged: what libutp buffers. */
export const UTP_WINDOW_PACKETS = 1024

/** What all uTP connections of one socket hold for missing packets and slow readers, in bytes; beyond it packets have to come again. */
export const UTP_RECEIVE_MEMORY = 16 * 1024 * 1024

/** What a uTP connection offers to buffer, in bytes: enough for 25 MiB/s at 40 ms. */
export const UTP_RECEIVE_WINDOW = 1024 * 1024

/** Most bytes a uTP sender has in flight, whatever window the peer offers. */
export const UTP_SEND_WINDOW = 1024 * 1024

/** uTP connections that have sent a SYN and not yet proved their address; the oldest makes room for a new one. */
export const MAX_UTP_PENDING = 256

/** uTP connections on one socket. */
export const MAX_UTP_CONNECTIONS = 4096

/** Largest .torrent read, in bytes: metadata of the greatest length, and piece layers of the same. */
export const MAX_TORRENT_LENGTH = 2 * MAX_METADATA_LENGTH

/** Most values in a .torrent; one of the most files has ten for each. */
export const MAX_METAINFO_ITEMS = 4_000_000

/** Deepest nesting of lists and dictionaries in a .torrent (libtorrent's limit); folders of v2 are nested. */
export const MAX_METAINFO_DEPTH = 100

/** Most files of a torrent; the largest seen have some 100 000. */
export const MAX_TORRENT_FILES = 200_000

/** Longest piece, in bytes: 512 MiB, what libtorrent takes. A piece has to be held until it is hashed. */
export const MAX_PIECE_LENGTH = 512 * 1024 * 1024

/** Longest client name taken from an extension handshake, in characters; real ones are under 50. */
export const MAX_CLIENT_NAME_LENGTH = 256
