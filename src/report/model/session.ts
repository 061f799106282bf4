import { CLOSED_BY } from '../../base/closed-by.ts'
import * as s from '../../base/schema/schema.ts'
import type { CauseCode } from '../../diagnose/cause/causes.ts'
import { torrentMembers } from '../../trace/torrent.ts'
import { closeReason, utp } from '../../trace/utp.ts'
import { error, phase } from './envelope.ts'

export type { TorrentNoteReport, TorrentReport } from '../../trace/torrent.ts'
export type { UtpReport } from '../../trace/utp.ts'

const outcome = s.named(
  'outcome',
  // prettier-ignore
  s.words(['ok', 'refused', 'unreachable', 'timeout', 'closed', 'reset', 'lost', 'not-bittorrent', 'wrong-info-hash', 'encryption-failed', 'protocol-error', 'local-error']),
)
/** The outcome of one attempt. */
export type Outcome = s.Infer<typeof outcome>

export const transport = s.named('transport', s.words(['tcp', 'utp']))
export const encryption = s.named('encryption', s.words(['plaintext', 'rc4', 'mse-plaintext']))

export const target = s.named(
  'target',
  s.object({
    input: s.described(s.text, 'the peer as it was typed'),
    host: s.nullable(s.text),
    port: s.nullable(s.count),
    address: s.described(s.nullable(s.text), 'the address that answered, or was tried last'),
    family: s.nullable(s.words([4, 6])),
  }),
)

export const torrent = s.named('torrent', s.object(torrentMembers))

const knownEncryption = s.described(
  s.nullable(encryption),
  'null: the connection began before the capture that was decoded',
)

/** The keys of a connection attempt. */
export const attemptMembers = {
  address: s.nullable(s.text),
  port: s.nullable(s.count),
  transport,
  encryption: knownEncryption,
  outcome,
  phase,
  bytesSent: s.count,
  bytesReceived: s.count,
  closedBy: s.nullable(s.words(CLOSED_BY)),
  closeKind: s.nullable(s.words(['fin', 'rst'])),
  closeReason: s.described(s.nullable(closeReason), 'the reason that the peer gave, over uTP'),
  startedMs: s.described(s.milliseconds, 'when it began, since the start of the command'),
  elapsedMs: s.milliseconds,
  error: s.nullable(error),
} as const satisfies s.Properties

const attempt = s.named('attempt', s.object(attemptMembers))
/** One connection attempt. */
export interface AttemptReport extends s.Infer<typeof attempt> {}

const timing = s.named(
  'timing',
  s.object({
    startedMs: s.described(
      s.milliseconds,
      'what all but dnsMs and totalMs count from, since the start: 0, or the start of a later attempt',
    ),
    dnsMs: s.nullable(s.milliseconds),
    connectMs: s.nullable(s.milliseconds),
    encryptionMs: s.nullable(s.milliseconds),
    handshakeMs: s.nullable(s.milliseconds),
    extensionHandshakeMs: s.nullable(s.milliseconds),
    availabilityMs: s.nullable(s.milliseconds),
    interestedMs: s.described(
      s.nullable(s.milliseconds),
      'when we said interested: the wait for unchoke begins here',
    ),
    unchokeMs: s.nullable(s.milliseconds),
    totalMs: s.milliseconds,
  }),
)
/**
 * Moments of the session in milliseconds; null if they did not occur. They count from the start of the command, or from
 * the start of the attempt if others failed before it; `dnsMs` and `totalMs` always count from the start of the
 * command.
 */
export interface TimingReport extends s.Infer<typeof timing> {}

const peerId = s.named(
  'peerId',
  s.object({
    hex: s.hex,
    text: s.described(s.text, 'printable ASCII, everything else escaped'),
    style: s.text,
    code: s.described(s.nullable(s.text), 'the code of the client, where the style has one'),
    client: s.nullable(s.text),
    version: s.nullable(s.text),
  }),
)
/** A peer id: in hex, as escaped text, and the client that it names. */
export interface PeerIdReport extends s.Infer<typeof peerId> {}

const handshake = s.named(
  'handshake',
  s.object({ protocol: s.text, reserved: s.hex, features: s.list(s.text), infoHash: s.hex, peerId }),
)
/** The handshake of the peer (BEP 3). */
export interface HandshakeReport extends s.Infer<typeof handshake> {}

