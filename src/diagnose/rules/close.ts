import { HANDSHAKE_LENGTH } from '../../wire/handshake/handshake.ts'
import type { TraceEvent } from '../../trace/event.ts'
import type { FindingId } from '../findings.ts'
import { type Conversation, isAvailability, type MessageEvent, type Observation, type Rule } from '../rule.ts'

/** How a connection that the peer ended is to be read: after what, and how many bytes had come. */
export const closeRules: readonly Rule[] = [closed, midMessage]

/** From here on a close is about the silence, not about what came last. */
const SILENCE_MS = 8_000

/** What anacrolix/torrent sends before it has read an info hash. */
const EARLY_LENGTH = 28

function* closed(conversation: Conversation): Generator<Observation> {
  const { events, ours } = conversation
  const end = events.at(-1)
  if (end?.type !== 'closed' || ours === undefined) return
  if (receivedLength(conversation) === EARLY_LENGTH && end.pending === EARLY_LENGTH) {
    const then =
      end.by === 'peer'
        ? 'then it closed: most likely it does not have this torrent'
        : 'then nothing more came'
    yield { id: 'early-28-bytes', detail: then }
  }
  if (end.by !== 'peer') return
  const how = end.kind === null ? 'closed' : `closed with ${end.kind.toUpperCase()}`
  const detail = `${how} after ${end.bytesReceived} bytes from it and ${end.bytesSent} from us`
  const isEncrypted = events.some((event) => event.type === 'encryption' && event.step === 'established')
  const isSilent = receivedLength(conversation) === 0
  const id = isSilent && isEncrypted ? 'closed-after-encryption' : readingOf(conversation, end.bytesReceived)
  if (id !== undefined) yield { id, detail }
}

function* midMessage({ events, theirs }: Conversation): Generator<Observation> {
  const end = events.at(-1)
  if (end?.type !== 'closed' || end.by !== 'peer' || end.pending === 0 || theirs === undefined) return
  // what came behind bytes that cannot be framed is no message either
  if (events.some(({ type }) => type === 'broken')) return
  yield { id: 'closed-mid-message', detail: `${end.pending} bytes of a message had come` }
}

function readingOf(conversation: Conversation, bytesReceived: number): FindingId | undefined {
  const { messages, received, theirs } = conversation
  const length = receivedLength(conversation)
  // what came in an encryption handshake was an answer too
  if (bytesReceived === 0) return 'closed-without-answer'
  if (theirs === undefined) return undefined
  if (quietMs(conversation) >= SILENCE_MS) return 'closed-on-silence'
  if (length === HANDSHAKE_LENGTH) return 'closed-after-handshake'
  const hasServed = received.some(({ message }) => message.type === 'piece')
  const last = messages.at(-1)
  const isLast = last?.direction === 'sent' && last.message.type === 'request'
  if (isLast || (!hasServed && hasOutstandingRequest(messages))) return 'closed-after-request'
  // what came of requests is about them, not about what went before
  if (hasServed || messages.some(isOurRequest)) return undefined
  if (received.some(({ message }) => isAvailability(message))) return 'closed-after-availability'
  const isExtended = received.every(({ message }) => message.type === 'extended')
  const hasShaken = received.some(({ message }) => message.type === 'extended' && message.id === 0)
  return isExtended && hasShaken ? 'closed-after-extension-handshake' : undefined
}

function isOurRequest({ direction, message }: MessageEvent): boolean {
  return direction === 'sent' && message.type === 'request'
}

/** Whether the peer left a request unanswered; of those that it rejected it said what it thinks. */
function hasOutstandingRequest(messages: readonly MessageEvent[]): boolean {
  const rejects = messages.filter(
    ({ direction, message }) => direction === 'received' && message.type === 'reject',
  )
  return messages.filter(isOurRequest).length > rejects.length
}

/** Bytes of the peer-wire stream that came: behind an encryption handshake, those that it took do not count. */
function receivedLength({ events }: Conversation): number {
  const end = events.at(-1)
  if (end?.type !== 'closed') return 0
  // it did not get to that stream
  if (end.phase === 'encryption') return end.bytesReceived
  const last = events.findLast(({ type }) => type === 'received')
  return (last?.type === 'received' ? last.offset + last.length : 0) + end.pending
}

/** Time between the last that either side sent and the end. */
function quietMs({ events }: Conversation): number {
  const end = events.at(-1)
  const last = events.findLastIndex(({ type }) => type === 'sent' || type === 'received')
  const from = events[last]
  if (end === undefined || from === undefined) return 0
  // the peer went on while we did not
  const skipped = events.slice(last).reduce((ms, event) => ms + suspendedMs(event), 0)
  return end.at - from.at + skipped
}

function suspendedMs(event: TraceEvent): number {
  return event.type === 'suspended' ? event.durationMs : 0
}
