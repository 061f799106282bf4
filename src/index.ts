/**
 * The entry point `peerwire`: connections, the use cases of the commands, and what the other entry points export.
 */
export * from './wire/index.ts'
export * from './session/index.ts'
export * from './diagnose/index.ts'
export * from './report/index.ts'

export { decodeUtf8, encodeUtf8, equalBytes, fromHex, toHex } from './base/bytes.ts'
export { ERROR_CODES, PeerError, type Blame, type ErrorCode, type ErrorDetails } from './base/errors.ts'
export { PHASES, type Phase } from './base/phase.ts'
export { VERSION } from './base/version.ts'
export type { ClosedBy } from './base/closed-by.ts'
export { systemClock, type Clock } from './net/clock.ts'
export { dialPeer } from './net/dial.ts'
export { openDiskStore } from './net/files/disk-store.ts'
export { drive, type Drive, type SessionHandler } from './net/connection/drive.ts'
export { acceptEncrypted, type AcceptEncryptedOptions } from './net/mse/listen.ts'
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
  type RefusedRequests,
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
  TransportKind,
  TransportEnd,
  TransportFailure,
  TransportSink,
  Proxy,
  ListenOptions,
} from './net/transport.ts'
export type { CapturePort, ConnectionTap, UnopenedConnection } from './net/capture/tap.ts'
export { dialUtp, listenUtp } from './net/utp/utp.ts'

// The use cases
export {
  connect,
  demo,
  explain,
  fetchBlock,
  fetchTorrent,
  metadata,
  reach,
  why,
  type WithData,
} from './library/use-cases.ts'
export { scan } from './library/scan.ts'
export { decode } from './library/decode.ts'
export { FAULT_NAMES, serve } from './library/serve.ts'
export type * from './library/options.ts'
export type { EncryptionMode, SessionTrace, TransportMode } from './run/options.ts'
export type { ScanPorts } from './run/scan/scan.ts'
export type { ReachProgress } from './run/reach/options.ts'
export type { WhyProgress } from './run/why/options.ts'
export type { Ports } from './run/ports.ts'
export type { ServePorts } from './run/serve/options.ts'
export type { MseTransportOptions } from './net/mse/transport.ts'
export type { Diversion, MessageInlet } from './net/connection/message-inlet.ts'
export type { RefusedConnection, ConnectionLimits } from './net/seeder/connection-manager.ts'
export type { PeerDeadlines } from './net/seeder/peer-watch.ts'
export type { UtpTransport } from './net/utp/transport.ts'
