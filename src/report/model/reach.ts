import * as s from '../../base/schema/schema.ts'
import { envelope } from './envelope.ts'
import { expectation, target, transport } from './session.ts'

// prettier-ignore
const STATES = ['bittorrent', 'other-service', 'unknown-service', 'closes-at-once', 'closes', 'silent', 'closed', 'filtered', 'rejected', 'unreachable', 'no-address', 'not-tried'] as const

const path = s.object({
  transport,
  family: s.words([4, 6]),
  address: s.described(s.nullable(s.text), 'null when the name has none of this family'),
  state: s.described(s.words(STATES), 'what the path leads to'),
  proof: s.described(
    s.nullable(s.words(['key', 'utp', 'handshake', 'steps'])),
    'what proves that BitTorrent is spoken',
  ),
  service: s.described(s.nullable(s.text), 'the other service that answers, if it is recognised'),
  evidence: s.described(s.list(s.text), 'what was seen, a line a connection'),
  ms: s.described(s.nullable(s.milliseconds), 'to connect, or from our last byte to the answer'),
})
/** One way to the peer: an address over a transport. */
export interface PathReport extends s.Infer<typeof path> {}

/** The keys of the document of `reach`. */
export const reachMembers = {
  ...envelope('reach'),
  target,
  paths: s.list(path),
  connections: s.described(s.count, 'how many were tried'),
  totalMs: s.milliseconds,
  expectations: s.list(expectation),
} as const satisfies s.Properties

export const reach = s.object(reachMembers)

/** The document of `reach`. */
export interface ReachReport extends s.Infer<typeof reach> {}
