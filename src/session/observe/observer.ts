import type { PeerError } from '../../base/errors.ts'
import type { Phase } from '../../base/phase.ts'
import { equalBytes } from '../../base/bytes.ts'
import { traceError } from '../../trace/error.ts'
import type { TraceStep } from '../../trace/transfers.ts'
import { renderEndpoint } from '../../wire/address.ts'
import {
  decodeExtensionHandshake,
  type ExtensionHandshake,
  mergeExtensionHandshake,
} from '../../wire/extension/handshake.ts'
import { HANDSHAKE_LENGTH, type Handshake } from '../../wire/handshake/handshake.ts'
import { type NamedFeature, RESERVED_BITS } from '../../wire/handshake/reserved-bits.ts'
import type { WireBatch } from '../../wire/message/batch.ts'
import type { Message, MessageType } from '../../wire/message/message.ts'
import { handshakeHash, type InfoHashes } from '../../wire/torrent/info-hash.ts'
import { answerProblem } from '../peer/handshake-problem.ts'
import { ENCRYPTED_REMARKS } from '../capture/encrypted-remarks.ts'
import { MessagesEvent } from '../peer/messages-event.ts'
import { SessionState, type StateMessage } from '../peer/state.ts'
import { type ExtensionNames, extensionName, handshakeStep, traceSteps } from '../peer/trace.ts'
import { type ConnectionSink, type ObservedConnection, otherRole, type Role } from './connection.ts'
import { DissectorMemory } from './dissector-memory.ts'
import { type DissectorSink, StreamDissector, type StreamLoss } from './stream-dissector.ts'

/** Takes what an observer finds out. */
export interface ObserverSink {
  /** The events of a session, as the initiator would have traced them: it is `us`, and the responder is the peer. */
  step(step: TraceStep): void
  /** Bytes of one side that are not in the capture, or could not be read, up to the next message that was found. */
  lost(at: number, from: Role, loss: StreamLoss): void
}

/** What is known of the torrent besides the capture. */
export interface ObservedTorrent {
  readonly infoHashes: InfoHashes
  readonly pieceCount: number | undefined
}

/** How a connection ended, as far as the capture shows it. */
export interface ObservedEnd {
  readonly at: number
  readonly by: 'us' | 'peer'
  readonly kind: 'fin' | 'rst'
  readonly phase: Phase
  readonly bytesSent: number
  readonly bytesReceived: number
}

/** What is kept of a handshake: a capture may have thousands. */
export type ObservedHandshake = Pick<Handshake, 'features' | 'infoHash' | 'peerId'>

const NOTHING = new Uint8Array()

/** What the streams of a connection are. */
export type ObservedProtocol =
  | 'bittorrent'
  /** Both streams look like random bytes, as with MSE, and stay so. The keys cannot be known from a capture alone. */
  | 'encrypted'
  | 'other'
  /** Nothing, or too little, was sent. */
  | 'unknown'

/** Turns both streams of a captured connection into the trace of a session. */
export class ConnectionObserver implements ConnectionSink, DissectorSink {
  readonly connection: ObservedConnection
  readonly streams: Readonly<Record<Role, StreamDissector>>
  readonly counts: Readonly<Record<Role, Map<MessageType, number>>> = {
    initiator: new Map(),
    responder: new Map(),
  }
  readonly handshakes: Partial<Record<Role, ObservedHandshake>> = {}
  /** Why the stream of a side cannot be read. */
  readonly errors: Partial<Record<Role, PeerError>> = {}
  end: ObservedEnd | undefined
  /** How the messages were sent, where a capture of our own says that it is clear text. */
  clearTextOf: 'rc4' | 'mse-plaintext' | undefined
  /** Whether the connection begins with an encryption handshake (MSE) that plaintext follows. */
  isPlaintextAfterMse = false
  readonly #sink: ObserverSink
  readonly #torrent: ObservedTorrent | undefined
  readonly #extensions: Partial<Record<Role, ExtensionHandshake>> = {}
  readonly #names: ExtensionNames
  #state: SessionState | undefined
  /** The answer was not for the initiator. */
  #isFailed = false

