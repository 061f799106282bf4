import { HANDSHAKE_LENGTH } from '../../wire/handshake/handshake.ts'
import type { TraceEvent } from '../../trace/event.ts'
import type { Transfers } from '../../trace/transfers.ts'
import { isAvailability } from '../../wire/message/message.ts'
import type { Conversation } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING, onEvents } from '../rule.ts'

/** What it means that the peer closed: after which messages, and after how many bytes. */
export const close = defineTheme({
  findings: {
    'early-28-bytes': {
      severity: 'info',
      title: 'The peer sent 28 bytes of a handshake and stopped',
      reference: 'BEP 3',
      explanation:
        'anacrolix/torrent sends the first 28 bytes of its handshake before it reads our info hash. It closes then if it does not have the torrent; a limit, a filter and a connection that is cut on the way look the same. If it stays connected, it may not have received the rest of our handshake.',
    },
    'closed-without-answer': {
      severity: 'info',
      title: 'The peer closed without sending a byte',
      reference: 'BEP 3',
      explanation:
        'Clients close silently when they do not know the info hash, when the torrent is paused, queued or being checked, when they require encryption, when they already have a connection from this address, when they filter this address or dislike our client name, or when they have reached a limit. A client without an active torrent, one that accepts only uTP, and a port forward without a client behind it close as soon as they are connected to. Other services and filters on the path close as well. These cases look the same from outside.',
    },
    'closed-after-encryption': {
      severity: 'info',
      title:
        'The peer closed after the encryption handshake, without sending a byte of its BitTorrent handshake',
      reference: 'MSE',
      explanation:
        'Only a peer that knows the info hash can complete the encryption handshake (MSE), so this peer knows the torrent. It may have reached a limit, filter this address, dislike our client name, already have a connection from this address, have stopped the torrent, or, like KTorrent, expect our handshake inside the encryption handshake. A filter on the path that reads plaintext after MSE looks the same.',
    },
    'closed-after-handshake': {
      severity: 'info',
      title: 'The peer closed right after its handshake',
      reference: 'BEP 3',
      explanation:
        'Once they have our peer id, clients close the connection if it is their own id or the id of a connected peer, if the address or the client name is banned, if the torrent is stopped, or if they have too many peers. Some clients answer any info hash and then close (anacrolix/torrent).',
    },
    'closed-after-extension-handshake': {
      severity: 'info',
      title: 'The peer closed after the extension handshakes',
      reference: 'BEP 10',
      explanation:
        'When neither side wants data, most clients close. A client also closes when it already has a connection to the port announced in `p`.',
    },
    'closed-after-availability': {
      severity: 'info',
      title: 'The peer closed after it announced its pieces',
      reference: 'BEP 3',
      explanation:
        'A seed closes a connection to another seed, and a client closes after a bitfield of the wrong length. A limit, a ban of our client name, and a message that the peer does not accept look the same.',
    },
    'closed-after-request': {
      severity: 'info',
      title: 'The peer closed after a request',
      reference: 'BEP 3',
      explanation:
        'libtorrent closes when it receives requests while it chokes us. anacrolix/torrent closes on a request for a piece that it does not have, and on more requests than it queues. Other clients close on requests larger than 16 KiB.',
    },
    'closed-on-silence': {
      severity: 'info',
      title: 'The peer closed a quiet connection',
      reference: 'BEP 3',
      explanation:
        'Clients close a connection that carries no messages: rqbit after 10 seconds, aria2 after 30 if neither side is interested, others after one or two minutes.',
    },
    'closed-mid-message': {
      severity: 'warning',
      title: 'The peer closed in the middle of a message',
      reference: 'BEP 3',
      explanation:
        'The connection ended when only part of a message had arrived. The client may have been killed, or a NAT or the network may have dropped the connection. A client that ends a session normally does so between messages.',
    },
  },
  probe: [early, closed, midMessage],
})

type Ended = Extract<TraceEvent, { readonly type: 'closed' }>

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

/** Bytes received of the peer-wire stream; the bytes of an encryption handshake do not count. */
function streamLength({ end, streamEnd }: Conversation): number {
  if (end === undefined) return 0
  // the peer-wire stream did not begin
  return end.phase === 'encryption' ? end.bytesReceived : streamEnd + end.pending
}

function early(conversation: Conversation): Fold<'early-28-bytes'> {
  return {
    end() {
      const { end, local } = conversation
      if (end === undefined || local === undefined) return NOTHING
      if (streamLength(conversation) !== EARLY_LENGTH || end.pending !== EARLY_LENGTH) return NOTHING
      return [{ id: 'early-28-bytes', detail: whatFollowed(end) }]
    },
  }
}

