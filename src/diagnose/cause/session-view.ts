import { fromHex } from '../../base/bytes.ts'
import type { TraceMessage } from '../../trace/event.ts'
import type { MetadataOutcome } from '../../trace/metadata.ts'
import { extensionHandshakeOf, type MessageEvent } from '../conversation.ts'
import type { RequestSeen, SessionSeen } from './observation.ts'

/** More requests than a probe makes. */
const MAX_REQUESTS = 64

/** What happened after the handshakes, while it happens. */
export class SessionView {
  pieceCount: number | undefined
  #beganAt: number | undefined
  #client: string | undefined
  #prefersEncryption: boolean | undefined
  #metadataSize: number | undefined
  #offersMetadata = false
  #availability: SessionSeen['availability'] = 'none'
  #have: number | undefined
  #lostPieces = false
  #firstHaveAt: number | undefined
  #interestedAt: number | undefined
  #unchokedAt: number | undefined
  #isChoked = true
  #chokedAgain = false
  #chokedOnRequest = false
  #requestedAt: number | undefined
  readonly #requests: (RequestSeen & { blockMs: number | undefined })[] = []
  #rejects = 0
  #verified: SessionSeen['verified']
  #metadata: SessionSeen['metadata']
  #metadataOutcome: MetadataOutcome | undefined
  #messages = 0

  begin(at: number): void {
    this.#beganAt = at
  }

  verified(good: boolean): void {
    if (this.#verified !== 'bad') this.#verified = good ? 'good' : 'bad'
  }

  fetchedMetadata(outcome: MetadataOutcome): void {
    this.#metadataOutcome = outcome
  }

  message({ type, at, message }: MessageEvent): void {
    if (type === 'sent') this.#sent(message, this.#since(at))
    else {
      this.#messages++
      this.#received(message, this.#since(at))
    }
  }

  finish(at: number): SessionSeen {
    return {
      client: this.#client,
      prefersEncryption: this.#prefersEncryption,
      metadataSize: this.#metadataSize,
      offersMetadata: this.#offersMetadata,
      availability: this.#availability,
      have: this.#have,
      pieceCount: this.pieceCount,
      firstHaveMs: this.#firstHaveAt,
      interestedMs: this.#interestedAt,
      unchokedMs: this.#unchokedAt,
      chokedAgain: this.#chokedAgain,
      chokedOnRequest: this.#chokedOnRequest,
      requestedMs: this.#requestedAt,
      requests: this.#requests,
      rejects: this.#rejects,
      lostPieces: this.#lostPieces,
      verified: this.#verified,
      metadata: this.#metadata,
      metadataOutcome: this.#metadataOutcome,
      messagesReceived: this.#messages,
      lastedMs: this.#since(at),
    }
  }

  #sent(message: TraceMessage, at: number): void {
    if (message.type === 'interested') this.#interestedAt ??= at
    if (message.type === 'extended' && message.metadata?.kind === 'request') this.#metadata ??= 'silent'
    if (message.type !== 'request') return
    this.#requestedAt ??= at
    const { piece, begin, length } = message
    if (this.#requests.length < MAX_REQUESTS)
      this.#requests.push({ piece, begin, length, sentMs: at, blockMs: undefined })
  }

  #received(message: TraceMessage, at: number): void {
    switch (message.type) {
      case 'have-all':
        this.#claim('have-all', this.pieceCount)
        return
      case 'have-none':
        this.#claim('have-none', 0)
        return
      case 'bitfield':
        this.#claim('bitfield', countBits(message.bits))
        return
      case 'have':
        this.#takeHave(at)
        return
      case 'unchoke':
        this.#unchokedAt ??= at
        this.#isChoked = false
        return
      case 'choke':
        this.#choke()
        return
      case 'reject':
        this.#rejects++
        return
      case 'piece':
        this.#takeBlock(message, at)
        return
      case 'extended':
        this.#takeExtended(message)
        return
      default:
    }
  }

  #choke(): void {
    if (!this.#isChoked) {
      this.#chokedAgain = true
      this.#chokedOnRequest ||= this.#requestedAt !== undefined
    }
    this.#isChoked = true
  }

  #claim(availability: SessionSeen['availability'], have: number | undefined): void {
    if (availability === 'have-none' && this.#availability !== 'none' && this.#have !== 0)
      this.#lostPieces = true
    this.#availability = availability
    this.#have = have
  }

  #takeHave(at: number): void {
    // a peer that claimed nothing: BEP 3 lets it leave out an empty bitfield
    if (this.#have === undefined || this.#have === 0) this.#firstHaveAt ??= at
    if (this.#availability === 'none') this.#availability = 'haves'
    this.#have = Math.min((this.#have ?? 0) + 1, this.pieceCount ?? Number.POSITIVE_INFINITY)
  }

  #takeBlock(
    {
      piece,
      begin,
      length,
    }: Extract<TraceMessage, { readonly type: 'request' | 'cancel' | 'reject' | 'piece' }>,
    at: number,
  ): void {
    const request = this.#requests.find(
      (one) =>
        one.piece === piece && one.begin === begin && one.length === length && one.blockMs === undefined,
    )
    if (request !== undefined) request.blockMs = at - request.sentMs
  }

  #takeExtended(message: Extract<TraceMessage, { readonly type: 'extended' }>): void {
    if (message.metadata?.kind === 'data') this.#metadata = 'data'
    if (message.metadata?.kind === 'reject' && this.#metadata !== 'data') this.#metadata = 'rejected'
    if (message.extension === 'lt_donthave') this.#lostPieces = true
    const handshake = extensionHandshakeOf(message)
    if (handshake === undefined) return
    this.#client = handshake.client ?? this.#client
    this.#prefersEncryption = handshake.encryptionPreferred ?? this.#prefersEncryption
    this.#metadataSize = handshake.metadataSize ?? this.#metadataSize
    this.#offersMetadata ||= (handshake.extensions.get('ut_metadata') ?? 0) !== 0
  }

  #since(at: number): number {
    return at - (this.#beganAt ?? at)
  }
}

function countBits(bits: string): number {
  let count = 0
  for (const byte of fromHex(bits)) for (let rest = byte; rest > 0; rest &= rest - 1) count++
  return count
}
