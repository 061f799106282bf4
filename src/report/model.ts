import type { ErrorCode } from '../base/errors.ts'
import type { Phase } from '../base/phase.ts'
import type { Finding } from '../diagnose/finding.ts'

/** What an attempt came to; one word of a closed set. */
export type Outcome =
  | 'ok'
  | 'refused'
  | 'unreachable'
  | 'timeout'
  | 'closed'
  | 'reset'
  | 'not-bittorrent'
  | 'wrong-info-hash'
  | 'encryption-failed'
  | 'protocol-error'
  | 'local-error'

/** A byte string of a peer's: text when it is valid UTF-8, else hex; `truncated` when it was cut. */
export type ByteText =
  | string
  | { readonly hex: string; readonly truncated?: true }
  | { readonly text: string; readonly truncated: true }

/** A bencoded value as JSON; integers outside the safe range become decimal strings. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** Why a command ended early, as a `PeerError` says it; null where it knows nothing. */
export interface ErrorReport {
  readonly code: ErrorCode
  readonly phase: Phase | null
  readonly message: string
  readonly hint: string | null
}

/** What every document has. */
export interface Envelope<Command extends string> {
  readonly schema: `peerwire.${Command}/1`
  readonly version: string
  readonly ok: boolean
  readonly exitCode: number
  readonly error: ErrorReport | null
}

/** The peer as it was typed, and the address that answered. */
export interface TargetReport {
  /** The peer as it was given. */
  readonly input: string
  readonly host: string | null
  readonly port: number | null
  readonly address: string | null
  readonly family: 4 | 6 | null
}

/** What is known of the torrent; info hashes in hex, sizes in bytes. */
export interface TorrentReport {
  readonly infoHashV1: string | null
  readonly infoHashV2: string | null
  readonly name: ByteText | null
  readonly pieceCount: number | null
  readonly pieceLength: number | null
}

/** One connection that was tried. */
export interface AttemptReport {
  readonly address: string | null
  readonly transport: 'tcp' | 'utp'
  readonly encryption: 'plaintext' | 'rc4' | 'mse-plaintext'
  readonly outcome: Outcome
  readonly phase: Phase
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly closedBy: 'us' | 'peer' | null
  readonly closeKind: 'fin' | 'rst' | null
  readonly elapsedMs: number
  readonly error: ErrorReport | null
}

/** How a uTP connection went, and why the peer closed it if it said so. Sizes in bytes. */
export interface UtpReport {
  readonly roundTripMs: number | null
  readonly roundTripVarianceMs: number
  /** How long our packets wait in queues on the way. */
  readonly queueingDelayMs: number
  readonly congestionWindow: number
  readonly peerWindow: number
  /** Largest payload of one packet of ours, and of the peer's. */
  readonly packetPayload: number
  readonly peerPacketPayload: number
  readonly packetsSent: number
  readonly packetsReceived: number
  readonly packetsIgnored: number
  readonly packetsLost: number
  readonly packetsResent: number
  readonly timeouts: number
  readonly duplicatesReceived: number
  readonly outOfOrderReceived: number
  readonly closeReason: { readonly code: number; readonly name: string } | null
}

/** Moments of the session, each in milliseconds since the start of the command; null when it did not come. */
export interface TimingReport {
  readonly dnsMs: number | null
  readonly connectMs: number | null
  readonly encryptionMs: number | null
  readonly handshakeMs: number | null
  readonly extensionHandshakeMs: number | null
  readonly availabilityMs: number | null
  readonly unchokeMs: number | null
  readonly totalMs: number
}

/** A peer id: in hex, escaped, and as the client it stands for. */
export interface PeerIdReport {
  readonly hex: string
  /** Printable ASCII, everything else escaped. */
  readonly text: string
  readonly style: string
  readonly client: string | null
  readonly version: string | null
}

/** The handshake of the peer; bytes in hex. */
export interface HandshakeReport {
  readonly protocol: string
  readonly reserved: string
  readonly features: readonly string[]
  readonly infoHash: string
  readonly peerId: PeerIdReport
}

/** What the extension handshakes of the peer say, merged (BEP 10). */
export interface ExtensionHandshakeReport {
  readonly extensions: { readonly [name: string]: number }
  readonly client: ByteText | null
  readonly reqq: number | null
  readonly metadataSize: number | null
  readonly listenPort: number | null
  readonly yourIp: string | null
  readonly ipv4: string | null
  readonly ipv6: string | null
  readonly uploadOnly: boolean | null
  readonly raw: JsonValue
}

