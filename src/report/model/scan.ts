import * as s from '../../base/schema/schema.ts'
import { envelope } from './envelope.ts'
import type { ConnectReport } from './connect.ts'
import { type ReachReport, reachMembers } from './reach.ts'
import { session } from './session.ts'

/** How it ended with a peer: `ok`, or why not. */
export const SCAN_OUTCOMES = [
  'ok',
  'check-failed',
  'refused',
  'unreachable',
  'timeout',
  'closed',
  'reset',
  'lost',
  'not-bittorrent',
  'not-proven',
  'wrong-info-hash',
  'encryption-failed',
  'protocol-error',
  'local-error',
] as const

/** One of `SCAN_OUTCOMES`. */
export type ScanOutcome = (typeof SCAN_OUTCOMES)[number]

const counts = s.map(s.count)

const client = s.object({
  name: s.described(s.text, 'as the peers call themselves; escaped'),
  count: s.count,
  versions: s.described(counts, 'the most frequent ones'),
})
/** Peers that call themselves by one name. */
export interface ScannedClient extends s.Infer<typeof client> {}

export const scan = s.object({
  ...envelope('scan'),
  complete: s.described(s.boolean, 'whether every peer of the list has a result'),
  peers: s.described(s.count, 'how many have a result'),
  unfinished: s.described(s.count, 'how many were read from the list and have no result: it was stopped'),
  reached: s.described(s.count, 'how many accepted a connection, or proved over uTP that they are there'),
  outcomes: s.described(counts, 'how many ended how; a word that is missing occurred not once'),
  errors: s.described(counts, 'how many reports have which error code'),
  clients: s.described(s.list(client), 'the most frequent first; peers without a handshake have none'),
  otherClients: s.described(s.count, 'peers with further names of clients'),
  transports: s.described(counts, 'of the sessions, and of the paths that lead to BitTorrent'),
  encryptions: s.described(counts, 'of the sessions'),
  badLines: s.object({
    count: s.count,
    first: s.list(s.object({ line: s.count, message: s.text })),
  }),
  concurrency: s.described(
    s.count,
    'most peers at once; less than asked for where this process may not open more sockets',
  ),
  elapsedMs: s.milliseconds,
})

/** The document of `scan`: what was found out about all peers together. */
export interface ScanReport extends s.Infer<typeof scan> {}

/** What is added to the document of a peer. */
const listed = {
  line: s.described(s.count, 'the line of the list'),
  label: s.described(s.nullable(s.text), 'what the list calls the peer'),
}

/** The document of `connect`, and where the peer is in the list. */
export const scannedConnect = s.object({ ...envelope('connect'), ...session, ...listed })

/** One line of `scan --ndjson`: the document of `connect` or `reach`, and where the peer is in the list. */
export const scannedPeer = s.anyOf([scannedConnect, s.object({ ...reachMembers, ...listed })])

/** The report about one peer of a scan. */
export type PeerDocument = ConnectReport | ReachReport

/** The report about one peer of a scan, and where the peer is in the list. */
export type ScannedPeer = PeerDocument & {
  readonly line: number
  readonly label: string | null
}
