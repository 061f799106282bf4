import type { ErrorCode } from '../../base/errors.ts'
import type { Phase } from '../../base/phase.ts'
import type { Finding } from '../../diagnose/finding.ts'
import type { FetchBlockReport } from './fetch.ts'

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

/** The main job, done to an embedded seeder. */
export interface DemoReport extends Envelope<'demo'> {
  readonly connect: ConnectReport
  readonly fetchBlock: FetchBlockReport
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
