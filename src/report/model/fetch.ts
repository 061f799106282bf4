import * as s from '../../base/schema/schema.ts'
import { envelope } from './envelope.ts'
import { session } from './session.ts'

const latency = s.object({
  p50Ms: s.milliseconds,
  p90Ms: s.milliseconds,
  p99Ms: s.milliseconds,
  maxMs: s.milliseconds,
})
/** Percentiles of the time from a request to its answer. */
export interface LatencyReport extends s.Infer<typeof latency> {}

const result = s.object({
  output: s.described(s.nullable(s.text), 'the folder; null when nothing was to be kept'),
  wanted: s.described(s.text, 'piece ranges, such as 0-5,7'),
  wantedCount: s.count,
  alreadyThere: s.described(s.count, 'pieces that were on disk, hashed and found good'),
  fetched: s.described(s.count, 'pieces that were fetched and verified'),
  bad: s.described(s.list(s.count), 'pieces whose hash was wrong; nothing of them was written'),
  refused: s.described(s.list(s.count), 'pieces that the peer claims and keeps rejecting'),
  unavailable: s.described(s.text, 'ranges of wanted pieces that the peer does not claim'),
  unavailableCount: s.count,
  complete: s.described(s.boolean, 'all that was wanted is there and verified'),
  bytes: s.described(s.count, 'bytes of requested blocks that came'),
  unfinishedBytes: s.described(s.count, 'bytes of a requested block that did not come whole'),
  unchokeWaitMs: s.described(
    s.nullable(s.milliseconds),
    'from interested to unchoke, or to the end; it is not part of transferMs',
  ),
  transferMs: s.described(s.milliseconds, 'from the first request to the last block or bytes of one'),
  bytesPerSecond: s.nullable(s.count),
  latency: s.described(s.nullable(latency), 'from request to block'),
  chokes: s.count,
  rejects: s.count,
  duplicates: s.count,
  unrequested: s.count,
  timedOut: s.described(s.count, 'requests asked again because later ones were answered and they were not'),
  links: s.described(
    s.list(s.object({ path: s.text, target: s.text })),
    'symbolic links of the torrent, which are not made: the first thousand, with where they lead in the torrent',
  ),
  linkCount: s.count,
  sample: s.described(
    s.nullable(s.object({ asked: s.count, served: s.count })),
    'with --sample: pieces requested, and pieces that the peer really served',
  ),
})
/** The outcome for the wanted pieces. Sizes in bytes. */
export interface FetchReport extends s.Infer<typeof result> {}

export const fetch = s.object({ ...envelope('fetch'), ...session, fetch: s.nullable(result) })

/** The document of `fetch`. */
export interface FetchCommandReport extends s.Infer<typeof fetch> {}
