import { ERROR_CODES } from '../../base/errors.ts'
import { PHASES } from '../../base/phase.ts'
import {
  anything,
  boolean,
  byteString,
  count,
  described,
  type DocumentSchema,
  hex,
  integer,
  list,
  map,
  milliseconds,
  nullable,
  object,
  percent,
  type Schema,
  text,
  words,
} from './schema.ts'

// prettier-ignore
const OUTCOMES = ['ok', 'refused', 'unreachable', 'timeout', 'closed', 'reset', 'not-bittorrent', 'wrong-info-hash', 'encryption-failed', 'protocol-error', 'local-error']
const ENCRYPTIONS = ['plaintext', 'rc4', 'mse-plaintext']

const phase = words(PHASES)
const transport = words(['tcp', 'utp'])

const error = object({
  code: words(Object.keys(ERROR_CODES)),
  phase: nullable(phase),
  message: text,
  hint: nullable(text),
})

/** What every document begins with. */
function envelope(command: string): { readonly [key: string]: Schema } {
  return {
    schema: { type: 'string', const: `peerwire.${command}/1` },
    version: text,
    ok: described(boolean, 'true exactly when exitCode is 0'),
    exitCode: integer,
    error: nullable(error),
  }
}

const target = object({
  input: text,
  host: nullable(text),
  port: nullable(count),
  address: nullable(text),
  family: nullable(words([4, 6])),
})

const torrent = object({
  infoHashV1: nullable(hex),
  infoHashV2: nullable(hex),
  name: nullable(byteString),
  pieceCount: nullable(count),
  pieceLength: nullable(count),
})

const attempt = object({
  address: nullable(text),
  transport,
  encryption: words(ENCRYPTIONS),
  outcome: words(OUTCOMES),
  phase,
  bytesSent: count,
  bytesReceived: count,
  closedBy: nullable(words(['us', 'peer'])),
  closeKind: nullable(words(['fin', 'rst'])),
  elapsedMs: milliseconds,
  error: nullable(error),
})

const utp = object({
  roundTripMs: nullable(milliseconds),
  roundTripVarianceMs: milliseconds,
  queueingDelayMs: milliseconds,
  congestionWindow: count,
  peerWindow: count,
  packetPayload: count,
  peerPacketPayload: count,
  packetsSent: count,
  packetsReceived: count,
  packetsIgnored: described(count, 'packets of the peer that acknowledge what was never sent'),
  packetsLost: count,
  packetsResent: count,
  timeouts: count,
  duplicatesReceived: count,
  outOfOrderReceived: count,
  closeReason: nullable(object({ code: count, name: text })),
})

const timing = object({
  dnsMs: nullable(milliseconds),
  connectMs: nullable(milliseconds),
  encryptionMs: nullable(milliseconds),
  handshakeMs: nullable(milliseconds),
  extensionHandshakeMs: nullable(milliseconds),
  availabilityMs: nullable(milliseconds),
  unchokeMs: nullable(milliseconds),
  totalMs: milliseconds,
})

const handshake = object({
  protocol: text,
  reserved: hex,
  features: list(text),
  infoHash: hex,
  peerId: object({
    hex,
    text,
    style: text,
    client: nullable(text),
    version: nullable(text),
  }),
})

const extensionHandshake = object({
  extensions: map(count),
  client: nullable(byteString),
  reqq: nullable(count),
  metadataSize: nullable(count),
  listenPort: nullable(count),
  yourIp: nullable(text),
  ipv4: nullable(text),
  ipv6: nullable(text),
  uploadOnly: nullable(boolean),
  raw: anything,
})

const availability = object({
  source: words(['have-all', 'have-none', 'bitfield', 'haves', 'none']),
  pieceCount: nullable(count),
  have: nullable(count),
  percent: nullable(percent),
  bitfield: nullable(hex),
  ranges: nullable(text),
})

const choking = object({
  amChoking: boolean,
  amInterested: boolean,
  peerChoking: boolean,
  peerInterested: boolean,
})

const finding = object({
  id: text,
  severity: words(['info', 'warning', 'error']),
  title: text,
  detail: text,
  reference: text,
})

const expectation = object({
  expression: text,
  held: boolean,
  expected: text,
  actual: anything,
})

/** The keys of every command that holds a session with one peer. */
const session: { readonly [key: string]: Schema } = {
  target,
  torrent,
  attempts: list(attempt),
  session: nullable(object({ transport, encryption: words(ENCRYPTIONS) })),
  utp: nullable(utp),
  timing,
  handshake: nullable(handshake),
  extensionHandshake: nullable(extensionHandshake),
  availability: nullable(availability),
  choking: nullable(choking),
  fast: nullable(object({ allowedFast: list(count), suggested: list(count) })),
  dhtPort: nullable(count),
  messages: object({ received: map(count), sent: map(count) }),
  findings: list(finding),
  expectations: list(expectation),
}

const merkleProof = object({
  piecesRoot: hex,
  baseLayer: described(count, 'layer of the hashes that are proven; 0 is the layer of the blocks'),
  index: described(count, 'position of the first of them in its layer'),
  length: described(count, 'how many there are'),
  hashes: described(
    list(hex),
    'these, and after them the other child at each step to the root, lowest first',
  ),
})

const block = object({
  piece: count,
  offset: count,
  length: count,
  bytes: count,
  sha1: nullable(hex),
  output: text,
  verified: words(['piece-sha1', 'merkle-proof', 'none']),
  verifiedDetail: nullable(text),
  proof: described(nullable(merkleProof), 'the merkle proof that the block has its place in the file'),
  requests: list(object({ offset: count, length: count, latencyMs: milliseconds })),
})

