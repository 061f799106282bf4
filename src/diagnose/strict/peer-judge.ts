import { fromHex } from '../../base/bytes.ts'
import type { PeerError } from '../../base/errors.ts'
import type { TraceEvent, TraceMessage } from '../../trace/event.ts'
import { readExtensionHandshake } from '../../trace/extension-handshake.ts'
import { hashRequestDefect } from '../../wire/message/hash-request.ts'
import { FINDINGS, type FindingId } from '../findings.ts'
import {
  happened,
  isAvailability,
  type Conversation,
  type DiagnosisContext,
  type Observation,
  type Rule,
} from '../rule.ts'
import { availabilityRules } from '../rules/availability.ts'
import { extensionContentRules } from '../rules/extension-contents.ts'
import { extensionRules } from '../rules/extensions.ts'
import { fastRules } from '../rules/fast.ts'
import { handshakeRules } from '../rules/handshake.ts'
import { messageRules } from '../rules/messages.ts'
import { RequestJudge, type ServedView } from './request-judge.ts'

/** Something that the other side did against a BEP, or that its author will want to know. */
export interface Deviation {
  /** True for what no BEP forbids: it is told, and is no failure. */
  readonly isNote: boolean
  readonly id: FindingId
  /** Counts the handshake as 1. */
  readonly message: number
  /** Where the message begins in the peer's stream, in bytes. */
  readonly offset: number
  /** What came and what was expected; text of the peer's in it is escaped. */
  readonly detail: string
  readonly reference: string
}

/** What a judge knows of our side. */
export interface JudgeContext extends Omit<DiagnosisContext, 'pieceCount'>, ServedView {}

type Received = TraceEvent & { readonly type: 'received' | 'sent' }

/** The rules that look at one message at a time; those about requests need what went before, and are in RequestJudge. */
const MESSAGE_RULES: readonly Rule[] = [
  ...messageRules,
  ...availabilityRules,
  ...fastRules,
  ...extensionRules,
  ...extensionContentRules,
]

/**
 * Watches what one peer sends to a seeder and names every deviation where it happens. The rules are those of `diagnose`,
 * each message on its own, and those that need memory: the order of the first messages, and requests. What is remembered is
 * bounded, however long the connection lasts.
 */
export class PeerJudge {
  readonly #context: JudgeContext
  readonly #requests: RequestJudge
  #conversation: Conversation
  #count = 0
  #lastOffset = 0
  /** How the peer announced its pieces, or what it sent before it did. */
  #announced: string | undefined
  #lateBehind: string | undefined
  #lacksMetadata = false

