import type { Severity } from './finding.ts'
import type { Conversation, MessageEvent } from './conversation.ts'
import type { TraceEvent } from '../trace/event.ts'
import type { MessageType } from '../wire/message/message.ts'

/** What a finding means, wherever it is shown. */
export interface FindingDescription {
  readonly severity: Severity
  /** One line that can be read alone. */
  readonly title: string
  readonly reference: string
  /** What it means and what to do about it, a few sentences. */
  readonly explanation: string
  /** Odd or unwise, and not against a BEP: a message that nobody defined may be agreed upon elsewhere. */
  readonly isNote?: true
}

/** One thing that a rule saw. */
export interface Observation<Id extends string = string> {
  readonly id: Id
  /** Numbers and names, without the place; text from the peer only when it is escaped. */
  readonly detail: string
  /** Where it is in the stream of the peer, in bytes; undefined for what has no one place. */
  readonly offset?: number
  /** Overrides the reference of the finding, where the message at fault has its own BEP. */
  readonly reference?: string
}

/** What some rules have to say about an event or at the end. */
export type Observations<Id extends string = string> = Iterable<Observation<Id>>

/** A rule at work on one connection. What it keeps is bounded, however long the connection lasts. */
export interface Fold<Id extends string = string> {
  /** The types of the messages that `step` wants to see; undefined for all. A flood costs only the rules about it. */
  readonly messages?: readonly MessageType[]
  /** Sees the events; the conversation has taken each already. */
  readonly step?: (event: TraceEvent) => Observations<Id>
  /** Called after the last event. */
  readonly end?: () => Observations<Id>
}

/** A requirement and the test for it, folded over the events of one connection. Pure. */
export type Rule<Id extends string = string> = (conversation: Conversation) => Fold<Id>

/** The rules of one theme beside what their findings mean. */
export interface Theme<Id extends string = string> {
  readonly findings: { readonly [id in Id]: FindingDescription }
  /** For a peer that we connect to, and for one that connects to a seeder of ours. */
  readonly both?: readonly Rule<Id>[]
  readonly probe?: readonly Rule<Id>[]
  readonly serve?: readonly Rule<Id>[]
}

/** A theme whose rules can only name its own findings. */
export function defineTheme<const Id extends string>(theme: Theme<Id>): Theme<Id> {
  return theme
}

/** A fold over the messages of both sides that have one of these types. */
export function onMessages<Id extends string>(
  messages: readonly MessageType[],
  see: (message: MessageEvent) => Observations<Id>,
  end?: () => Observations<Id>,
): Fold<Id> {
  return {
    messages,
    step: (event) => ('message' in event ? see(event) : NOTHING),
    ...(end !== undefined && { end }),
  }
}

/** A fold over the messages of the peer that have one of these types. */
export function onReceived<Id extends string>(
  messages: readonly MessageType[],
  see: (message: MessageEvent) => Observations<Id>,
  end?: () => Observations<Id>,
): Fold<Id> {
  return onMessages(messages, (event) => (event.type === 'received' ? see(event) : NOTHING), end)
}

/** Nothing to say. */
export const NOTHING: readonly never[] = []
