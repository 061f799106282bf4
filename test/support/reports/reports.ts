import type { ErrorCode } from '../../../src/base/errors.ts'
import type { Phase } from '../../../src/base/phase.ts'
import { concludeReport } from '../../../src/report/exit-code.ts'
import type { AttemptReport, FindingReport, SessionReport } from '../../../src/report/model/session.ts'
import type { ConnectReport } from '../../../src/report/model/connect.ts'
import type { DemoReport } from '../../../src/report/model/demo.ts'
import { judged } from '../../../src/report/judge.ts'
import { clientName } from '../../../src/report/text/session/verdict.ts'
import type { ErrorReport } from '../../../src/report/model/envelope.ts'
import type { FetchBlockReport } from '../../../src/report/model/fetch-block.ts'
import type { FetchCommandReport } from '../../../src/report/model/fetch.ts'
import type { MetadataCommandReport } from '../../../src/report/model/metadata.ts'

/** Handwritten reports of sessions with known peers. */

export const STARTED_AT = new Date('2026-01-02T03:04:05.678Z')

const INFO_HASH = '0123456789abcdef0123456789abcdef01234567'

export const OK_ATTEMPT: AttemptReport = {
  address: '127.0.0.1',
  port: 7001,
  transport: 'tcp',
  encryption: 'plaintext',
  outcome: 'ok',
  phase: 'done',
  bytesSent: 163,
  bytesReceived: 350,
  closedBy: 'us',
  closeKind: 'fin',
  closeReason: null,
  startedMs: 0,
  elapsedMs: 320.1,
  error: null,
}

/** A session with a libtorrent seed that answered everything. */
export const SESSION: SessionReport = {
  client: 'libtorrent 2.0.8.0',
  target: { input: '127.0.0.1:7001', host: '127.0.0.1', port: 7001, address: '127.0.0.1', family: 4 },
  torrent: {
    infoHashV1: INFO_HASH,
    infoHashV2: null,
    name: 'debian-12.5.0-amd64-netinst.iso',
    pieceCount: 129,
    pieceLength: 262_144,
    notes: [],
  },
  attempts: [OK_ATTEMPT],
  session: { transport: 'tcp', encryption: 'plaintext' },
  utp: null,
  timing: {
    startedMs: 0,
    dnsMs: null,
    connectMs: 0.4,
    encryptionMs: null,
    handshakeMs: 1.9,
    extensionHandshakeMs: 2.4,
    availabilityMs: 2.6,
    interestedMs: 2.6,
    unchokeMs: 2.7,
    totalMs: 320.1,
  },
  handshake: {
    protocol: 'BitTorrent protocol',
    reserved: '0000000000100005',
    features: ['extension-protocol', 'dht', 'fast'],
    infoHash: INFO_HASH,
    peerId: {
      hex: '2d4c54323038302d6162636465666768696a6b6c',
      text: '-LT2080-abcdefghijkl',
      style: 'azureus',
      code: 'LT',
      client: 'libtorrent',
      version: '2.0.8',
    },
  },
  extensionHandshake: {
    extensions: {
      lt_donthave: 7,
      share_mode: 8,
      upload_only: 3,
      ut_holepunch: 4,
      ut_metadata: 2,
      ut_pex: 1,
    },
    client: 'libtorrent/2.0.8.0',
    reqq: 2000,
    metadataSize: 2655,
    listenPort: null,
    yourIp: '127.0.0.1',
    ipv4: null,
    ipv6: null,
    uploadOnly: true,
    raw: {
      complete_ago: -1,
      m: { lt_donthave: 7, share_mode: 8, upload_only: 3, ut_holepunch: 4, ut_metadata: 2, ut_pex: 1 },
      metadata_size: 2655,
      reqq: 2000,
      upload_only: 1,
      v: 'libtorrent/2.0.8.0',
      yourip: { hex: '7f000001' },
    },
  },
  identity: {
    byPeerId: 'libtorrent',
    byVersionString: 'libtorrent',
    byBehaviour: {
      family: 'libtorrent',
      confidence: 'likely',
      evidence: [
        {
          trait: 'libtorrent-extension-ids',
          text: 'announces lt_donthave as 7, share_mode as 8, upload_only as 3, ut_holepunch as 4, ut_metadata as 2, ut_pex as 1',
        },
        { trait: 'complete-ago', text: 'sends complete_ago' },
        { trait: 'reqq-2000', text: 'queues 2000 requests' },
        { trait: 'your-ip', text: 'sends yourip' },
      ],
    },
    conflict: false,
  },
  availability: {
    source: 'have-all',
    pieceCount: 129,
    have: 129,
    percent: 100,
    bitfield: `${'ff'.repeat(16)}80`,
    ranges: '0-128',
  },
  choking: { amChoking: true, amInterested: false, peerChoking: false, peerInterested: false },
  fast: { allowedFast: [54, 125], suggested: [] },
  dhtPort: null,
  messages: { received: { extended: 1, 'have-all': 1, unchoke: 1 }, sent: { extended: 1, 'have-none': 1 } },
  findings: [],
  causes: [],
  expectations: [],
}

/** The members of a session that ended before a handshake. */
const NOTHING_CAME = {
  client: null,
  session: null,
  utp: null,
  handshake: null,
  extensionHandshake: null,
  identity: { byPeerId: null, byVersionString: null, byBehaviour: null, conflict: false },
  availability: null,
  choking: null,
  fast: null,
  messages: { received: {}, sent: {} },
} as const

