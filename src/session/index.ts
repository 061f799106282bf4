/**
 * The entry point `peerwire/session`: the state machines of a peer. Bytes and time are arguments. No I/O, no clock, no
 * randomness; runs in a browser.
 */
export { PeerAvailability, type AvailabilitySource } from './peer/availability.ts'
export type { BlockStore, ReadBlocks } from './upload/block-store.ts'
export { splitIntoBlocks, type Block, type BlockRequest } from './block.ts'
export {
  ChokingAlgorithm,
  type ChokingDecision,
  type ChokingOptions,
  type ChokingRound,
  type PeerStats,
} from './upload/choking.ts'
export { ChokingState, type ChokingMessage } from './peer/choking-state.ts'
export { FastExtensionState, type AvailabilityMessage, type FastPieceResult } from './peer/fast-state.ts'
export {
  hashRequestOfBlock,
  HashRequestManager,
  hashRequestToRoot,
  pieceLayerRequests,
  type FileTree,
  type HashesResult,
} from './download/hash-requests.ts'
export { HashServer, type HashAnswer, type HashedFile } from './upload/hash-server.ts'
export {
  FetchQueue,
  type FetchCounts,
  type FetchQueueOptions,
  type BlockResult,
  type RejectResult,
} from './download/fetch-queue.ts'
export { HolepunchState, type HolepunchFailure, type HolepunchPhase } from './swarm/holepunch.ts'
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
} from './mse/machine.ts'
export { MseInitiator, type MseInitiatorOptions } from './mse/initiator.ts'
export { MseResponder, type MseResponderOptions } from './mse/responder.ts'
export type { MetadataOutcome } from '../trace/metadata.ts'
export {
  MetadataFetch,
  type MetadataFailure,
  type MetadataFetchOptions,
  type MetadataResult,
  type MetadataStep,
} from './download/metadata-fetch.ts'
export {
  PeerSession,
  type PeerSessionOptions,
  type SessionRole,
  type SessionTorrent,
} from './peer/session.ts'
export type { SessionEvent, SessionInput, SessionOutput } from './peer/step.ts'
export {
  PieceManager,
  type PeerRequest,
  type PieceManagerOptions,
  type ReceiveResult,
  type VerifyResult,
} from './swarm/piece-manager.ts'
export type { PieceOrder, PiecePriority, Random } from './swarm/piece-picker.ts'
export type { PieceState } from './swarm/piece-table.ts'
export { ServeQueue, type ServedPieces, type RequestStanding, type Refusal } from './upload/serve-queue.ts'
export {
  SessionState,
  type MessageCounts,
  type StateMessage,
  type UnreadableExtensionHandshake,
} from './peer/state.ts'
export { traceSessionEvent, type ExtensionNames } from './peer/trace.ts'
export {
  makeSyntheticTorrent,
  type SyntheticTorrent,
  type SyntheticTorrentOptions,
} from './upload/synthetic-torrent.ts'
export { UtpConnection, type UtpConnectionOptions } from './utp/connection.ts'
export {
  UtpEndpoint,
  type UtpAddress,
  type UtpDatagram,
  type UtpEndpointEvent,
  type UtpEndpointOptions,
  type UtpEndpointOutput,
  type DatagramFilter,
} from './utp/endpoint.ts'
export type { UtpEvent, UtpFailure, UtpInput, UtpOutput, UtpStats } from './utp/events.ts'
export type { LatencyHistogram } from './download/latency-histogram.ts'
export type { MseKeyAnswer, MseMisbehaviour, MseSelectAnswer } from './mse/misbehaviour.ts'
export type { BlockState } from './swarm/active-piece.ts'
export type { UtpReceiveMemory } from './utp/receive-window.ts'
export type { ServedTorrent, RefusalReason } from './upload/peer-upload.ts'