  /** @param torrent where it is known */
  constructor(
    connection: ObservedConnection,
    sink: ObserverSink,
    torrent: ObservedTorrent | undefined,
    memory: DissectorMemory = new DissectorMemory(),
  ) {
    this.connection = connection
    this.#sink = sink
    this.#torrent = torrent
    this.#names = {
      // a message carries the id that its receiver announced
      sent: (id) => extensionName(this.#extensions.responder?.extensions, id),
      received: (id) => extensionName(this.#extensions.initiator?.extensions, id),
    }
    this.streams = {
      initiator: new StreamDissector('initiator', connection.isWhole, this, memory),
      responder: new StreamDissector('responder', connection.isWhole, this, memory),
    }
  }

  /** The events with which the trace begins; call it when the first message was found. */
  get opening(): readonly TraceStep[] {
    const { transport, ends } = this.connection
    const { address, port } = ends.responder
    const family = address.includes(':') ? 6 : 4
    return [
      { at: 0, type: 'peer', input: renderEndpoint(ends.responder), host: address, port },
      {
        at: 0,
        type: 'attempt',
        address,
        family,
        transport,
        variant: this.#variant,
      },
    ]
  }

  get #variant(): 'plaintext' | 'mse' | null {
    if (!this.connection.isWhole) return null
    return this.isPlaintextAfterMse || this.clearTextOf !== undefined ? 'mse' : 'plaintext'
  }

  get protocol(): ObservedProtocol {
    const { initiator, responder } = this.streams
    if (this.handshakes.initiator !== undefined || this.handshakes.responder !== undefined)
      return 'bittorrent'
    if (this.counts.initiator.size + this.counts.responder.size > 0) return 'bittorrent'
    if (initiator.looksRandom && responder.looksRandom) return 'encrypted'
    const isForeign = initiator.isForeign || responder.isForeign
    const isUnread = this.errors.initiator !== undefined || this.errors.responder !== undefined
    return isForeign || isUnread ? 'other' : 'unknown'
  }

  /** Whether the initiator sent its handshake inside the encryption handshake, so that it cannot be read. */
  get isHandshakeHidden(): boolean {
    return this.isPlaintextAfterMse && this.handshakes.initiator === undefined
  }

  /** What the initiator waits for. */
  get phase(): Phase {
    return this.#isFailed ? 'handshake' : (this.#state?.phase ?? 'handshake')
  }

  /** Whether the responder sent its handshake. */
  get isOpen(): boolean {
    return this.handshakes.responder !== undefined
  }

  /** Streams that end without a message after bytes that are missing. */
  get lostStreams(): number {
    return Object.values(this.streams).filter(({ isLost }) => isLost).length
  }

  accepted(at: number): void {
    const { transport, ends } = this.connection
    const local = renderEndpoint(ends.initiator)
    const remote = renderEndpoint(ends.responder)
    this.#sink.step({ at, type: 'connected', transport, local, remote })
  }

  /** Our own captures say how what they have in clear text was encrypted. */
  commented(at: number, text: string): void {
    if (this.clearTextOf !== undefined) return
    const encryption = text === ENCRYPTED_REMARKS.rc4 ? 'rc4' : 'mse-plaintext'
    if (text !== ENCRYPTED_REMARKS[encryption]) return
    this.clearTextOf = encryption
    this.#sink.step({ at, type: 'encryption', step: 'established', encryption })
  }

  closed(at: number, by: Role | null, kind: 'fin' | 'rst' | null): void {
    if (by === null || kind === null) return
    const { initiator, responder } = this.streams
    const end: ObservedEnd = {
      at,
      by: by === 'initiator' ? 'us' : 'peer',
      kind,
      phase: this.phase,
      bytesSent: initiator.received,
      bytesReceived: responder.received,
    }
    this.end = end
    this.#sink.step({ type: 'closed', ...end, pending: responder.pending })
  }

  /** Called by `streams`, like the methods below. */
  broken(role: Role, at: number, error: PeerError): void {
    this.errors[role] = error
    // a trace has no event for a stream of ours that cannot be read
    if (role === 'initiator') return
    const type = error.code === 'E_FRAME_TOO_LARGE' ? 'broken' : 'failed'
    this.#sink.step({ at, type, error: traceError(error) })
  }