const extensionHandshake = s.named(
  'extensionHandshake',
  s.object({
    extensions: s.described(s.map(s.count), 'the message id of each extension; 0 turns it off'),
    client: s.nullable(s.byteString),
    reqq: s.nullable(s.count),
    metadataSize: s.described(s.nullable(s.count), 'in bytes'),
    listenPort: s.nullable(s.count),
    yourIp: s.nullable(s.text),
    ipv4: s.nullable(s.text),
    ipv6: s.nullable(s.text),
    uploadOnly: s.nullable(s.boolean),
    raw: s.described(s.anything, 'every key that came'),
  }),
)
/** The extension handshakes of the peer, merged (BEP 10). */
export interface ExtensionHandshakeReport extends s.Infer<typeof extensionHandshake> {}

export const identity = s.named(
  'identity',
  s.object({
    byPeerId: s.described(s.nullable(s.text), 'the client that the peer id names, if it is a known one'),
    byVersionString: s.described(s.nullable(s.text), 'the client that `v` of the extension handshake names'),
    byBehaviour: s.described(
      s.nullable(
        s.object({
          family: s.described(s.text, 'the client, or the library that several clients use'),
          confidence: s.words(['likely', 'possible']),
          evidence: s.list(
            s.object({
              trait: s.described(s.text, 'see docs/identity.md'),
              text: s.described(s.text, 'what was seen'),
            }),
          ),
        }),
      ),
      'the client that the behaviour fits, without the peer id and `v`; null if that cannot be told',
    ),
    conflict: s.described(s.boolean, 'it names a client that does not behave like that: see client-conflict'),
  }),
)
/** Which client the peer is: what it calls itself, and what it behaves like. */
export interface IdentityReport extends s.Infer<typeof identity> {}

const availability = s.named(
  'availability',
  s.object({
    source: s.words(['have-all', 'have-none', 'bitfield', 'haves', 'none']),
    pieceCount: s.nullable(s.count),
    have: s.nullable(s.count),
    percent: s.nullable(s.percent),
    bitfield: s.nullable(s.hex),
    ranges: s.described(s.nullable(s.text), 'piece ranges, such as 0-5,7'),
  }),
)
/** What the peer claims to have. */
export interface AvailabilityReport extends s.Infer<typeof availability> {}

const choking = s.named(
  'choking',
  s.object({
    amChoking: s.boolean,
    amInterested: s.boolean,
    peerChoking: s.boolean,
    peerInterested: s.boolean,
  }),
)
/** Choking and interest on both sides at the end of the session (BEP 3). */
export interface ChokingReport extends s.Infer<typeof choking> {}

const finding = s.named(
  'finding',
  s.object({
    id: s.text,
    severity: s.words(['info', 'warning', 'error']),
    title: s.text,
    detail: s.text,
    reference: s.text,
  }),
)
/** One finding of the rules about the peer. */
export interface FindingReport extends s.Infer<typeof finding> {}

export const expectation = s.named(
  'expectation',
  s.object({ expression: s.text, held: s.boolean, expected: s.text, actual: s.anything }),
)
/** One `--expect`: the expected value, the actual value, and whether they match. */
export interface ExpectationReport extends s.Infer<typeof expectation> {}

export const client = s.described(
  s.nullable(s.text),
  'name and version of the client, from its extension handshake or else its peer id; escaped',
)

const cause = s.object({
  code: s.described(s.text as s.Schema<CauseCode>, 'docs/causes.md has them all'),
  confidence: s.words(['certain', 'likely', 'possible']),
  text: s.text,
})
/** What can be the reason for a failure, as far as the attempts show it. */
export interface SessionCauseReport extends s.Infer<typeof cause> {}

/** The keys of every command that holds a session with one peer. */
export const session = {
  client,
  target,
  torrent,
  attempts: s.list(attempt),
  session: s.nullable(s.object({ transport, encryption: knownEncryption })),
  utp: s.described(s.nullable(utp), 'the last attempt, null over TCP'),
  timing: s.described(timing, 'since the start of the command'),
  handshake: s.nullable(handshake),
  extensionHandshake: s.nullable(extensionHandshake),
  identity: s.described(identity, 'by all connections to the last address'),
  availability: s.nullable(availability),
  choking: s.nullable(choking),
  fast: s.nullable(s.object({ allowedFast: s.list(s.count), suggested: s.list(s.count) })),
  dhtPort: s.nullable(s.count),
  messages: s.object({ received: s.map(s.count), sent: s.map(s.count) }),
  findings: s.list(finding),
  causes: s.described(
    s.list(cause),
    'why it failed, by the table of `why`: what is certain first, then ranked; empty for a session that went through; of a trace of `why`, what it said',
  ),
  expectations: s.list(expectation),
} as const satisfies s.Properties

/** The report of a session with one peer. */
export interface SessionReport extends s.InferObject<typeof session> {}
