import { HANDSHAKE_LENGTH } from '../../wire/handshake/handshake.ts'
import type { TraceEvent } from '../../trace/event.ts'
import { isAvailability } from '../../wire/message/message.ts'
import type { Conversation } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING } from '../rule.ts'

/** How a connection that the peer ended is to be read: after what, and how many bytes had come. */
export const close = defineTheme({
  findings: {
    'early-28-bytes': {
      severity: 'info',
      title: 'The peer sent 28 bytes of a handshake and stopped',
      reference: 'BEP 3',
      explanation:
        'anacrolix/torrent sends the first 28 bytes of its handshake before it has read the info hash. When it closes then, most likely it does not have the torrent; when it stays, it never got the rest of our handshake.',
    },
    'closed-without-answer': {
      severity: 'info',
      title: 'The peer closed without sending a byte',
      reference: 'BEP 3',
      explanation:
        'Clients close silently when they do not know the info hash, when the torrent is paused, queued or being checked, when they want encryption, when a connection from this address exists already, or when a limit is reached. From the outside these look the same.',
    },
    'closed-after-encryption': {
      severity: 'info',
      title: 'The peer closed after the encryption handshake, without a byte of its own handshake',
      reference: 'MSE',
      explanation:
        'Only a peer that knows the info hash can complete the encryption handshake (MSE), so it knows the torrent. It closes then at a limit, when it filters this address, when a connection from this address exists already, or, as KTorrent does, when our handshake did not come inside the encryption handshake.',
    },
    'closed-after-handshake': {
      severity: 'info',
      title: 'The peer closed right after its handshake',
      reference: 'BEP 3',
      explanation:
        'After the peer id has come, clients refuse their own id, an id that is connected already, a banned address, a torrent that was stopped, or one peer too many. Some clients answer for any info hash and close then (anacrolix/torrent).',
    },
    'closed-after-extension-handshake': {
      severity: 'info',
      title: 'The peer closed after the extension handshakes',
      reference: 'BEP 10',
      explanation:
        'Two peers that both want no data have nothing to do with each other, and most clients close then. It is also what a client does that already knows a connection to the port announced in `p`.',
    },
    'closed-after-availability': {
      severity: 'info',
      title: 'The peer closed after saying what it has',
      reference: 'BEP 3',
      explanation:
        'A seed closes on another seed, and a client closes on a bitfield of the wrong length. Otherwise it is a limit that was reached, or a message of ours that it did not like.',
    },
    'closed-after-request': {
      severity: 'info',
      title: 'The peer closed after a request',
      reference: 'BEP 3',
      explanation:
        'libtorrent closes on requests while it chokes, anacrolix/torrent on requests for pieces that it lacks and on more than it queues, others on requests above 16 KiB.',
    },
    'closed-on-silence': {
      severity: 'info',
      title: 'The peer closed a quiet connection',
      reference: 'BEP 3',
      explanation:
        'After some seconds without a message clients give up: rqbit after 10, aria2 after 30 without interest on either side, others after one or two minutes.',
    },
    'closed-mid-message': {
      severity: 'warning',
      title: 'The peer closed in the middle of a message',
      reference: 'BEP 3',
      explanation:
        'Part of a message had come when the connection ended. A process that was killed, a NAT that forgot the connection or a cable look like this; a client that ends a session does so between messages.',
    },
  },
  probe: [early, closed, midMessage],
})

type ClosedId =
  | 'closed-without-answer'
  | 'closed-after-encryption'
  | 'closed-after-handshake'
  | 'closed-after-extension-handshake'
  | 'closed-after-availability'
  | 'closed-after-request'
  | 'closed-on-silence'

/** What anacrolix/torrent sends before it has read an info hash. */
const EARLY_LENGTH = 28

/** Bytes of the peer-wire stream that came: after an encryption handshake, those that it took do not count. */
function countStream(conversation: Conversation): { see: (event: TraceEvent) => void; length: () => number } {
  let streamEnd = 0
  return {
    see: (event) => {
      if (event.type === 'received') streamEnd = event.offset + event.length
    },
    length: () => {
      const { end } = conversation
      if (end === undefined) return 0
      // it did not get to that stream
      return end.phase === 'encryption' ? end.bytesReceived : streamEnd + end.pending
    },
  }
}