/** What the peer claims to have. */
export interface AvailabilityReport {
  readonly source: 'have-all' | 'have-none' | 'bitfield' | 'haves' | 'none'
  readonly pieceCount: number | null
  readonly have: number | null
  readonly percent: number | null
  readonly bitfield: string | null
  readonly ranges: string | null
}

/** Who chokes whom, and who is interested, at the end of the session. */
export interface ChokingReport {
  readonly amChoking: boolean
  readonly amInterested: boolean
  readonly peerChoking: boolean
  readonly peerInterested: boolean
}

/** What a session with one peer showed; shared by every command that holds one. */
export interface SessionReport {
  readonly target: TargetReport
  readonly torrent: TorrentReport
  readonly attempts: readonly AttemptReport[]
  readonly session: {
    readonly transport: 'tcp' | 'utp'
    readonly encryption: 'plaintext' | 'rc4' | 'mse-plaintext'
  } | null
  /** Of the last attempt; null over TCP. */
  readonly utp: UtpReport | null
  readonly timing: TimingReport
  readonly handshake: HandshakeReport | null
  readonly extensionHandshake: ExtensionHandshakeReport | null
  readonly availability: AvailabilityReport | null
  readonly choking: ChokingReport | null
  readonly fast: { readonly allowedFast: readonly number[]; readonly suggested: readonly number[] } | null
  readonly dhtPort: number | null
  readonly messages: {
    readonly received: { readonly [type: string]: number }
    readonly sent: { readonly [type: string]: number }
  }
  readonly findings: readonly FindingReport[]
  readonly expectations: readonly ExpectationReport[]
}

/** One observation about the peer, as a rule made it. */
export type FindingReport = Pick<Finding, 'id' | 'severity' | 'title' | 'detail' | 'reference'>

/** One `--expect`: what was wanted, what there was, whether it holds. */
export interface ExpectationReport {
  readonly expression: string
  readonly held: boolean
  readonly expected: string
  readonly actual: JsonValue
}

/** The document of `connect`. */
export interface ConnectReport extends Envelope<'connect'>, SessionReport {}

/** One answered request for a block. */
export interface RequestReport {
  readonly offset: number
  readonly length: number
  readonly latencyMs: number
}

/** How blocks of a v2 file lead to its pieces root; hashes are 64 hex digits (BEP 52). */
export interface MerkleProofReport {
  readonly piecesRoot: string
  /** Layer of the proven hashes; 0 is the layer of the blocks. */
  readonly baseLayer: number
  /** Position of the first in its layer, and how many. */
  readonly index: number
  readonly length: number
  /** These hashes, and after them the other child at each step to the root, lowest first. */
  readonly hashes: readonly string[]
}

/** The bytes that `fetch-block` asked for, and how far they are proven. Sizes in bytes. */
export interface BlockReport {
  readonly piece: number
  readonly offset: number
  readonly length: number
  /** Bytes written. */
  readonly bytes: number
  readonly sha1: string | null
  /** Path, or `-` for stdout. */
  readonly output: string
  /** How the block was proven: the whole piece by SHA-1, a merkle proof, or not at all. */
  readonly verified: 'piece-sha1' | 'merkle-proof' | 'none'
  /** Why not, or why not by a merkle proof. */
  readonly verifiedDetail: string | null
  /** The merkle proof, enough to check the written blocks again without the peer; null for any other. */
  readonly proof: MerkleProofReport | null
  readonly requests: readonly RequestReport[]
}

/** The document of `fetch-block`. */
export interface FetchBlockReport extends Envelope<'fetch-block'>, SessionReport {
  readonly block: BlockReport | null
}

/** The main job, done to an embedded seeder. */
export interface DemoReport extends Envelope<'demo'> {
  readonly connect: ConnectReport
  readonly fetchBlock: FetchBlockReport
}

/** What an info dictionary says. */
export interface MetadataReport {
  /** Of the info dictionary, in bytes. */
  readonly size: number
  readonly name: ByteText
  readonly version: 'v1' | 'v2' | 'hybrid'
  /** Bytes of all files. */
  readonly totalLength: number
  readonly pieceLength: number
  readonly pieceCount: number
  readonly private: boolean
  readonly fileCount: number
  /** The first 10000; paths as they would be on disk. */
  readonly files: readonly { readonly path: string; readonly length: number }[]
  /** Path of the .torrent, `-` for stdout, null when none was written. */
  readonly output: string | null
  /** Whether the .torrent has its piece layers (BEP 52), and if not, why; null in v1, and when none was written. */
  readonly pieceLayers: { readonly complete: boolean; readonly error: ErrorReport | null } | null
}