export function connectReport(
  changes: Partial<SessionReport> = {},
  error: ErrorReport | null = null,
): ConnectReport {
  const session = { ...SESSION, ...changes }
  const client = clientName(session)
  const conclusion = concludeReport(error, session.findings, session.expectations)
  return judged<ConnectReport>(
    { schema: 'peerwire.connect/1', version: '0.1.0', ...conclusion, ...session, client },
    STARTED_AT,
  )
}

export function fetchBlockReport(
  block: FetchBlockReport['block'],
  changes: Partial<SessionReport> = {},
  error: ErrorReport | null = null,
): FetchBlockReport {
  return judged<FetchBlockReport>(
    { ...connectReport(changes, error), schema: 'peerwire.fetch-block/1', block },
    STARTED_AT,
  )
}

/** A complete torrent, downloaded without problems. */
export const WHOLE_FETCH = {
  output: 'downloads',
  wanted: '0-128',
  wantedCount: 129,
  alreadyThere: 29,
  fetched: 100,
  bad: [],
  refused: [],
  unavailable: '',
  unavailableCount: 0,
  complete: true,
  bytes: 26_214_400,
  unfinishedBytes: 0,
  unchokeWaitMs: 1250,
  transferMs: 812.5,
  bytesPerSecond: 32_263_877,
  latency: { p50Ms: 12.1, p90Ms: 18.2, p99Ms: 23, maxMs: 31.4 },
  chokes: 0,
  rejects: 0,
  duplicates: 0,
  unrequested: 0,
  timedOut: 0,
  links: [],
  linkCount: 0,
  sample: null,
} as const

export function fetchReport(
  fetch: FetchCommandReport['fetch'] = WHOLE_FETCH,
  changes: Partial<SessionReport> = {},
  error: ErrorReport | null = null,
): FetchCommandReport {
  return judged<FetchCommandReport>(
    { ...connectReport(changes, error), schema: 'peerwire.fetch/1', fetch },
    STARTED_AT,
  )
}

/** A torrent of two files. */
export const METADATA = {
  size: 2655,
  name: 'debian-12.5.0',
  version: 'v1',
  totalLength: 33_800_000,
  pieceLength: 262_144,
  pieceCount: 129,
  private: false,
  fileCount: 2,
  files: [
    { path: 'debian-12.5.0/netinst.iso', length: 33_799_000 },
    { path: 'debian-12.5.0/README', length: 1000 },
  ],
  output: 'debian.torrent',
  pieceLayers: null,
} as const

export function metadataReport(
  metadata: MetadataCommandReport['metadata'] = METADATA,
  changes: Partial<SessionReport> = {},
  error: ErrorReport | null = null,
): MetadataCommandReport {
  return judged<MetadataCommandReport>(
    { ...connectReport(changes, error), schema: 'peerwire.metadata/1', metadata },
    STARTED_AT,
  )
}

export function demoReport(): DemoReport {
  const connect = connectReport()
  const { ok, exitCode, error, version } = connect
  const { client } = connect
  const fetchBlock = fetchBlockReport(null)
  return judged<DemoReport>(
    {
      schema: 'peerwire.demo/1',
      version,
      ok,
      exitCode,
      error,
      client,
      connect,
      fetchBlock,
      failure: refusedReport(),
    },
    STARTED_AT,
  )
}

export function failure(
  code: ErrorCode,
  phase: Phase,
  message: string,
  hint: string | null = null,
): ErrorReport {
  return { code, phase, message, hint }
}

/** A failed connection and its complete report. */
export function failedReport(
  error: ErrorReport,
  attempt: Partial<AttemptReport>,
  changes: Partial<SessionReport> = {},
): ConnectReport {
  const attempts = [
    { ...OK_ATTEMPT, phase: error.phase ?? 'connect', bytesReceived: 0, bytesSent: 0, error, ...attempt },
  ]
  const timing = {
    ...SESSION.timing,
    handshakeMs: null,
    extensionHandshakeMs: null,
    availabilityMs: null,
    interestedMs: null,
    unchokeMs: null,
  }
  return connectReport({ ...NOTHING_CAME, attempts, timing, ...changes }, error)
}

/** A port that refuses both transports. */
export function refusedReport(hint: string | null = null): ConnectReport {
  const error = failure(
    'E_CONNECT_REFUSED',
    'connect',
    '127.0.0.1:7001 refused the connection, over TCP and over uTP',
    hint,
  )
  const overTcp: AttemptReport = {
    ...OK_ATTEMPT,
    outcome: 'refused',
    phase: 'connect',
    bytesSent: 0,
    bytesReceived: 0,
    closedBy: null,
    closeKind: null,
    error,
  }
  return failedReport(error, overTcp, { attempts: [overTcp, { ...overTcp, transport: 'utp' }] })
}

export const SPARE_BITS: FindingReport = {
  id: 'bitfield-spare-bits',
  severity: 'error',
  title: 'The spare bits of the bitfield are set',
  detail: 'bits 129 and 130 of a bitfield for 129 pieces are set',
  reference: 'BEP 3',
}

export const SUPER_SEEDING: FindingReport = {
  id: 'super-seeding',
  severity: 'info',
  title: 'The peer looks like a super-seeder',
  detail: 'have-none, then 2 have messages',
  reference: 'BEP 16',
}
