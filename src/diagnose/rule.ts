import type { Severity } from './finding.ts'
import type { Conversation, MessageEvent } from './conversation.ts'
import type { TraceEvent } from '../trace/event.ts'
import type { Transfers } from '../trace/transfers.ts'
import type { MessageType } from '../wire/message/message.ts'

/** The description of a finding, the same everywhere. */
export interface FindingDescription {
  readonly severity: Severity
  /** One line that makes sense on its own. */
  readonly title: string
  readonly reference: string
  /** What it means and what to do about it, in a few sentences. */
  readonly explanation: string
  /** Odd or unwise, but no violation of a BEP: peers may agree on an undefined message in other ways. */
  readonly isNote?: true
}

/** One thing that a rule observed. */
export interface Observation<Id extends string = string> {
  readonly id: Id
  /** Numbers and names, without the position. Text from the peer must be escaped. */
  readonly detail: string
  /** Position in the peer's stream, in bytes; undefined if there is not a single position. */
  readonly offset?: number
  /** Overrides the reference of the finding, for messages with their own BEP. */
  readonly reference?: string
}

/** What rules report about one event, or at the end. */
export type Observations<Id extends string = string> = readonly Observation<Id>[]

/** Types of messages in each direction: ours are `sent`. */
export interface MessageTypes {
  readonly sent: readonly MessageType[]
  readonly received: readonly MessageType[]
}

/** An event that is not a message, by its type; both handshakes are `handshake`. */
export type EventKind = Exclude<TraceEvent['type'], 'sent' | 'received'> | 'handshake'

/**
 * The state of a rule for one connection. Its memory is bounded, however long the connection lasts. It begins when the first
 * event comes that the rule reads.
 */
export interface Fold<Id extends string = string> {
  /** The messages that `step` and `transfers` receive; undefined for all. A flood of one type costs only the rules about it. */
  readonly messages?: MessageTypes
  /** The other events that `step` receives; undefined for none. */
  readonly events?: readonly EventKind[]
  /** Called for each event that the rule reads, after the conversation has processed it. */
  readonly step?: (event: TraceEvent) => Observations<Id>
  /**
   * Called for a run of requests that we sent or of blocks that we received, instead of `step` for each of them. It must
   * have the same result, however the messages are divided into runs.
   */
  readonly transfers?: (run: Transfers) => Observations<Id>
  /** Called after the last event, if one came that the rule reads. Without `step` and `transfers`, it is always called. */
  readonly end?: (() => Observations<Id>) | undefined
}

/**
 * A requirement and the test for it, folded over the events of one connection. Pure. What it reads is the same for every
 * conversation.
 */
export type Rule<Id extends string = string> = (conversation: Conversation) => Fold<Id>

/** The rules of one theme, with the descriptions of their findings. */
export interface Theme<Id extends string = string> {
  readonly findings: { readonly [id in Id]: FindingDescription }
  /** `probe` rules are for peers that we connect to, `serve` rules for peers of our seeder, `both` for either. */
  readonly both?: readonly Rule<Id>[]
  readonly probe?: readonly Rule<Id>[]
  readonly serve?: readonly Rule<Id>[]
}

/** Defines a theme. Its rules can report only its own findings. */
export function defineTheme<const Id extends string>(theme: Theme<Id>): Theme<Id> {
  return theme
}

/** A fold over the messages of both sides that have one of these types. */
export function onMessages<Id extends string>(
  messages: MessageTypes,
  see: (message: MessageEvent) => Observations<Id>,
  end?: () => Observations<Id>,
): Fold<Id> {
  return {
    messages,
    step: (event) => ('message' in event ? see(event) : NOTHING),
    end,
  }
}

/** A fold over the messages of the peer that have one of these types. */
export function onReceived<Id extends string>(
  received: readonly MessageType[],
  see: (message: MessageEvent) => Observations<Id>,
  end?: () => Observations<Id>,
): Fold<Id> {
  return onMessages({ sent: [], received }, see, end)
}

/** A fold over events that are not messages: handshakes, failures, the end. */
export function onEvents<Id extends string>(
  events: readonly EventKind[],
  see: (event: TraceEvent) => Observations<Id>,
  end?: () => Observations<Id>,
): Fold<Id> {
  return { messages: NO_MESSAGES, events, step: see, end }
}

const NO_MESSAGES: MessageTypes = { sent: [], received: [] }

/** For rules that report nothing. */
export const NOTHING: readonly never[] = []
