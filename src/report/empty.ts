import { VERSION } from '../base/version.ts'
import { sessionConclusion } from './exit-code.ts'
import type {
  ConnectReport,
  DemoReport,
  Envelope,
  ErrorReport,
  ExplainReport,
  PlainErrorReport,
  SessionReport,
} from './model/connect.ts'
import type { ServeReport } from './model/serve.ts'
import type { FetchBlockReport, FetchCommandReport, MetadataCommandReport } from './model/fetch.ts'

/** The commands that print a document of their own; `error` stands for a command line that names none. */
export type DocumentCommand =
  'connect' | 'fetch-block' | 'fetch' | 'metadata' | 'demo' | 'serve' | 'explain' | 'error'

type AnyReport =
  | ConnectReport
  | FetchBlockReport
  | FetchCommandReport
  | MetadataCommandReport
  | DemoReport
  | ServeReport
  | ExplainReport
  | PlainErrorReport

/**
 * The document of a command that never came to anything: a wrong flag, a file that cannot be read, a bug. It has every key
 * that the command's document always has, unknown as null.
 */
export function failedDocument(command: DocumentCommand, error: ErrorReport, peer = ''): AnyReport {
  switch (command) {
    case 'connect':
      return { ...envelope(command, error), ...emptySession(peer) }
    case 'fetch-block':
      return { ...envelope(command, error), ...emptySession(peer), block: null }
    case 'fetch':
      return { ...envelope(command, error), ...emptySession(peer), fetch: null }
    case 'metadata':
      return { ...envelope(command, error), ...emptySession(peer), metadata: null }
    case 'demo':
      return {
        ...envelope(command, error),
        connect: { ...envelope('connect', error), ...emptySession(peer) },
        fetchBlock: { ...envelope('fetch-block', error), ...emptySession(peer), block: null },
      }
    case 'serve':
      return { ...envelope(command, error), ...EMPTY_SERVE }
    case 'explain':
      return { ...envelope(command, error), topics: [] }
    case 'error':
      return envelope(command, error)
  }
}

function envelope<Command extends string>(command: Command, error: ErrorReport): Envelope<Command> {
  return { schema: `peerwire.${command}/1`, version: VERSION, ...sessionConclusion(error, []) }
}

const NO_TORRENT = {
  infoHashV1: null,
  infoHashV2: null,
  name: null,
  pieceCount: null,
  pieceLength: null,
} as const

const EMPTY_SERVE = {
  address: null,
  torrent: NO_TORRENT,
  strict: false,
  faults: [],
  seed: 0,
  connections: 0,
  refusedConnections: 0,
  bytesSent: 0,
  bytesReceived: 0,
  uploaded: 0,
  deviations: 0,
  durationMs: 0,
  peers: [],
} as const

function emptySession(peer: string): SessionReport {
  return {
    target: { input: peer, host: null, port: null, address: null, family: null },
    torrent: NO_TORRENT,
    attempts: [],
    session: null,
    utp: null,
    timing: {
      dnsMs: null,
      connectMs: null,
      encryptionMs: null,
      handshakeMs: null,
      extensionHandshakeMs: null,
      availabilityMs: null,
      unchokeMs: null,
      totalMs: 0,
    },
    handshake: null,
    extensionHandshake: null,
    availability: null,
    choking: null,
    fast: null,
    dhtPort: null,
    messages: { received: {}, sent: {} },
    findings: [],
    expectations: [],
  }
}