function early(conversation: Conversation): Fold<'early-28-bytes'> {
  const stream = countStream(conversation)
  return {
    step: (event) => {
      stream.see(event)
      return NOTHING
    },
    *end() {
      const { end, local } = conversation
      if (end === undefined || local === undefined) return
      if (stream.length() !== EARLY_LENGTH || end.pending !== EARLY_LENGTH) return
      const detail =
        end.by === 'peer'
          ? 'then it closed: most likely it does not have this torrent'
          : 'then nothing more came'
      yield { id: 'early-28-bytes', detail }
    },
  }
}

/** From here on a close is about the silence, not about what came last. */
const SILENCE_MS = 8_000

function closed(conversation: Conversation): Fold<ClosedId> {
  const stream = countStream(conversation)
  const seen = new Exchange()
  return {
    step: (event) => {
      stream.see(event)
      seen.take(event)
      return NOTHING
    },
    *end() {
      const { end, local } = conversation
      if (end?.by !== 'peer' || local === undefined) return
      const how = end.kind === null ? 'closed' : `closed with ${end.kind.toUpperCase()}`
      const detail = `${how} after ${end.bytesReceived} bytes from it and ${end.bytesSent} from us`
      const id = readingOf(conversation, seen, end, stream.length())
      if (id !== undefined) yield { id, detail }
    },
  }
}

/** What had passed when the connection ended. */
class Exchange {
  isEncrypted = false
  /** Of our requests: sent at all, rejected, and whether one was sent last of all messages. */
  requested = 0
  rejected = 0
  isRequestLast = false
  hasServed = false
  hasAnnounced = false
  hasShaken = false
  hasOnlyExtended = true
  /** When a side sent something last, and how long this process did not run since. */
  #lastAt: number | undefined
  #absentMs = 0

  take(event: TraceEvent): void {
    if (event.type === 'encryption') this.isEncrypted ||= event.step === 'established'
    if (event.type === 'suspended') this.#absentMs += event.durationMs
    if (event.type !== 'sent' && event.type !== 'received') return
    this.#lastAt = event.at
    this.#absentMs = 0
    if (event.what === 'handshake') return
    const { message, type } = event
    this.isRequestLast = type === 'sent' && message.type === 'request'
    if (this.isRequestLast) this.requested++
    if (type === 'sent') return
    if (message.type === 'reject') this.rejected++
    this.hasServed ||= message.type === 'piece'
    this.hasAnnounced ||= isAvailability(message)
    this.hasShaken ||= message.type === 'extended' && message.id === 0
    this.hasOnlyExtended &&= message.type === 'extended'
  }

  /** Time between the last that either side sent and the end: the peer went on while this process did not run. */
  quietMs(endAt: number): number {
    return this.#lastAt === undefined ? 0 : endAt - this.#lastAt + this.#absentMs
  }
}

function readingOf(
  { remote }: Conversation,
  seen: Exchange,
  { at, bytesReceived }: { readonly at: number; readonly bytesReceived: number },
  streamLength: number,
): ClosedId | undefined {
  if (streamLength === 0 && seen.isEncrypted) return 'closed-after-encryption'
  // what came in an encryption handshake was an answer too
  if (bytesReceived === 0) return 'closed-without-answer'
  if (remote === undefined) return undefined
  if (seen.quietMs(at) >= SILENCE_MS) return 'closed-on-silence'
  if (streamLength === HANDSHAKE_LENGTH) return 'closed-after-handshake'
  // of the requests that it rejected it said what it thinks
  const leftOne = !seen.hasServed && seen.requested > seen.rejected
  if (seen.isRequestLast || leftOne) return 'closed-after-request'
  // what came of requests is about them, not about what went before
  if (seen.hasServed || seen.requested > 0) return undefined
  if (seen.hasAnnounced) return 'closed-after-availability'
  return seen.hasOnlyExtended && seen.hasShaken ? 'closed-after-extension-handshake' : undefined
}

function midMessage(conversation: Conversation): Fold<'closed-mid-message'> {
  let isBroken = false
  return {
    step: (event) => {
      isBroken ||= event.type === 'broken'
      return NOTHING
    },
    *end() {
      const { end, remote } = conversation
      // what came after bytes that cannot be framed is not a message either
      if (end?.by !== 'peer' || end.pending === 0 || remote === undefined || isBroken) return
      yield { id: 'closed-mid-message', detail: `${end.pending} bytes of a message had come` }
    },
  }
}
