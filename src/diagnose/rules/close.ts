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
  const { events, messages, ours } = conversation
  const end = events.at(-1)
  if (end?.type !== 'closed' || ours === undefined) return
  if (receivedLength(conversation) === EARLY_LENGTH && end.pending === EARLY_LENGTH) {
    yield { id: 'early-28-bytes', detail: 'then nothing more came' }
  }
  if (end.by !== 'peer') return
  const how = end.kind === null ? 'closed' : `closed with ${end.kind.toUpperCase()}`
  const detail = `${how} after ${end.bytesReceived} bytes from it and ${end.bytesSent} from us`
  const received = receivedLength(conversation)
  const isEncrypted = events.some((event) => event.type === 'encryption' && event.step === 'established')
  const id =
    received === 0 && isEncrypted
      ? 'closed-after-encryption'
      : readingOf(received, messages, quietMs(conversation))
  if (id !== undefined) yield { id, detail }
}

function* midMessage({ events, theirs }: Conversation): Generator<Observation> {
  const end = events.at(-1)
  if (end?.type !== 'closed' || end.by !== 'peer' || end.pending === 0 || theirs === undefined) return
  // what came behind bytes that cannot be framed is no message either
  if (events.some(({ type }) => type === 'broken')) return
  yield { id: 'closed-mid-message', detail: `${end.pending} bytes of a message had come` }
}

function readingOf(
  receivedLength: number,
  messages: readonly MessageEvent[],
  quiet: number,
): FindingId | undefined {
  if (receivedLength === 0) return 'closed-without-answer'
  if (receivedLength < HANDSHAKE_LENGTH) return undefined
  if (receivedLength === HANDSHAKE_LENGTH) return 'closed-after-handshake'
  if (quiet >= SILENCE_MS) return 'closed-on-silence'
  const last = messages.at(-1)
  if (last?.direction === 'sent' && last.message.type === 'request') return 'closed-after-request'
  const received = messages.filter(({ direction }) => direction === 'received')
  if (received.some(({ message }) => message.type === 'piece')) return undefined
  if (received.some(({ message }) => isAvailability(message))) return 'closed-after-availability'
  return received.every(({ message }) => message.type === 'extended')
    ? 'closed-after-extension-handshake'
    : undefined
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
