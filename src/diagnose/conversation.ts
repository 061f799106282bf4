import type { TraceEvent, TraceHandshake, TraceMessage } from '../trace/event.ts'
import type { TraceStep } from '../trace/transfers.ts'
import type { ClientIdentity } from './client/identity.ts'
import type { UtpReport } from '../trace/utp.ts'
import { readExtensionHandshake } from '../trace/extension-handshake.ts'
import type { ExtensionHandshake } from '../wire/extension/handshake.ts'
import { isSetByBoth } from '../wire/handshake/reserved-bits.ts'
import type { MessageType } from '../wire/message/message.ts'

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { readonly type: Type }>

/** One message with its place in the stream of its sender. */
export type MessageEvent = Extract<TraceEvent, { readonly what: 'message' }>

/** One connection as rules see it at an event: what was negotiated, and what is known of the torrent, worked out once. */
export interface Conversation {
  /** What is known of the torrent; undefined before that is said. */
  readonly target: Of<'target'> | undefined
  readonly start: Of<'connected'> | undefined
  readonly end: Of<'closed'> | undefined
  /** What a redacted trace says of the allowed-fast set; undefined in others. */
  readonly allowedFast: Of<'allowed-fast'> | undefined
  /** Our handshake, and that of the peer. */
  readonly local: TraceHandshake | undefined
  readonly remote: TraceHandshake | undefined
  /** When the handshake of the peer came. */
  readonly remoteAt: number | undefined
  /** Where the stream of the peer ended after its last whole item, in bytes. */
  readonly streamEnd: number
  /** When the last event happened. */
  readonly lastAt: number
  /** Both handshakes set the bit of BEP 6. */
  readonly fast: boolean
  /** Both handshakes set the bit of BEP 10. */
  readonly extensions: boolean
  readonly pieceCount: number | undefined
  /** The info hashes of the target as a handshake carries them, 40 hex digits each. */
  readonly infoHashes: readonly string[]
  /** Messages of the peer by type. */
  readonly received: ReadonlyMap<MessageType, number>
  /** The peer offers to fetch metadata and announces no size: it has none yet, and cannot count pieces. */
  readonly lacksMetadata: boolean
  readonly utp: UtpReport | undefined
  /** What we serve to this peer; undefined for a peer that we connect to. */
  readonly served: ServedView | undefined
  /** Which client the peer is, as far as the events show; undefined for a peer that connects to us. */
  readonly client: Pick<ClientIdentity, 'conflictNow'> | undefined
}

/** What is known of a connection before it begins. */
export type Circumstances = Partial<Pick<Conversation, 'target' | 'served' | 'client'>>

/** What a seeder serves, and how much of it at a time. */
export interface ServedView {
  /** Up to where a piece can be requested, in bytes. */
  readonly lengthOf: (piece: number) => number
  readonly has: (piece: number) => boolean
  readonly pieceCount: number
  /** Our `reqq`. */
  readonly queueLength: number
  /** Layers between the leaves and a root; undefined for a root that the torrent does not have. */
  readonly treeHeightOf: (piecesRoot: Uint8Array) => number | undefined
}

/** Follows the events of one connection. */
export class LiveConversation implements Conversation {
  target: Of<'target'> | undefined
  start: Of<'connected'> | undefined
  end: Of<'closed'> | undefined
  allowedFast: Of<'allowed-fast'> | undefined
  local: TraceHandshake | undefined
  remote: TraceHandshake | undefined
  remoteAt: number | undefined
  lastAt = 0
  streamEnd = 0
  lacksMetadata = false
  readonly received = new Map<MessageType, number>()

  readonly served: ServedView | undefined
  readonly client: Conversation['client']

  constructor({ target, served, client }: Circumstances = {}) {
    this.target = target
    this.served = served
    this.client = client
  }

  get fast(): boolean {
    return this.#both('fast')
  }

  get extensions(): boolean {
    return this.#both('extension-protocol')
  }

  get pieceCount(): number | undefined {
    return this.target?.pieceCount ?? undefined
  }

  get infoHashes(): readonly string[] {
    const { infoHashV1 = null, infoHashV2 = null } = this.target ?? {}
    return [infoHashV1, infoHashV2].flatMap((hash) => (hash === null ? [] : [hash.slice(0, 40)]))
  }

  get utp(): UtpReport | undefined {
    return this.end?.utp
  }

  take(event: TraceStep): void {
    this.lastAt = event.at
    switch (event.type) {
      case 'target':
        this.target = event
        return
      case 'connected':
        this.start = event
        return
      case 'closed':
        this.end = event
        return
      case 'allowed-fast':
        this.allowedFast = event
        return
      case 'sent':
        if (event.what === 'handshake') this.local = event.handshake
        return
      case 'received':
        this.streamEnd = event.offset + event.length
        if (event.what === 'message') this.#read(event.message)
        else if (event.what === 'transfers') this.#count('piece', event.blocks.length)
        else {
          this.remote = event.handshake
          this.remoteAt = event.at
        }
        return
      default:
    }
  }

  #count(type: MessageType, times: number): void {
    this.received.set(type, (this.received.get(type) ?? 0) + times)
  }

  #read(message: TraceMessage): void {
    this.#count(message.type, 1)
    const handshake = extensionHandshakeOf(message)
    if (handshake !== undefined)
      this.lacksMetadata =
        (handshake.extensions.get('ut_metadata') ?? 0) !== 0 && handshake.metadataSize === undefined
  }

  #both(feature: 'fast' | 'extension-protocol'): boolean {
    const { local, remote } = this
    return isSetByBoth(feature, local?.features ?? [], remote?.features ?? [])
  }
}

/** What a peer may take to say what it has to say after its handshake: Transmission needs half a second. */
const GREETING_MS = 2_000

/** Whether we ended the connection, and not before the peer had time to send what follows its handshake. */
export function hadTime({ end, remoteAt }: Conversation): boolean {
  return end?.by === 'us' && remoteAt !== undefined && end.at - remoteAt >= GREETING_MS
}

/** What an extension handshake says; undefined for other messages and for what cannot be read. */
export function extensionHandshakeOf(message: TraceMessage): ExtensionHandshake | undefined {
  const read = readExtensionHandshake(message)
  return read?.ok === true ? read.value : undefined
}

/** `piece 3, bytes 0+16384`. */
export function blockName(block: {
  readonly piece: number
  readonly begin: number
  readonly length: number
}): string {
  return `piece ${block.piece}, bytes ${block.begin}+${block.length}`
}
