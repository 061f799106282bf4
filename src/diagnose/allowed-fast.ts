import { fromHex } from '../base/bytes.ts'
import { MAX_FAST_PIECES } from '../base/limits.ts'
import type { TraceMessage } from '../trace/event.ts'
import { parseIpAddress } from '../wire/address.ts'
import { type AllowedFastDialect, recogniseAllowedFastSet } from '../wire/allowed-fast.ts'
import { type Conversation, extensionHandshakeOf } from './conversation.ts'
import { hostOf } from './host.ts'

/** An allowed-fast set, and what it was computed from. */
export interface AllowedFastSet {
  readonly count: number
  /** The address that the peer sees. */
  readonly address: string
  /** Undefined if no known algorithm gives it. */
  readonly dialect: AllowedFastDialect | undefined
}

/** Collects the allowed-fast set of one connection (BEP 6). */
export class AllowedFast {
  readonly #conversation: Conversation
  readonly #allowed: number[] = []
  #yourIp: string | undefined

  constructor(conversation: Conversation) {
    this.#conversation = conversation
  }

  /** Takes a message of the peer. */
  received(message: TraceMessage): void {
    this.#yourIp ??= extensionHandshakeOf(message)?.yourIp
    if (message.type === 'allowed-fast' && this.#allowed.length < MAX_FAST_PIECES)
      this.#allowed.push(message.piece)
  }

  /** The set so far; undefined where it says nothing about how it was computed. */
  get set(): AllowedFastSet | undefined {
    const { fast, local, pieceCount, allowedFast } = this.#conversation
    if (!fast || local === undefined || pieceCount === undefined) return undefined
    const pieces = this.#allowed.filter((piece) => piece < pieceCount)
    // the address that the peer sees: `yourip`, or else the local address of our socket
    const address = this.#yourIp ?? socketAddress(this.#conversation)
    // in a small torrent every algorithm gives nearly all pieces
    if (pieces.length === 0 || address === undefined || pieceCount <= 2 * pieces.length) return undefined
    const dialect =
      allowedFast === undefined
        ? recogniseAllowedFastSet(pieces, address, fromHex(local.infoHash), pieceCount)
        : (allowedFast.dialect ?? undefined)
    return { count: pieces.length, address, dialect }
  }
}

function socketAddress({ start }: Conversation): string | undefined {
  const local = start === undefined ? '' : hostOf(start.local)
  return parseIpAddress(local) === undefined ? undefined : local
}
