import * as s from '../base/schema/schema.ts'

// What a trace of a seeder has besides the events of its connections: what the rules about clients need to know of it.

const refusedRequests = s.object({ reason: s.text, count: s.count, answered: s.boolean })

const pieces = s.object({ count: s.count, length: s.described(s.count, 'up to where each can be requested') })
/** Pieces in a row of the same length, in bytes. */
export interface TracePieces extends s.Infer<typeof pieces> {}

const tree = s.object({
  piecesRoot: s.hexOf(32),
  height: s.described(s.count, 'layers between the leaves and the root'),
})

/** The schemas of these events. */
export const servingEntries = [
  s.object({
    type: s.described(s.literal('serving'), 'the trace is one of a seeder: its connections are numbered'),
    strict: s.described(s.boolean, 'whether violations make it fail'),
    queueLength: s.described(s.count, 'requests of one peer that are queued'),
    have: s.described(s.nullable(s.hex), 'the pieces that are announced; null for all'),
  }),
  s.object({
    type: s.described(s.literal('served-pieces'), 'the next pieces of the torrent'),
    pieces: s.list(pieces),
  }),
  s.object({
    type: s.described(s.literal('served-trees'), 'more trees of the torrent'),
    trees: s.list(tree),
  }),
  s.object({
    type: s.described(s.literal('request-refused'), 'the first request that is not served for this reason'),
    reason: s.text,
    answered: s.described(s.boolean, 'with a reject; otherwise it is dropped silently'),
  }),
  s.object({
    type: s.described(s.literal('requests-refused'), 'all requests of the connection that were not served'),
    requests: s.list(refusedRequests),
  }),
] as const
