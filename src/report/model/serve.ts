import { CLOSED_BY } from '../../base/closed-by.ts'
import * as s from '../../base/schema/schema.ts'
import { envelope, error } from './envelope.ts'
import { encryption, torrent, transport } from './session.ts'

export const violation = {
  id: s.text,
  message: s.described(s.count, 'counts the messages of the peer from 1, its handshake'),
  offset: s.described(s.count, 'where the message begins in the stream of the peer, in bytes'),
  detail: s.text,
  reference: s.text,
}
const namedViolation = s.named('violation', s.object(violation))
/** A protocol violation by a peer of the seeder. */
export interface ViolationReport extends s.Infer<typeof namedViolation> {}

const refusedRequests = s.object({ reason: s.text, count: s.count, answered: s.boolean })

const servedPeerMembers = {
  peer: s.count,
  remote: s.text,
  transport,
  encryption,
  peerId: s.nullable(s.hex),
  client: s.nullable(s.text),
  durationMs: s.milliseconds,
  bytesSent: s.count,
  bytesReceived: s.count,
  requests: s.count,
  uploaded: s.described(s.count, 'bytes of blocks'),
  refused: s.described(
    s.list(refusedRequests),
    'requests that were not served; answered when a reject was sent, otherwise dropped silently',
  ),
  closedBy: s.words(CLOSED_BY),
  closeKind: s.nullable(s.words(['fin', 'rst'])),
  error: s.nullable(error),
  violationCount: s.count,
  violations: s.described(
    s.list(namedViolation),
    'the first hundred, as long as those of all peers take less than 4 MiB',
  ),
  notes: s.described(s.list(namedViolation), 'what is odd and against no BEP, as many as violations'),
} as const

export const servedPeer = s.named('servedPeer', s.object(servedPeerMembers))
/** One connection to the seeder. */
export interface ServedPeerReport extends s.Infer<typeof servedPeer> {}

export const tracedPeer = s.named(
  'tracedPeer',
  s.object({
    ...servedPeerMembers,
    closedBy: s.described(s.nullable(s.words(CLOSED_BY)), 'null if the trace ends before the connection'),
  }),
)
/** One connection of a seeder, as its trace shows it. */
export interface TracedPeerReport extends s.Infer<typeof tracedPeer> {}

export const serve = s.object({
  ...envelope('serve'),
  address: s.nullable(s.text),
  torrent,
  strict: s.boolean,
  faults: s.list(s.text),
  seed: s.count,
  connections: s.count,
  refusedConnections: s.count,
  bytesSent: s.count,
  bytesReceived: s.count,
  uploaded: s.described(s.count, 'bytes of blocks'),
  violations: s.described(s.count, 'of all peers; 0 unless strict'),
  durationMs: s.milliseconds,
  peers: s.described(s.list(servedPeer), 'the first thousand whose connection has ended'),
})

/** The document of `serve`, also part of its last event. */
export interface ServeReport extends s.Infer<typeof serve> {}
