import { copyBytes } from '../../base/bytes.ts'
import { INSPECT, type Inspect, inspectAs } from '../../base/inspect.ts'
import type { Phase } from '../../base/phase.ts'
import { decodeDonthaveMessage } from '../../wire/extension/donthave.ts'
import {
  decodeExtensionHandshake,
  mergeExtensionHandshake,
  type ExtensionHandshake,
} from '../../wire/extension/handshake.ts'
import type { DecodeResult } from '../../wire/decode-result.ts'
import type { Handshake } from '../../wire/handshake/handshake.ts'
import { EXTENDED_HEAD_LENGTH, type MessageType } from '../../wire/message/message.ts'
import { isSetByBoth, type NamedFeature } from '../../wire/handshake/reserved-bits.ts'
import { PeerAvailability } from './availability.ts'
import type { PieceSpace } from '../../wire/torrent/piece-layout.ts'
import { ChokingState } from './choking-state.ts'
import { FastExtensionState } from './fast-state.ts'

/** Why an extension handshake cannot be decoded, and where in the peer's stream, in bytes. */
export interface UnreadableExtensionHandshake {
  readonly reason: string
  readonly offset: number
}

/** Number of messages of each type in one direction. */
export type MessageCounts = ReadonlyMap<MessageType, number>

/** As much of a message as moves the state; every `Message` is one. */
export type StateMessage =
  | { readonly type: 'bitfield'; readonly bits: Uint8Array }
  | { readonly type: 'have' | 'allowed-fast' | 'suggest'; readonly piece: number }
  | { readonly type: 'port'; readonly port: number }
  | {
      readonly type: 'extended'
      readonly id: number
      readonly payload: Uint8Array
      /** What the payload says, where an extension handshake was decoded before. */
      readonly handshake?: DecodeResult<ExtensionHandshake> | undefined
    }
  | {
      readonly type: Exclude<
        MessageType,
        'bitfield' | 'have' | 'allowed-fast' | 'suggest' | 'port' | 'extended'
      >
    }

/**
 * The state of one connection, as the messages in both directions change it. Messages that were not negotiated have no
 * effect: a fast message without the fast bit, for example, is left to the rules to report.
 */
export class SessionState {
  readonly choking = new ChokingState()
  readonly availability: PeerAvailability
  readonly fast: FastExtensionState
  readonly #ours: readonly NamedFeature[]
  #donthaveId: number | undefined
  #sent: Map<MessageType, number> | undefined
  #received: Map<MessageType, number> | undefined
  #handshake: Handshake | undefined
  #pieceSpace: PieceSpace = 'v1'
  #extensionHandshake: ExtensionHandshake | undefined
  #unreadableExtensionHandshake: UnreadableExtensionHandshake | undefined
  #dhtPort: number | undefined

  /**
   * @param features the bits of our own handshake
   * @param pieceCount undefined while it is unknown
   * @param extensions the ids that we announced for extension messages
   */
  constructor(
    features: readonly NamedFeature[],
    pieceCount: number | undefined,
    extensions?: ReadonlyMap<string, number>,
  ) {
    this.#ours = features
    this.#donthaveId = extensions?.get('lt_donthave')
    this.availability = new PeerAvailability(pieceCount)
    this.fast = new FastExtensionState(pieceCount)
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { phase, handshake, pieceSpace, choking, availability, fast, dhtPort } = this
    const { extensions, client, reqq } = this.#extensionHandshake ?? {}
    const shown = {
      phase,
      handshake,
      extensions,
      client,
      reqq,
      pieceSpace,
      choking,
      availability,
      fast: this.negotiated('fast') ? fast : undefined,
      dhtPort,
      sent: this.sentCounts,
      received: this.receivedCounts,
    }
    return inspectAs('SessionState', shown, options, inspect)
  }

  /** The peer's handshake, once received. */
  get handshake(): Handshake | undefined {
    return this.#handshake
  }

  /** All extension handshakes of the peer, merged (BEP 10: `m` is additive). */
  get extensionHandshake(): ExtensionHandshake | undefined {
    return this.#extensionHandshake
  }

  /** The first extension handshake that cannot be decoded. */
  get unreadableExtensionHandshake(): UnreadableExtensionHandshake | undefined {
    return this.#unreadableExtensionHandshake
  }

  /** Whether an extension handshake was received, valid or not. */
  get hasExtensionHandshake(): boolean {
    return this.#extensionHandshake !== undefined || this.#unreadableExtensionHandshake !== undefined
  }

  get dhtPort(): number | undefined {
    return this.#dhtPort
  }

  get sentCounts(): MessageCounts {
    return this.#sent ?? NO_COUNTS
  }

  get receivedCounts(): MessageCounts {
    return this.#received ?? NO_COUNTS
  }

