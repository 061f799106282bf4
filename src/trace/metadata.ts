import * as s from '../base/schema/schema.ts'

export const METADATA_OUTCOMES = [
  'verified',
  'hash-wrong',
  'hash-truncated',
  'hashes-contradict',
  'not-a-torrent',
  'length-wrong',
  'rejected',
  'timed-out',
  'size-missing',
  'size-unusable',
  'not-offered',
] as const

/**
 * How fetching the metadata from a peer ended.
 *
 * - `verified`: all of it came, and it has every hash that is known
 * - `hash-wrong`: all of it came, and it has none of them
 * - `hash-truncated`: what was given as a v1 hash is the beginning of its v2 hash, so the peer is not to blame
 * - `hashes-contradict`: it has one of the two given hashes and not the other, so the peer is not to blame
 * - `not-a-torrent`: it has the hash and is not usable, which is the same at every peer
 * - `length-wrong`: a piece does not have the length that follows from the announced size
 * - `rejected`: the peer rejected a request
 * - `timed-out`: a piece did not come in time
 * - `size-missing`, `size-unusable`: the peer offers metadata, and announces no size, or one that is not usable
 * - `not-offered`: the peer does not offer metadata
 */
export type MetadataOutcome = (typeof METADATA_OUTCOMES)[number]

const members = {
  outcome: s.described(
    s.words(METADATA_OUTCOMES),
    'after hash-truncated, hashes-contradict and not-a-torrent the peer is not to blame',
  ),
  size: s.described(s.nullable(s.count), 'announced by the peer, in bytes; null if none is usable'),
  received: s.described(s.count, 'pieces that came'),
}

/** What came of fetching the metadata from a peer. */
export interface TraceMetadataResult extends s.Infer<typeof result> {}

const result = s.object(members)

/** The event for it. Nothing is recorded if the connection ended first. */
export const metadataEntry = s.object({
  type: s.described(s.literal('metadata'), 'how fetching the metadata from the peer ended'),
  ...members,
})
