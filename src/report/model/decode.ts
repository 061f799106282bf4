import { CLOSED_BY } from '../../base/closed-by.ts'
import * as s from '../../base/schema/schema.ts'
import { envelope } from './envelope.ts'
import { tracedPeer } from './serve.ts'
import { session, transport } from './session.ts'

const { count, described, milliseconds, nullable, object, text } = s

const bothWays = (member: s.Schema<number>) => object({ sent: member, received: member })

const connection = object({
  number: described(count, 'from 1, what --connection takes'),
  transport,
  initiator: described(text, 'who opened it, HOST:PORT: it is "us" in the report'),
  responder: described(text, 'who was asked: the peer of the report'),
  whole: described(s.boolean, 'whether its first packet is in the capture; else who opened it is a guess'),
  protocol: described(
    s.words(['bittorrent', 'encrypted', 'other', 'unknown']),
    'encrypted: both sides begin with bytes that look random, as with MSE; unknown: too little was sent',
  ),
  encryption: described(
    nullable(s.words(['plaintext', 'rc4', 'mse-plaintext'])),
    'how the messages were carried; rc4: what --capture wrote as clear text; mse-plaintext: after an encryption handshake (MSE) that chose plaintext; null: nothing was read, or its begin is not in the capture',
  ),
  handshakeHidden: described(
    s.boolean,
    'whether the handshake of the initiator was sent encrypted before plaintext was chosen, and cannot be read',
  ),
  startedMs: described(milliseconds, 'since the first packet of the capture'),
  durationMs: milliseconds,
  packets: bothWays(count),
  bytes: described(bothWays(count), 'of the frames, with their headers'),
  initiatorClient: described(nullable(text), 'by the peer id'),
  responderClient: described(nullable(text), 'by the peer id'),
  messages: object({ received: s.map(count), sent: s.map(count) }),
  closedBy: nullable(s.words(CLOSED_BY)),
  closeKind: nullable(s.words(['fin', 'rst'])),
  losses: described(count, 'places where messages are missing, because packets are not in the capture'),
  lostBytes: described(nullable(count), 'null where their number is not known'),
})
/** One connection of a capture; `sent` is what its initiator sent. */
export interface DecodedConnection extends s.Infer<typeof connection> {}

const item = object({
  offset: described(count, 'in the stream, in bytes'),
  length: described(count, 'with the length prefix'),
  type: described(text, 'handshake, or the name of the message'),
  text,
  issue: described(nullable(text), 'what is wrong with it, and the BEP'),
})
/** One item of a stream. */
export interface DecodedItem extends s.Infer<typeof item> {}

export const decode = object({
  ...envelope('decode'),
  client: described(nullable(text), 'of the peer of the report'),
  input: object({
    name: described(text, 'as it was typed'),
    format: described(
      nullable(s.words(['pcap', 'pcapng', 'trace', 'stream', 'hex'])),
      'null if it was not recognized',
    ),
    bytes: described(count, 'read'),
  }),
  capture: nullable(
    object({
      packets: count,
      otherPackets: described(count, 'neither TCP nor uTP, or not readable'),
      leftOut: described(count, 'packets of connections beyond the limit'),
      connections: s.list(connection),
    }),
  ),
  connection: described(nullable(count), 'number of the connection that the report is about'),
  report: described(
    nullable(object(session)),
    'as a live session gives it: of the chosen connection, or of the trace; null if none is chosen',
  ),
  served: described(
    nullable(
      object({
        strict: described(s.boolean, 'whether violations made the seeder fail'),
        connections: count,
        peers: described(s.list(tracedPeer), 'the first thousand, judged as with --strict'),
        violations: described(count, 'of all peers'),
      }),
    ),
    'of a trace of `serve`',
  ),
  stream: nullable(
    object({
      items: s.list(item),
      leftOut: described(count, 'items beyond the limit'),
      pending: described(count, 'bytes at the end that are not a whole message'),
    }),
  ),
  expectations: session.expectations,
})

/** The document of `decode`. */
export interface DecodeReport extends s.Infer<typeof decode> {}