  /** The piece space of this session: v2 if the handshakes carry a v2 info hash (BEP 52). */
  get pieceSpace(): PieceSpace {
    return this.#pieceSpace
  }

  /** Whether both handshakes set the bit. For v2 the info hash decides, because its bit is only an offer. */
  negotiated(feature: NamedFeature): boolean {
    if (feature === 'v2') return this.#pieceSpace === 'v2'
    return isSetByBoth(feature, this.#ours, this.#handshake?.features ?? [])
  }

  /** What the session is waiting for. */
  get phase(): Phase {
    if (this.#handshake === undefined) return 'handshake'
    if (this.negotiated('extension-protocol') && !this.hasExtensionHandshake) return 'extension-handshake'
    if (this.availability.source === 'none') return 'availability'
    return this.choking.peerChoking ? 'choking' : 'transfer'
  }

  handshakeReceived(handshake: Handshake, pieceSpace: PieceSpace = 'v1'): void {
    this.#handshake = handshake
    this.#pieceSpace = pieceSpace
  }

  setPieceCount(pieceCount: number): void {
    this.availability.setPieceCount(pieceCount)
    this.fast.setPieceCount(pieceCount)
  }

  sent(message: StateMessage): void {
    count((this.#sent ??= new Map()), message.type)
    switch (message.type) {
      case 'choke':
      case 'unchoke':
      case 'interested':
      case 'not-interested':
        this.choking.sent(message.type)
        return
      case 'allowed-fast':
        this.fast.sentAllowedFast(message.piece)
        return
      case 'extended':
        this.#announced(message)
        return
      default:
    }
  }

  /**
   * Counts requests that we sent, or blocks that we received, which have no other effect.
   * @param times 0 only gives the type its place among the counts, which are in the order of the first message of each type
   */
  transferred(type: 'request' | 'piece', times: number): void {
    if (type === 'request') count((this.#sent ??= new Map()), type, times)
    else count((this.#received ??= new Map()), type, times)
  }

  /** @param offset where the message begins in the peer's stream, to locate errors in extended messages */
  received(message: StateMessage, offset = 0): void {
    count((this.#received ??= new Map()), message.type)
    switch (message.type) {
      case 'choke':
      case 'unchoke':
      case 'interested':
      case 'not-interested':
        this.choking.received(message.type)
        return
      case 'bitfield':
        this.availability.bitfieldReceived(message.bits)
        return
      case 'have':
        this.availability.haveReceived(message.piece)
        return
      case 'have-all':
        if (this.negotiated('fast')) this.availability.haveAllReceived()
        return
      case 'have-none':
        if (this.negotiated('fast')) this.availability.haveNoneReceived()
        return
      case 'allowed-fast':
        if (this.negotiated('fast')) this.fast.receivedAllowedFast(message.piece)
        return
      case 'suggest':
        if (this.negotiated('fast')) this.fast.receivedSuggest(message.piece)
        return
      case 'port':
        this.#dhtPort = message.port
        return
      case 'extended':
        if (this.negotiated('extension-protocol')) this.#extended(message, offset)
        return
      default:
    }
  }

  /** In a trace of another client, its own handshake says which ids it announced. */
  #announced({ id, handshake }: Extract<StateMessage, { readonly type: 'extended' }>): void {
    if (id !== 0 || handshake?.ok !== true) return
    this.#donthaveId = handshake.value.extensions.get('lt_donthave') ?? this.#donthaveId
  }

  #extended(message: Extract<StateMessage, { readonly type: 'extended' }>, offset: number): void {
    const { id, payload } = message
    // the caller may reuse its bytes, and what is decoded shares them
    if (id === 0)
      this.#extensionHandshakeReceived(
        message.handshake ?? decodeExtensionHandshake(copyBytes(payload)),
        offset + EXTENDED_HEAD_LENGTH,
      )
    if (id === 0 || id !== this.#donthaveId) return
    const decoded = decodeDonthaveMessage(payload)
    if (decoded.ok) this.availability.lost(decoded.value.piece)
  }

  #extensionHandshakeReceived(decoded: DecodeResult<ExtensionHandshake>, offset: number): void {
    if (!decoded.ok) {
      this.#unreadableExtensionHandshake ??= { reason: decoded.reason, offset: offset + decoded.offset }
      return
    }
    const previous = this.#extensionHandshake
    this.#extensionHandshake =
      previous === undefined ? decoded.value : mergeExtensionHandshake(previous, decoded.value)
  }
}

const NO_COUNTS: MessageCounts = new Map()

function count(counts: Map<MessageType, number>, type: MessageType, times = 1): void {
  counts.set(type, (counts.get(type) ?? 0) + times)
}
