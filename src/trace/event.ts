import { CLOSED_BY } from '../base/closed-by.ts'
import { ERROR_CODES, type ErrorCode } from '../base/errors.ts'
import { PHASES } from '../base/phase.ts'
import * as s from '../base/schema/schema.ts'
import { failure } from './failure.ts'
import { metadataEntry } from './metadata.ts'
import { probeMembers } from './probe.ts'
import { servingEntries } from './serving.ts'
import { torrentMembers } from './torrent.ts'
import { closeReason, utp } from './utp.ts'
import { ALLOWED_FAST_DIALECTS } from '../wire/allowed-fast.ts'
import type { Feature } from '../wire/handshake/reserved-bits.ts'

// A trace is plain data: numbers, words, and bytes as hex, so that a stored one gives the same findings as a live one.

const { count, hex, hexOf, nullable, object, partialObject, text, words } = s

const place = {
  offset: s.described(count, 'where it begins in the stream of its sender, in bytes from connect'),
  length: s.described(count, 'in bytes, the length prefix included'),
}

const error = partialObject(
  { code: words(Object.keys(ERROR_CODES) as readonly ErrorCode[]), message: text },
  { offset: count, reference: text },
)
/** Why something failed; `offset` is a position in the stream from the peer. */
export interface TraceError extends s.Infer<typeof error> {}

const handshake = object({
  reserved: hexOf(8),
  features: s.list(text as s.Schema<Feature>),
  infoHash: hexOf(20),
  peerId: hexOf(20),
})
/** A handshake (BEP 3). */
export interface TraceHandshake extends s.Infer<typeof handshake> {}

const metadata = partialObject(
  { kind: words(['request', 'data', 'reject']), piece: count },
  { totalSize: count },
)
/** The header of a ut_metadata message, never the metadata itself (BEP 9). */
export interface TraceMetadata extends s.Infer<typeof metadata> {}

const defects = s.anyOf([
  object({ type: s.literal('malformed'), reason: text, offset: s.described(count, 'within the payload') }),
  object({
    type: s.literal('pex'),
    issues: s.described(s.list(object({ kind: text, key: text, detail: text })), 'at most 64'),
  }),
] as const)
/** What is wrong inside a message of an extension. */
export type TraceExtensionDefects = s.Infer<typeof defects>

const request = { piece: count, begin: count, length: count }
const hashRequest = object({
  piecesRoot: hexOf(32),
  baseLayer: count,
  index: count,
  length: count,
  proofLayers: count,
})

/** A message: never block data, only its coordinates and size. Bitfields and extension handshakes are kept whole. */
const message = s.anyOf([
  object({
    type: words(['keep-alive', 'choke', 'unchoke', 'interested', 'not-interested', 'have-all', 'have-none']),
  }),
  object({ type: words(['have', 'suggest', 'allowed-fast']), piece: count }),
  object({ type: s.literal('bitfield'), bits: hex }),
  object({ type: words(['request', 'cancel', 'reject', 'piece']), ...request }),
  object({ type: s.literal('port'), port: count }),
  partialObject(
    {
      type: s.literal('extended'),
      id: count,
      extension: s.described(nullable(text), 'name under which the receiver announced the id'),
      length: count,
    },
    {
      payload: s.described(hex, 'of an extension handshake, whose id is 0, and of lt_donthave'),
      metadata,
      defects,
    },
  ),
  object({ type: words(['hash-request', 'hash-reject']), request: hashRequest }),
  object({ type: s.literal('hashes'), count }),
  object({ type: s.literal('unknown'), id: count, length: count }),
  object({ type: s.literal('malformed'), id: count, length: count, reason: text }),
] as const)
/** A message as a trace keeps it. */
export type TraceMessage = s.Infer<typeof message>

const STEPS = [
  'public-key-sent',
  'public-key-received',
  'synchronised',
  'torrent-found',
  'provide-sent',
  'provide-received',
  'initial-payload-received',
  'select-sent',
  'select-received',
  'established',
  'plaintext',
  'failed',
] as const

const encryption = partialObject(
  { type: s.literal('encryption'), step: words(STEPS) },
  {
    padLength: s.described(count, 'length of the pad that goes with the step'),
    methods: s.described(s.list(words(['plaintext', 'rc4'])), 'the methods offered, or the one selected'),
    payloadLength: s.described(count, 'length of the initial payload, or of what came with the last step'),
    offset: s.described(count, 'in the stream of the peer'),
    secretBeginsWithZero: s.described(s.boolean, 'the shared secret does, which some clients get wrong'),
    encryption: s.described(words(['rc4', 'mse-plaintext']), 'what the payload is from here on'),
    error,
  },
)
/** A step of the encryption handshake (MSE), with the lengths of keys and pads but not their contents. */
export interface TraceEncryption extends s.Infer<typeof encryption> {}