/** The document of `metadata`. */
export interface MetadataCommandReport extends Envelope<'metadata'>, SessionReport {
  readonly metadata: MetadataReport | null
}

/** How long answers to requests took: what share of them, in percent, took no longer than that. */
export interface LatencyReport {
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** What became of the pieces that were wanted. Sizes in bytes. */
export interface FetchReport {
  /** The folder; null when nothing was to be kept. */
  readonly output: string | null
  /** Piece ranges such as `0-5,7`, of this torrent. */
  readonly wanted: string
  readonly wantedCount: number
  /** Pieces that were on disk already, hashed and found good. */
  readonly alreadyThere: number
  /** Pieces that were fetched and verified. */
  readonly fetched: number
  /** Pieces whose hash was wrong; nothing of them was written. */
  readonly bad: readonly number[]
  /** Pieces that the peer claims and keeps rejecting. */
  readonly refused: readonly number[]
  /** Piece ranges that the peer does not claim. */
  readonly unavailable: string
  readonly unavailableCount: number
  /** All that was wanted is there and verified. */
  readonly complete: boolean
  /** Bytes of blocks that were asked for and came. */
  readonly bytes: number
  /** From the first request to the last block. */
  readonly transferMs: number
  readonly bytesPerSecond: number | null
  readonly latency: LatencyReport | null
  readonly chokes: number
  readonly rejects: number
  readonly duplicates: number
  readonly unasked: number
  readonly overdue: number
  /** With --sample: how many pieces were asked for, and how many the peer really served. */
  readonly sample: { readonly asked: number; readonly served: number } | null
}

/** The document of `fetch`. */
export interface FetchCommandReport extends Envelope<'fetch'>, SessionReport {
  readonly fetch: FetchReport | null
}

/** Something that a peer of ours did against a BEP. */
export interface ServeDeviationReport {
  readonly id: string
  /** Counts the peer's messages from 1, its handshake. */
  readonly message: number
  /** Of the message in the peer's stream, in bytes. */
  readonly offset: number
  readonly detail: string
  readonly reference: string
}

/** Before its handshake, without interest, interested but choked, and allowed to request. */
export type ServedPeerState = 'handshake' | 'idle' | 'waiting' | 'served'

/** One connection of a seeder. */
export interface ServedPeerReport {
  readonly peer: number
  readonly remote: string
  readonly transport: 'tcp' | 'utp'
  readonly encryption: 'plaintext' | 'rc4' | 'mse-plaintext'
  readonly peerId: string | null
  readonly client: string | null
  readonly durationMs: number
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly requests: number
  /** Bytes of blocks. */
  readonly uploaded: number
  readonly closedBy: 'us' | 'peer'
  readonly closeKind: 'fin' | 'rst' | null
  readonly error: ErrorReport | null
  readonly deviationCount: number
  /** The first hundred of them. */
  readonly deviations: readonly ServeDeviationReport[]
  /** What is odd and against no BEP, the first hundred. */
  readonly notes: readonly ServeDeviationReport[]
}

/** The document of `serve`, and of its last event. */
export interface ServeReport extends Envelope<'serve'> {
  readonly address: string | null
  readonly torrent: TorrentReport
  readonly strict: boolean
  readonly faults: readonly string[]
  readonly seed: number
  readonly connections: number
  readonly refusedConnections: number
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly uploaded: number
  /** Of all peers; 0 unless strict. */
  readonly deviations: number
  readonly durationMs: number
  /** The first thousand that have gone. */
  readonly peers: readonly ServedPeerReport[]
}

/** What is printed when the command line itself was wrong before a command was known. */
export type PlainErrorReport = Envelope<'error'>

/** One thing that `explain` knows: an exit code, an error, a finding, a message, a reserved bit, a peer id. */
export interface TopicReport {
  readonly kind: 'exit-code' | 'error' | 'finding' | 'message' | 'reserved-bit' | 'peer-id'
  /** What to type to get it. */
  readonly id: string
  readonly title: string
  readonly text: string
  readonly reference: string | null
}

/** The document of `explain`. */
export interface ExplainReport extends Envelope<'explain'> {
  readonly topics: readonly TopicReport[]
}
