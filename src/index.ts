// The public library. Names of the wire first; then state, connections, and the use cases of the commands.
export * from './wire/index.ts'

export { decodeUtf8, encodeUtf8, equalBytes, fromHex, toHex } from './base/bytes.ts'
export { ERROR_CODES, PeerError, type Blame, type ErrorCode, type ErrorDetails } from './base/errors.ts'
export { PHASES, type Phase } from './base/phase.ts'
export { VERSION } from './base/version.ts'

export { PeerAvailability, type AvailabilitySource } from './session/peer/availability.ts'
export type { BlockStore } from './session/upload/block-store.ts'
export { splitIntoBlocks, type Block, type BlockRequest } from './session/block.ts'
export {
  ChokingAlgorithm,
  type ChokingDecision,
  type ChokingOptions,
  type ChokingRound,
  type PeerStats,
} from './session/upload/choking.ts'
export { ChokingState, type ChokingMessage } from './session/peer/choking-state.ts'
export {
  FastExtensionState,
  type AvailabilityMessage,
  type FastPieceResult,
} from './session/peer/fast-state.ts'
export {
  hashRequestOfBlock,
  HashRequestManager,
  hashRequestToRoot,
  pieceLayerRequests,
  type FileTree,
  type HashesResult,
} from './session/download/hash-requests.ts'
export { HashServer, type HashAnswer, type HashedFile } from './session/upload/hash-server.ts'
export { FetchQueue, type FetchCounts, type FetchQueueOptions } from './session/download/fetch-queue.ts'
export { HolepunchState, type HolepunchFailure, type HolepunchPhase } from './session/swarm/holepunch.ts'
export type {
  MseEstablished,
  MseEvent,
  MseFailure,
  MseHandshake,
  MseInput,
  MseOptions,
  MseOutput,
  MseRandomness,
  MseStep,
  MseStream,
} from './session/mse/machine.ts'
export { MseInitiator, type MseInitiatorOptions } from './session/mse/initiator.ts'
export { MseResponder, type MseResponderOptions } from './session/mse/responder.ts'
export { MetadataFetch, type MetadataFetchOptions } from './session/download/metadata-fetch.ts'
export {
  PeerSession,
  type PeerSessionOptions,
  type SessionRole,
  type SessionTorrent,
} from './session/peer/session.ts'
export type { SessionEvent, SessionInput, SessionOutput } from './session/peer/step.ts'
export {
  PieceManager,
  type PeerRequest,
  type PieceManagerOptions,
  type ReceiveResult,
  type VerifyResult,
} from './session/swarm/piece-manager.ts'
export type { PieceOrder, PiecePriority } from './session/swarm/piece-picker.ts'
export type { PieceState } from './session/swarm/piece-table.ts'
export { ServeQueue } from './session/upload/serve-queue.ts'
export { SessionState, type MessageCounts } from './session/peer/state.ts'
export { traceSessionEvent, type ExtensionNames } from './session/peer/trace.ts'
export {
  makeSyntheticTorrent,
  type SyntheticTorrent,
  type SyntheticTorrentOptions,
} from './session/upload/synthetic-torrent.ts'
export { UtpConnection, type UtpConnectionOptions } from './session/utp/connection.ts'
export {
  UtpEndpoint,
  type UtpAddress,
  type UtpEndpointEvent,
  type UtpEndpointOptions,
  type UtpEndpointOutput,
} from './session/utp/endpoint.ts'
export type { UtpEvent, UtpFailure, UtpInput, UtpOutput, UtpStats } from './session/utp/events.ts'
export type { TraceEvent, TraceMessage } from './trace/event.ts'

export type { ClosedBy } from './base/closed-by.ts'
export { systemClock, type Clock } from './net/clock.ts'
export { dialPeer } from './net/dial.ts'
export { openDiskStore } from './net/files/disk-store.ts'
export { drive, type Drive, type SessionHandler } from './net/connection/drive.ts'
export { acceptEncrypted } from './net/mse/listen.ts'
export {
  acceptEncryption,
  encryptTransport,
  type AcceptEncryptionOptions,
  type EncryptionOptions,
  type EncryptOptions,
} from './net/mse/encryption.ts'
export { createOutputFile, type OutputFile, type OutputFiles } from './net/files/output-file.ts'
export type { ConnectionEnd } from './net/connection/connection-end.ts'
export type { PeerAddress as PeerHost } from './net/dial-host.ts'
export { PeerConnection, type ConnectionOptions } from './net/connection/peer-connection.ts'
export { systemResolve, type Resolve, type ResolvedAddress } from './net/resolve.ts'
export { startSeeder, type Seeder } from './net/seeder/seeder.ts'
export {
  SEEDER_LIMITS,
  type SeededTorrent,
  type SeederEvent,
  type SeederLimits,
  type SeederOptions,
} from './net/seeder/options.ts'
export { dialTcp, listenTcp } from './net/tcp/tcp.ts'
export { makeTemporaryFolder, type TemporaryFolder } from './net/files/temporary-folder.ts'
export type {
  Dial,
  DialOptions,
  Encryption,
  Endpoint,
  Listen,
  Listener,
  Transport,
  TransportEnd,
  TransportFailure,
  TransportSink,
} from './net/transport.ts'
export { dialUtp, listenUtp } from './net/utp/utp.ts'

export { diagnose } from './diagnose/diagnose.ts'
export type { Finding, Severity } from './diagnose/finding.ts'
export { connect } from './run/connect.ts'
export { demo, type DemoPorts } from './run/demo.ts'
export { fetch, type FetchPorts } from './run/fetch/fetch.ts'
export { fetchBlock } from './run/fetch-block/fetch-block.ts'
export type {
  ConnectOptions,
  FetchBlockOptions,
  FetchOptions,
  MetadataOptions,
  PeerName,
  SessionOptions,
  TorrentTarget,
} from './run/options.ts'
export { metadata } from './run/metadata/metadata.ts'
export { serve } from './run/serve/serve.ts'
export type { ServeOptions, ServePorts } from './run/serve/options.ts'
export type { Ports } from './run/ports.ts'
export type * from './report/model/connect.ts'
export type * from './report/model/envelope.ts'
export type * from './base/schema/json-value.ts'
export type * from './report/model/session.ts'