const direction = { type: words(['sent', 'received']), ...place }

const entry = s.anyOf([
  object({
    type: s.described(s.literal('target'), 'what is known of the torrent from here on'),
    ...torrentMembers,
    private: nullable(s.boolean),
  }),
  object({
    type: s.described(s.literal('peer'), 'the peer that is tried from here on'),
    input: s.described(text, 'as it was typed'),
    host: text,
    port: count,
  }),
  object({ type: s.described(s.literal('resolved'), 'the name of the peer was looked up') }),
  object({
    type: s.described(s.literal('attempt'), 'a connection is tried from here on'),
    address: s.described(nullable(text), 'null when the proxy resolves the name, and before it is resolved'),
    family: nullable(words([4, 6])),
    transport: words(['tcp', 'utp']),
    variant: s.described(
      nullable(words(['plaintext', 'mse', 'mse-with-handshake'])),
      'how it is encrypted; null: it began before the capture that was decoded',
    ),
  }),
  object({
    type: s.described(s.literal('probe'), 'the next attempt is made to learn this'),
    number: s.described(count, 'from 1'),
    ...probeMembers,
  }),
  object({
    type: s.described(
      s.literal('raw'),
      'bytes of a probe as the transport carried them, the first 256 each way; or those of a faulty seeder that are not messages',
    ),
    direction: words(['sent', 'received']),
    ...place,
    bytes: s.described(hex, 'the first of them, at most 256 of a connection each way'),
  }),
  object({
    type: s.described(
      s.literal('verified'),
      'a piece was hashed; those of `fetch` that are good are left out',
    ),
    piece: count,
    good: s.boolean,
  }),
  metadataEntry,
  object({
    type: s.described(
      s.literal('allowed-fast'),
      'in a redacted trace: what the allowed-fast set of the connection was computed from',
    ),
    dialect: s.described(
      nullable(words(ALLOWED_FAST_DIALECTS)),
      'the algorithm that gives it for the real address and info hash; null if none does',
    ),
  }),
  partialObject(
    { type: s.literal('connected'), transport: text, local: text, remote: text },
    { dialled: s.described(s.boolean, 'of a seeder: whether it dialled the peer; absent if the peer did') },
  ),
  encryption,
  object({ ...direction, what: s.literal('handshake'), handshake }),
  object({ ...direction, what: s.literal('message'), message }),
  object({
    type: s.described(s.literal('broken'), 'the stream of the peer cannot be framed from here on'),
    error,
  }),
  object({
    type: s.described(s.literal('suspended'), 'this process did not run, and `at` leaves that time out'),
    durationMs: s.milliseconds,
  }),
  object({
    type: s.described(s.literal('failed'), 'the session failed, at the latest in the handshake'),
    error,
  }),
  partialObject(
    {
      type: s.described(s.literal('ended'), 'the attempt is over'),
      phase: words(PHASES),
      error: nullable(failure),
    },
    { system: s.described(text, 'what the system said, such as EHOSTUNREACH') },
  ),
  object({ type: s.described(s.literal('finished'), 'the session is over') }),
  ...servingEntries,
  partialObject(
    {
      type: s.literal('closed'),
      by: words(CLOSED_BY),
      kind: nullable(words(['fin', 'rst'])),
      phase: words(PHASES),
      bytesSent: count,
      bytesReceived: count,
      pending: s.described(count, 'bytes of an item that had come in part'),
    },
    {
      reason: s.described(
        text,
        'why, when neither side closed: what the system said, or what was waited for in vain',
      ),
      closeReason: s.described(closeReason, 'why the peer closed, where it says so (uTP of libtorrent)'),
      utp,
    },
  ),
] as const)

/** An event without its time. */
export type TraceEntry = s.Infer<typeof entry>

/** An event of one session. `at` is in milliseconds on the caller's clock and never decreases. */
export type TraceEvent = TraceEntry & {
  readonly at: number
  /** In a trace of a seeder, the number of the connection that the event is about. */
  readonly connection?: number
}

/** The schema of an event without its time. */
export const traceEntry: s.Schema<TraceEntry> = entry