  resynchronised(role: Role, at: number, loss: StreamLoss): void {
    this.#sink.lost(at, role, loss)
  }

  plaintextAfterMse(role: Role, at: number): void {
    if (this.isPlaintextAfterMse) return
    this.isPlaintextAfterMse = true
    this.#sink.step({ at, type: 'encryption', step: 'established', encryption: 'mse-plaintext' })
    this.streams[otherRole(role)].otherIsPlaintextAfterMse(at)
  }

  batch(role: Role, at: number, { handshake, messages, start }: WireBatch, end: number): void {
    const direction = role === 'initiator' ? 'sent' : 'received'
    if (handshake !== undefined) {
      this.#handshake(role, handshake)
      if (!this.isPlaintextAfterMse) this.streams[otherRole(role)].otherIsPlaintext(at)
      this.#sink.step(handshakeStep(at, direction, handshake, start - HANDSHAKE_LENGTH))
      const problem = role === 'responder' ? this.#problemOf(handshake) : undefined
      if (problem !== undefined) this.#failed(at, problem)
    }
    if (messages.length === 0) return
    for (const message of messages) this.#message(role, message)
    // to the initiator the session is over, whatever follows
    if (role === 'responder' && this.#isFailed) return
    const event = new MessagesEvent(at, direction, messages, start, end)
    for (const step of traceSteps(event, at, this.#names)) this.#sink.step(step)
  }

  /** Why the initiator cannot use the answer. Without the .torrent it is not known whether a v2 hash is one of the same torrent. */
  #problemOf(answer: Handshake): PeerError | undefined {
    const { initiator } = this.handshakes
    if (initiator === undefined) return undefined
    const { infoHash, features, peerId } = initiator
    const { v1, v2 } = this.#torrent?.infoHashes ?? {}
    const v2InfoHash = v2 === undefined ? undefined : handshakeHash(v2)
    const isV2 = v2InfoHash !== undefined && equalBytes(infoHash, v2InfoHash)
    const isOther = v1 === undefined || !equalBytes(infoHash, v1)
    if (isOther && !isV2 && features.includes('v2')) return undefined
    return answerProblem(answer, { infoHash, isV2, v2InfoHash: isOther ? undefined : v2InfoHash }, peerId)
  }

  #failed(at: number, error: PeerError): void {
    this.#isFailed = true
    this.errors.responder = error
    this.#sink.step({ at, type: 'failed', error: traceError(error) })
  }

  #handshake(role: Role, { features: offered, infoHash, peerId }: Handshake): void {
    // its bytes are borrowed
    const kept = { features: offered, infoHash: infoHash.slice(), peerId: peerId.slice() }
    this.handshakes[role] = kept
    if (role === 'initiator') return
    // an initiator whose handshake is hidden or missing is taken to support what is used
    const features = (this.handshakes.initiator?.features ?? offered).filter(isNamed)
    this.#state = new SessionState(features, this.#torrent?.pieceCount)
    // the phase depends on the features alone
    this.#state.handshakeReceived({ ...kept, reserved: NOTHING, infoHash: NOTHING })
  }

  #message(role: Role, message: Message): void {
    const counts = this.counts[role]
    counts.set(message.type, (counts.get(message.type) ?? 0) + 1)
    if (role === 'initiator') this.#state?.sent(message)
    else this.#state?.received(forPhase(message))
    if (message.type !== 'extended' || message.id !== 0) return
    const decoded = decodeExtensionHandshake(message.payload.slice())
    if (!decoded.ok) return
    const previous = this.#extensions[role]
    this.#extensions[role] =
      previous === undefined ? decoded.value : mergeExtensionHandshake(previous, decoded.value)
  }
}

/**
 * What the phase depends on: that pieces were announced, not which. The bit of a far piece takes 2 MiB, and a capture may have
 * one for each connection.
 */
function forPhase(message: Message): StateMessage {
  if (message.type === 'have') return { type: 'have', piece: 0 }
  return message.type === 'bitfield' ? { type: 'bitfield', bits: new Uint8Array() } : message
}

function isNamed(feature: string): feature is NamedFeature {
  return Object.hasOwn(RESERVED_BITS, feature)
}