  constructor(context: JudgeContext) {
    this.#context = context
    this.#requests = new RequestJudge(context)
    this.#conversation = {
      ...happened([]),
      ours: undefined,
      theirs: undefined,
      fast: false,
      extensions: false,
      context,
    }
  }

  /** Messages of the peer so far, the handshake included. */
  get messages(): number {
    return this.#count
  }

  step(event: TraceEvent): readonly Deviation[] {
    if (event.type === 'sent') {
      if (event.what === 'handshake') this.#negotiate({ ...this.#conversation, ours: event.handshake })
      else this.#requests.sent(event.message, event.at, this.#conversation.fast)
      return []
    }
    return event.type === 'received' ? this.#received(event) : this.#broken(event)
  }

  /** Our queue is full, and nothing rejects what is dropped: without the fast extension only we know of it. */
  queueFull(): Deviation {
    const { extensions } = this.#conversation
    const detail = `our queue of ${this.#context.queueLength} requests is full, and what comes is dropped: without the fast extension no reject says so`
    const seen = this.#at(this.#lastOffset, { id: 'request-queue-exceeded', detail }, this.#count)
    // a peer that never got our reqq could not keep to it
    return { ...seen, isNote: !extensions }
  }

  /** What cannot be told by an event: why the session failed, with the bytes that had come by then. */
  failed(error: PeerError): readonly Deviation[] {
    const offset = error.offset ?? 0
    // bytes that do not even begin like a handshake may be an encrypted one
    const misspelt = error.code === 'E_NOT_BITTORRENT' && offset > 0
    const foreign = error.code.startsWith('E_NOT_BITTORRENT_')
    if (misspelt || foreign) return [this.#at(offset, { id: 'stream-broken', detail: error.message }, 1)]
    if (error.code === 'E_WRONG_INFO_HASH')
      return [this.#at(offset, { id: 'info-hash-mismatch', detail: error.message }, 1)]
    if (error.code === 'E_HANDSHAKE_TIMEOUT' && offset > 0)
      return [this.#at(0, { id: 'handshake-cut', detail: error.message }, 1)]
    return []
  }

  #broken(event: TraceEvent): readonly Deviation[] {
    if (event.type === 'broken') {
      const observations = this.#observe(event, messageRules)
      return observations.map((seen) => this.#at(event.error.offset ?? 0, seen, this.#count + 1))
    }
    const cut = event.type === 'closed' && this.#conversation.theirs === undefined && event.pending > 0
    if (!cut || event.by !== 'peer') return []
    return [
      this.#at(0, { id: 'handshake-cut', detail: `closed after ${event.pending} bytes of a handshake` }, 1),
    ]
  }

  #received(event: Received): readonly Deviation[] {
    this.#count++
    this.#lastOffset = event.offset
    if (event.what === 'handshake') {
      this.#negotiate({ ...this.#conversation, theirs: event.handshake })
      return this.#deviations(event, this.#observe(event, handshakeRules))
    }
    const { message, at } = event
    const observations = [
      ...this.#observe(event, MESSAGE_RULES),
      ...this.#order(message),
      ...this.#hashes(message),
      ...this.#requests.received(message, at, this.#conversation),
    ]
    return this.#deviations(event, observations)
  }

  #deviations(event: Received, observations: readonly Observation[]): readonly Deviation[] {
    return observations
      .filter(({ id }) => FINDINGS[id].severity !== 'info')
      .map((seen) => this.#at(event.offset, seen, this.#count))
  }

  /** The rules over a conversation of this event alone. */
  #observe(event: TraceEvent, rules: readonly Rule[]): Observation[] {
    const conversation = { ...this.#conversation, ...happened([event]) }
    return rules.flatMap((rule) => [...rule(conversation)])
  }

  #negotiate(conversation: Conversation): void {
    const { ours, theirs } = conversation
    const both = (feature: 'fast' | 'extension-protocol') =>
      ours?.features.includes(feature) === true && theirs?.features.includes(feature) === true
    this.#conversation = { ...conversation, fast: both('fast'), extensions: both('extension-protocol') }
  }

  /** BEP 6: exactly one of the three, before everything but extended messages; BEP 3: a bitfield first or not at all. */
  *#order(message: TraceMessage): Generator<Observation> {
    const read = readExtensionHandshake(message)
    if (read?.ok === true) {
      const { extensions, metadataSize } = read.value
      this.#lacksMetadata = (extensions.get('ut_metadata') ?? 0) !== 0 && metadataSize === undefined
    }
    if (isAvailability(message)) {
      if (this.#announced !== undefined)
        yield { id: 'availability-repeated', detail: `${message.type} after ${this.#announced}` }
      else if (this.#lateBehind !== undefined)
        yield {
          id: 'availability-late',
          detail: `${message.type} after ${this.#lateBehind}, expected before it`,
        }
      this.#announced = message.type
      return
    }
    if (this.#announced !== undefined || this.#lateBehind !== undefined || !MUST_FOLLOW.has(message.type))
      return
    this.#lateBehind = message.type
    if (!this.#conversation.fast || this.#lacksMetadata) return
    const detail = `${message.type} before any bitfield, have-all or have-none, one of which comes first`
    yield { id: 'availability-missing', detail, reference: 'BEP 6' }
  }

  *#hashes(message: TraceMessage): Generator<Observation> {
    if (message.type !== 'hash-request') return
    const request = { ...message.request, piecesRoot: fromHex(message.request.piecesRoot) }
    const defect = hashRequestDefect(request, this.#context.treeHeightOf(request.piecesRoot))
    if (defect?.level === 'must') yield { id: 'hash-request-invalid', detail: defect.reason }
  }

  #at(offset: number, { id, detail, reference }: Observation, message: number): Deviation {
    return {
      isNote: NOTES.has(id),
      id,
      message,
      offset,
      detail: withoutPlace(detail, offset),
      reference: reference ?? FINDINGS[id].reference,
    }
  }
}

/** What is odd or unwise, and against no BEP: a message that nobody defined may be agreed upon elsewhere. */
const NOTES: ReadonlySet<FindingId> = new Set<FindingId>([
  'message-unknown',
  'peer-id-zero',
  'client-text-unprintable',
  'extension-handshake-value',
  'reqq-zero',
  'port-not-negotiated',
  'private-pex',
])

/** What tells that a peer has gone past the first messages. */
const MUST_FOLLOW: ReadonlySet<string> = new Set([
  'interested',
  'not-interested',
  'request',
  'have',
  'unchoke',
  'choke',
])

/** Rules name the place in their text; here it stands in front. */
function withoutPlace(detail: string, offset: number): string {
  return detail
    .replace(new RegExp(`^at byte ${offset}[:;] `), '')
    .replace(` (byte ${offset})`, '')
    .replace(` at byte ${offset}`, '')
}
