import { concat } from '../../base/bytes.ts'
import { MAX_FRAME_LENGTH, MAX_REDACTED_FRAME } from '../../base/limits.ts'
import { HANDSHAKE_LENGTH, PROTOCOL_NAME } from '../../wire/handshake/handshake.ts'
import { MessageId } from '../../wire/message/id.ts'
import { PREFIX_LENGTH } from '../../wire/message/length-prefix.ts'
import { PIECE_HEAD_LENGTH } from '../../wire/message/message.ts'
import { maskService } from './mask.ts'
import { frameLength, type MessageRedactor } from './messages.ts'

/** The extensions that the receiver of a stream announced, by their ids; empty until it has. */
export type AnnouncedIds = ReadonlyMap<number, string>

/**
 * Replaces what one side of a connection sends. Every byte stays in its place: lengths, offsets and framing are those of the
 * original. A message is held until it is complete, blocks and bitfields excepted.
 */
export class StreamRedactor {
  readonly #messages: MessageRedactor
  readonly #announced: () => AnnouncedIds
  readonly #onAnnounced: (ids: AnnouncedIds) => void
  #stage: 'start' | 'messages' | 'foreign' | 'lost' = 'start'
  #held: Uint8Array = new Uint8Array()
  /** Bytes of the current message that need not be held, and whether they stay. */
  #passing = { length: 0, isKept: false }

  /**
   * @param announced what the other side announced
   * @param onAnnounced called with what this side announces
   */
  constructor(
    messages: MessageRedactor,
    announced: () => AnnouncedIds,
    onAnnounced: (ids: AnnouncedIds) => void,
  ) {
    this.#messages = messages
    this.#announced = announced
    this.#onAnnounced = onAnnounced
  }

  /** @returns what is complete; it does not share memory with `chunk` */
  push(chunk: Uint8Array): Uint8Array {
    const bytes = concat([this.#held, chunk])
    const end = this.#redact(bytes)
    this.#held = bytes.slice(end)
    return bytes.subarray(0, end)
  }

  /**
   * Bytes are missing, which are zeros from here on if they are of a block.
   * @returns false if they are not: call `drop`
   */
  skip(length: number): boolean {
    const { length: left, isKept } = this.#passing
    if (this.#stage !== 'messages' || isKept || length > left) return false
    this.#passing.length -= length
    return true
  }

  /** What is held will never be complete. @returns how many bytes it was */
  drop(): number {
    const { length } = this.#held
    this.#held = new Uint8Array()
    this.#passing = { length: 0, isKept: false }
    return length
  }

  /** The stream goes on with a message. */
  resume(): void {
    this.#stage = 'messages'
  }

  /** @returns what was held, at the end of the stream */
  end(): Uint8Array {
    const rest = this.#held
    this.#held = new Uint8Array()
    if (this.#stage === 'start') this.#messages.handshake(rest)
    else if (this.#stage === 'messages') this.#messages.message(rest, (id) => this.#announced().get(id))
    return rest
  }

  /** Replaces in place, and returns where what is complete ends. */
  #redact(bytes: Uint8Array): number {
    let at = 0
    while (at < bytes.length) {
      const next = this.#next(bytes.subarray(at))
      if (next === 0) return at
      at += next
    }
    return at
  }

  /** @returns how many bytes are done; 0 if more must come */
  #next(bytes: Uint8Array): number {
    switch (this.#stage) {
      case 'start':
        return this.#start(bytes)
      case 'foreign':
        maskService(bytes)
        return bytes.length
      case 'lost':
        return bytes.fill(0).length
      case 'messages':
        return this.#passing.length > 0 ? this.#pass(bytes) : this.#message(bytes)
    }
  }

  #start(bytes: Uint8Array): number {
    if (bytes[0] !== PROTOCOL_NAME.length) {
      this.#stage = 'foreign'
      return this.#next(bytes)
    }
    if (bytes.length < HANDSHAKE_LENGTH) return 0
    this.#messages.handshake(bytes.subarray(0, HANDSHAKE_LENGTH))
    this.#stage = 'messages'
    return HANDSHAKE_LENGTH
  }

  #pass(bytes: Uint8Array): number {
    const length = Math.min(bytes.length, this.#passing.length)
    if (!this.#passing.isKept) bytes.fill(0, 0, length)
    this.#passing.length -= length
    return length
  }

  #message(bytes: Uint8Array): number {
    if (bytes.length < PREFIX_LENGTH) return 0
    const length = frameLength(bytes)
    if (length === PREFIX_LENGTH) return length
    const id = bytes[PREFIX_LENGTH]
    if (id === undefined) return 0
    if (length > PREFIX_LENGTH + MAX_FRAME_LENGTH) {
      this.#stage = 'lost'
      return PREFIX_LENGTH + 1
    }
    const isBlock = id === MessageId.piece && length >= PIECE_HEAD_LENGTH
    if (isBlock || id === MessageId.bitfield || length > MAX_REDACTED_FRAME) {
      const head = isBlock ? PIECE_HEAD_LENGTH : PREFIX_LENGTH + 1
      if (bytes.length < head) return 0
      this.#passing = { length: length - head, isKept: id === MessageId.bitfield }
      return head
    }
    if (bytes.length < length) return 0
    const ids = this.#messages.message(bytes.subarray(0, length), (one) => this.#announced().get(one))
    if (ids !== undefined) this.#onAnnounced(new Map(Array.from(ids, ([name, number]) => [number, name])))
    return length
  }
}

/** Both directions of a connection. */
export class ConnectionRedactor {
  readonly local: StreamRedactor
  readonly remote: StreamRedactor

  constructor(messages: MessageRedactor) {
    let byLocal: AnnouncedIds = new Map()
    let byRemote: AnnouncedIds = new Map()
    // later handshakes add to the first
    this.local = new StreamRedactor(
      messages,
      () => byRemote,
      (ids) => (byLocal = new Map([...byLocal, ...ids])),
    )
    this.remote = new StreamRedactor(
      messages,
      () => byLocal,
      (ids) => (byRemote = new Map([...byRemote, ...ids])),
    )
  }
}