/** A socket that is closed with unread bytes sends a reset: only after a FIN it has read our handshake. */
function whatFollowed({ by, kind }: Pick<Ended, 'by' | 'kind'>): string {
  if (by !== 'peer') return 'then it sent nothing more'
  if (kind === 'rst') return 'then the connection was reset'
  return 'then it closed'
}

/** After this long without a message, a close is about the silence and not about the last message. */
const SILENCE_MS = 8_000

function closed(conversation: Conversation): Fold<ClosedId> {
  const seen = new Exchange()
  return {
    events: ['encryption', 'suspended', 'handshake'],
    step: (event) => {
      seen.take(event)
      return NOTHING
    },
    transfers: (run) => {
      seen.takeTransfers(run)
      return NOTHING
    },
    end() {
      const { end, local } = conversation
      if (end?.by !== 'peer' || local === undefined) return NOTHING
      const how = end.kind === null ? 'closed' : `closed with ${end.kind.toUpperCase()}`
      const detail = `${how} after ${end.bytesReceived} bytes from it and ${end.bytesSent} from us`
      const id = readingOf(conversation, seen, end)
      return id === undefined ? NOTHING : [{ id, detail }]
    },
  }
}

/** What had passed when the connection ended. */
class Exchange {
  isEncrypted = false
  /** Our requests: how many were sent, how many were rejected, and whether one was the last message of all. */
  requested = 0
  rejected = 0
  isRequestLast = false
  hasServed = false
  hasAnnounced = false
  hasShaken = false
  hasOnlyExtended = true
  /** When either side last sent something, and how long this process has not run since. */
  #lastAt: number | undefined
  #absentMs = 0

  take(event: TraceEvent): void {
    if (event.type === 'encryption') this.isEncrypted ||= event.step === 'established'
    if (event.type === 'suspended') this.#absentMs += event.durationMs
    if (event.type !== 'sent' && event.type !== 'received') return
    this.#passed(event.at)
    if (event.what === 'handshake') return
    const { message, type } = event
    this.isRequestLast = false
    if (type === 'sent') return
    if (message.type === 'reject') this.rejected++
    this.hasAnnounced ||= isAvailability(message)
    this.hasShaken ||= message.type === 'extended' && message.id === 0
    this.hasOnlyExtended &&= message.type === 'extended'
  }

  takeTransfers({ at, type, blocks }: Transfers): void {
    this.#passed(at)
    this.isRequestLast = type === 'sent'
    if (type === 'sent') {
      this.requested += blocks.length
      return
    }
    this.hasServed = true
    this.hasOnlyExtended = false
  }

  #passed(at: number): void {
    this.#lastAt = at
    this.#absentMs = 0
  }

  /** Time between the last message of either side and the end. Includes time in which this process did not run: the peer waited through it. */
  quietMs(endAt: number): number {
    return this.#lastAt === undefined ? 0 : endAt - this.#lastAt + this.#absentMs
  }
}

function readingOf(
  conversation: Conversation,
  seen: Exchange,
  { at, bytesReceived }: { readonly at: number; readonly bytesReceived: number },
): ClosedId | undefined {
  const { remote, extensions } = conversation
  const length = streamLength(conversation)
  if (length === 0 && seen.isEncrypted) return 'closed-after-encryption'
  // bytes of an encryption handshake are an answer too
  if (bytesReceived === 0) return 'closed-without-answer'
  if (remote === undefined) return undefined
  if (seen.quietMs(at) >= SILENCE_MS) return 'closed-on-silence'
  if (length === HANDSHAKE_LENGTH) return 'closed-after-handshake'
  // a rejected request was answered, so it is not why the peer closed
  const leftOne = !seen.hasServed && seen.requested > seen.rejected
  if (seen.isRequestLast || leftOne) return 'closed-after-request'
  // once there were requests, the close is not about earlier messages
  if (seen.hasServed || seen.requested > 0) return undefined
  if (seen.hasAnnounced) return 'closed-after-availability'
  return extensions && seen.hasOnlyExtended && seen.hasShaken ? 'closed-after-extension-handshake' : undefined
}

function midMessage(conversation: Conversation): Fold<'closed-mid-message'> {
  let isBroken = false
  return onEvents(
    ['broken', 'closed'],
    (event) => {
      isBroken ||= event.type === 'broken'
      return NOTHING
    },
    () => {
      const { end, remote } = conversation
      // after bytes that cannot be framed, the rest is not a message either
      if (end?.by !== 'peer' || end.pending === 0 || remote === undefined || isBroken) return NOTHING
      return [{ id: 'closed-mid-message', detail: `${end.pending} bytes of a message had arrived` }]
    },
  )
}
