import type { TraceEncryption, TraceEvent, TraceMessage } from '../trace/event.ts'
import type { MetadataOutcome } from '../trace/metadata.ts'
import { describeProbe } from './probe-words.ts'
import { printable } from './escape.ts'
import { makePage } from './text/page/page.ts'
import type { Paper } from './text/page/paper.ts'

/**
 * Renders a line of `--trace`: one per event, with the time since the start, then `→` for sent and `←` for received.
 * @param sinceMs time of the event since the start, in milliseconds, rounded as in the report
 */
export function renderTraceLine(event: TraceEvent, sinceMs: number, paper: Paper): string {
  const page = makePage(paper)
  const time = page.dim(`${sinceMs.toFixed(1).padStart(9)} ms`)
  const connection = event.connection === undefined ? '' : `#${event.connection} `
  return `${time} ${connection}${describeEvent(event, page.good(page.glyphs.sent), page.note(page.glyphs.received))}\n`
}

const VARIANTS = {
  plaintext: 'in plaintext',
  mse: 'with MSE',
  'mse-with-handshake': 'with MSE that carries our handshake',
} as const

const METADATA: { readonly [outcome in MetadataOutcome]: string } = {
  verified: 'metadata matches its hash',
  'hash-wrong': 'metadata does not match its hash',
  'hash-truncated':
    'metadata matches its hash, which was given as a v1 hash and is the beginning of the v2 hash',
  'hashes-contradict': 'metadata matches one of the given hashes and not the other',
  'not-a-torrent': 'metadata matches its hash and is not a torrent',
  'length-wrong': 'a piece of the metadata does not have the length that follows from the announced size',
  rejected: 'metadata was rejected',
  'timed-out': 'metadata did not come in time',
  'size-missing': 'metadata is offered without a size',
  'size-unusable': 'metadata is offered with a size that is not usable',
  'not-offered': 'metadata is not offered',
}

function describeEvent(event: TraceEvent, sent: string, received: string): string {
  switch (event.type) {
    case 'connected':
      return printable(`· connected to ${event.remote} from ${event.local} over ${event.transport}`)
    case 'peer':
      return printable(`· peer ${event.input}`)
    case 'resolved':
      return '· name looked up'
    case 'attempt':
      return printable(
        event.variant === null
          ? `· a connection to ${event.address ?? 'the proxy'} over ${event.transport} that began before the capture`
          : `· connecting to ${event.address ?? 'the proxy'} over ${event.transport}, ${VARIANTS[event.variant]}`,
      )
    case 'probe':
      return `· probe ${event.number}: ${describeProbe(event)}`
    case 'raw':
      return `${event.direction === 'sent' ? sent : received} ${event.length} raw bytes (byte ${event.offset})`
    case 'verified':
      return `· piece ${event.piece} ${event.good ? 'matches' : 'does not match'} its hash`
    case 'metadata':
      return `· ${METADATA[event.outcome]}`
    case 'allowed-fast':
      return `· allowed-fast set ${event.dialect === null ? 'of no known algorithm' : `as ${event.dialect} computes it`}`
    case 'ended':
      return event.error === null
        ? '· attempt done'
        : printable(`! attempt failed in phase ${event.phase}: ${event.error.message}`)
    case 'finished':
      return '· done'
    case 'target':
      return `· torrent ${event.infoHashV1 ?? event.infoHashV2 ?? 'unknown'}, ${event.pieceCount ?? 'unknown number of'} pieces`
    case 'serving':
      return `· serving${event.strict ? ', strictly' : ''}`
    case 'served-pieces':
      return `· ${event.pieces.reduce((sum, { count }) => sum + count, 0)} pieces of the torrent`
    case 'served-trees':
      return `· ${event.trees.length} hash trees of the torrent`
    case 'request-refused':
      return printable(`· request not served (${event.reason}), ${event.answered ? 'rejected' : 'dropped'}`)
    case 'requests-refused':
      return `· ${event.requests.reduce((sum, { count }) => sum + count, 0)} requests not served`
    case 'failed':
      return printable(`! ${event.error.message}`)
    case 'encryption':
      return printable(describeEncryption(event, sent, received))
    case 'sent':
    case 'received': {
      const arrow = event.type === 'sent' ? sent : received
      const what =
        event.what === 'handshake'
          ? `handshake, ${event.handshake.features.join(' ') || 'no bits'}`
          : describeMessage(event.message)
      return `${arrow} ${printable(what)} (byte ${event.offset}, ${event.length} long)`
    }
    case 'suspended':
      return `· this process did not run for ${Math.round(event.durationMs)} ms, not counted in any time here`
    case 'broken':
      return printable(`! cannot decode any further: ${event.error.message}`)
    case 'closed':
      return printable(`· ${describeEnd(event)}, sent ${event.bytesSent}, got ${event.bytesReceived} bytes`)
  }
}

function describeEnd({ by, kind, reason }: Extract<TraceEvent, { readonly type: 'closed' }>): string {
  if (reason !== undefined) return `${by === 'network' ? 'lost' : 'abandoned by us'} (${reason})`
  return `closed by ${by}${kind === null ? '' : ` (${kind})`}`
}

function describeEncryption(event: TraceEncryption, sent: string, received: string): string {
  const { step, padLength, methods, payloadLength, offset, secretBeginsWithZero, encryption, error } = event
  const arrow = step.endsWith('-sent') ? sent : step.endsWith('-received') ? received : '·'
  const details = [
    ...(methods === undefined ? [] : [methods.join(' or ') || 'no method']),
    ...(padLength === undefined ? [] : [`pad of ${padLength} bytes`]),
    ...(payloadLength === undefined ? [] : [`payload of ${payloadLength} bytes`]),
    ...(offset === undefined ? [] : [`byte ${offset}`]),
    ...(secretBeginsWithZero === undefined ? [] : ['shared secret begins with a zero byte']),
    ...(encryption === undefined ? [] : [encryption]),
    ...(error === undefined ? [] : [error.message]),
  ]
  return `${arrow} encryption ${[step.replaceAll('-', ' '), ...details].join(', ')}`
}

export function describeMessage(message: TraceMessage): string {
  switch (message.type) {
    case 'keep-alive':
    case 'choke':
    case 'unchoke':
    case 'interested':
    case 'not-interested':
    case 'have-all':
    case 'have-none':
      return message.type
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      return `${message.type} ${message.piece}`
    case 'bitfield':
      return `bitfield of ${message.bits.length / 2} bytes`
    case 'request':
    case 'cancel':
    case 'reject':
    case 'piece':
      return `${message.type} ${message.piece} ${message.begin}+${message.length}`
    case 'port':
      return `port ${message.port}`
    case 'extended':
      return `extended ${describeExtended(message)}`
    case 'hash-request':
    case 'hash-reject':
      return message.type
    case 'hashes':
      return `hashes, ${message.count}`
    case 'unknown':
      return `unknown message ${message.id}`
    case 'malformed':
      return `malformed message ${message.id}: ${message.reason}`
  }
}

function describeExtended({
  id,
  extension,
  metadata,
  defects,
}: Extract<TraceMessage, { readonly type: 'extended' }>): string {
  if (id === 0) return 'handshake'
  if (extension === null) return `id ${id}, not announced`
  if (defects?.type === 'malformed') return `${extension}, malformed: ${defects.reason}`
  return metadata === undefined ? extension : `${extension} ${metadata.kind} ${metadata.piece}`
}
