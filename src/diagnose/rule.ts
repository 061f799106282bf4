import type { TraceEvent, TraceHandshake, TraceMessage, TraceUtpFigures } from '../trace/event.ts'
import type { InfoHashes } from '../wire/torrent/info-hash.ts'
import type { MessageType } from '../wire/message/message.ts'
import type { FindingId } from './findings.ts'

/** What is known beside the trace; a rule that needs what is not known says nothing. */
export interface DiagnosisContext {
  readonly pieceCount?: number | undefined
  /** BEP 27. */
  readonly private?: boolean | undefined
  readonly infoHashes?: InfoHashes | undefined
  /** Events were left out because there were too many, at least requests and blocks: what is missing may have come. */
  readonly truncated?: 'transfers' | 'anything' | undefined
  /** How many messages of each type came, also those that are not in the trace. */
  readonly received?: ReadonlyMap<MessageType, number> | undefined
  /** Figures of a connection over uTP. */
  readonly utp?: TraceUtpFigures | undefined
}

/** One thing that a rule saw. */
export interface Observation {
  readonly id: FindingId
  /** Numbers and places; text of the peer's only when it is escaped. */
  readonly detail: string
  /** Overrides the reference of the finding, where the message at fault names its own BEP. */
  readonly reference?: string
}

/** One connection as rules look at it: what was negotiated is worked out once. */
export interface Conversation {
  readonly events: readonly TraceEvent[]
  /** The messages of both sides, in order. */
  readonly messages: readonly MessageEvent[]
  /** Those of the peer. */
  readonly received: readonly MessageEvent[]
  readonly ours: TraceHandshake | undefined
  readonly theirs: TraceHandshake | undefined
  /** Both handshakes set the bit of BEP 6. */
  readonly fast: boolean
  /** Both handshakes set the bit of BEP 10. */
  readonly extensions: boolean
  readonly context: DiagnosisContext
}

/** A requirement and the test for it, folded over what happened. Pure and bounded: it keeps counts, never the events' data. */
export type Rule = (conversation: Conversation) => Iterable<Observation>

/** One message with its place in its sender's stream. */
export interface MessageEvent {
  readonly at: number
  readonly direction: 'sent' | 'received'
  readonly offset: number
  readonly length: number
  readonly message: TraceMessage
}

/** The events of a conversation, sorted out once for all rules. */
export function happened(
  events: readonly TraceEvent[],
): Pick<Conversation, 'events' | 'messages' | 'received'> {
  const messages: MessageEvent[] = []
  for (const event of events) {
    if ((event.type !== 'sent' && event.type !== 'received') || event.what !== 'message') continue
    const { at, type, offset, length, message } = event
    messages.push({ at, direction: type, offset, length, message })
  }
  return { events, messages, received: messages.filter(({ direction }) => direction === 'received') }
}

/** What a peer may take to say what it has to say after its handshake: Transmission needs half a second. */
const GREETING_MS = 2_000

/** Whether we ended the connection, and not before the peer had time to send what follows its handshake. */
export function hadTime({ events }: Pick<Conversation, 'events'>): boolean {
  const end = events.at(-1)
  if (end?.type !== 'closed' || end.by !== 'us') return false
  const shaken = events.find((event) => event.type === 'received' && event.what === 'handshake')
  return shaken !== undefined && end.at - shaken.at >= GREETING_MS
}

/** The address in `host:port`, IPv6 without its brackets. */
export function hostOf(endpoint: string): string {
  return endpoint.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
}

/** The messages that say which pieces the peer has. */
export function isAvailability({ type }: TraceMessage): boolean {
  return type === 'bitfield' || type === 'have-all' || type === 'have-none'
}