/** What the two commands of the demo would have printed. */
const demoParts = {
  connect: object({ ...envelope('connect'), ...session }),
  fetchBlock: object({ ...envelope('fetch-block'), ...session, block: nullable(block) }),
}

const topic = object({
  kind: words(['exit-code', 'error', 'finding', 'message', 'reserved-bit', 'peer-id']),
  id: text,
  title: text,
  text,
  reference: nullable(text),
})

const metadata = object({
  size: described(count, 'bytes of the info dictionary'),
  name: byteString,
  version: words(['v1', 'v2', 'hybrid']),
  totalLength: described(count, 'bytes of all files'),
  pieceLength: count,
  pieceCount: count,
  private: boolean,
  fileCount: count,
  files: described(list(object({ path: text, length: count })), 'the first 10000, as they would be on disk'),
  output: described(nullable(text), 'path of the .torrent, - for stdout, null when none was written'),
  pieceLayers: described(
    nullable(object({ complete: boolean, error: nullable(error) })),
    'whether the .torrent has its piece layers, and if not, why; null in v1 and when none was written',
  ),
})

const latency = object({
  p50Ms: milliseconds,
  p90Ms: milliseconds,
  p99Ms: milliseconds,
  maxMs: milliseconds,
})

const fetch = object({
  output: described(nullable(text), 'the folder; null when nothing was to be kept'),
  wanted: described(text, 'piece ranges, such as 0-5,7'),
  wantedCount: count,
  alreadyThere: described(count, 'pieces that were on disk, hashed and found good'),
  fetched: described(count, 'pieces that were fetched and verified'),
  bad: described(list(count), 'pieces whose hash was wrong; nothing of them was written'),
  refused: described(list(count), 'pieces that the peer claims and keeps rejecting'),
  unavailable: described(text, 'ranges of wanted pieces that the peer does not claim'),
  unavailableCount: count,
  complete: boolean,
  bytes: described(count, 'bytes of blocks that were asked for and came'),
  transferMs: milliseconds,
  bytesPerSecond: nullable(count),
  latency: described(nullable(latency), 'from request to block'),
  chokes: count,
  rejects: count,
  duplicates: count,
  unasked: count,
  overdue: described(count, 'requests asked again because later ones were answered and they were not'),
  sample: nullable(object({ asked: count, served: count })),
})
const deviation = { id: text, message: count, offset: count, detail: text, reference: text }

const servedPeer = object({
  peer: count,
  remote: text,
  transport,
  encryption: words(ENCRYPTIONS),
  peerId: nullable(hex),
  client: nullable(text),
  durationMs: milliseconds,
  bytesSent: count,
  bytesReceived: count,
  requests: count,
  uploaded: count,
  closedBy: words(['us', 'peer']),
  closeKind: nullable(words(['fin', 'rst'])),
  error: nullable(error),
  deviationCount: count,
  deviations: list(object(deviation)),
  notes: described(list(object(deviation)), 'what is odd and against no BEP'),
})

const serve: { readonly [key: string]: Schema } = {
  address: nullable(text),
  torrent,
  strict: boolean,
  faults: list(text),
  seed: count,
  connections: count,
  refusedConnections: count,
  bytesSent: count,
  bytesReceived: count,
  uploaded: count,
  deviations: count,
  durationMs: milliseconds,
  peers: list(servedPeer),
}

/** One line of what serve prints while it runs. */
const serveEvents: readonly Schema[] = [
  serveEvent(['listening'], { address: text, torrent }),
  serveEvent(['connected'], {
    peer: count,
    remote: text,
    transport,
    encryption: words(ENCRYPTIONS),
    dialled: boolean,
  }),
  serveEvent(['refused'], { peer: count, remote: text, reason: text }),
  serveEvent(['no-peer', 'dial-failed'], { remote: text, reason: text }),
  serveEvent(['handshake'], { peer: count, client: nullable(text) }),
  serveEvent(['interested', 'not-interested', 'unchoked', 'choked'], { peer: count }),
  serveEvent(['deviation', 'note'], {
    peer: count,
    ...deviation,
    text: described(text, 'the line of the text view'),
  }),
  serveEvent(['closed'], { report: servedPeer }),
  serveEvent(['progress'], {
    peers: list(
      object({
        peer: count,
        remote: text,
        client: nullable(text),
        state: words(['handshake', 'idle', 'waiting', 'served']),
        uploaded: count,
        bytesPerSecond: count,
        deviationCount: count,
      }),
    ),
    uploaded: count,
  }),
  serveEvent(['lost'], { events: count }),
  serveEvent(['end'], { report: object({ ...envelope('serve'), ...serve }) }),
]

function serveEvent(types: readonly string[], properties: { readonly [key: string]: Schema }): Schema {
  return object({ type: words(types), atMs: milliseconds, ...properties })
}

/** The schema of each document by the name of its command; docs/schema/ holds them as JSON. */
export const DOCUMENTS = {
  connect: document('connect', session),
  'fetch-block': document('fetch-block', { ...session, block: nullable(block) }),
  fetch: document('fetch', { ...session, fetch: nullable(fetch) }),
  metadata: document('metadata', { ...session, metadata: nullable(metadata) }),
  demo: document('demo', demoParts),
  serve: document('serve', serve),
  'serve-event': {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'peerwire.serve-event/1',
    title: 'One line of what peerwire serve --ndjson prints',
    anyOf: serveEvents,
  },
  explain: document('explain', { topics: list(topic) }),
  error: document('error', {}),
} as const satisfies { readonly [command: string]: DocumentSchema }

function document(command: string, properties: { readonly [key: string]: Schema }): DocumentSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `peerwire.${command}/1`,
    title: `What peerwire ${command} --json prints`,
    ...object({ ...envelope(command), ...properties }),
  }
}
