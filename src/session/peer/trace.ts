import { extended } from '../../base/extended.ts'
import { toHex } from '../../base/bytes.ts'
import type { MetadataMessage } from '../../wire/extension/metadata.ts'
import { EXTENSION_CODECS } from '../../wire/extension/codecs.ts'
import { ExtensionRegistry } from '../../wire/extension/registry.ts'
import { HANDSHAKE_LENGTH, type Handshake } from '../../wire/handshake/handshake.ts'
import { type BlockRange, encodedLength, type Message } from '../../wire/message/message.ts'
import type { TraceEvent, TraceHandshake, TraceMessage, TraceMetadata } from '../../trace/event.ts'
import { eventsOf, TRANSFER_TYPES, type Transfers, type TraceStep } from '../../trace/transfers.ts'
import { traceError } from '../../trace/error.ts'
import type { SessionEvent } from './step.ts'

/** Maps ids to extensions, for each direction: messages that we receive carry our ids, messages that we send the peer's. */
export interface ExtensionNames {
  readonly received: (id: number) => string | undefined
  readonly sent: (id: number) => string | undefined
}

/** The name of an id in an `m` dictionary. */
export function extensionName(
  extensions: ReadonlyMap<string, number> | undefined,
  id: number,
): string | undefined {
  for (const [name, number] of extensions ?? []) if (number === id) return name
  return undefined
}

/** The trace events of a session event: one per handshake or message, without block data. */
export function traceSessionEvent(event: SessionEvent, names: ExtensionNames): TraceEvent[] {
  return traceSteps(event, event.at, names).flatMap(eventsOf)
}

/** A session event as steps of a fold: the same as its trace events, with the messages of a transfer in runs. */
export function traceSteps(event: SessionEvent, at: number, names: ExtensionNames): TraceStep[] {
  switch (event.type) {
    case 'handshake-sent':
    case 'handshake-received': {
      const type = event.type === 'handshake-sent' ? 'sent' : 'received'
      return [handshakeStep(at, type, event.handshake, 0)]
    }
    case 'sent':
    case 'received':
      return messageSteps(event, at, names)
    case 'failed':
      return [
        {
          at,
          type: event.error.code === 'E_FRAME_TOO_LARGE' ? 'broken' : 'failed',
          error: traceError(event.error),
        },
      ]
  }
}

/** @param offset where it begins in the stream of its sender */
export function handshakeStep(
  at: number,
  type: 'sent' | 'received',
  handshake: Handshake,
  offset: number,
): TraceStep {
  const length = HANDSHAKE_LENGTH
  return { at, type, what: 'handshake', offset, length, handshake: traceHandshake(handshake) }
}

type GrowingRun = Transfers & { length: number; readonly blocks: BlockRange[] }

type Messages = Extract<SessionEvent, { readonly type: 'sent' | 'received' }>

function messageSteps({ type, messages, start }: Messages, at: number, names: ExtensionNames): TraceStep[] {
  const transfer = TRANSFER_TYPES[type]
  const steps: TraceStep[] = []
  let run: GrowingRun | undefined
  let offset = start
  for (const message of messages) {
    const length = encodedLength(message)
    const block = blockOf(message, transfer)
    if (block === undefined) {
      run = undefined
      steps.push({ at, type, what: 'message', offset, length, message: traceMessage(message, names[type]) })
    } else if (run === undefined) {
      run = { at, type, what: 'transfers', offset, length, blocks: [block] }
      steps.push(run)
    } else {
      run.length += length
      run.blocks.push(block)
    }
    offset += length
  }
  return steps
}

/** The block that a message of this type is about; undefined for a message of another type. */
function blockOf(message: Message, type: 'request' | 'piece'): BlockRange | undefined {
  if (message.type !== type) return undefined
  if (message.type === 'request') return message
  return message.type === 'piece' ? rangeOf(message) : undefined
}

function rangeOf({ piece, begin, block }: Extract<Message, { readonly type: 'piece' }>): BlockRange {
  return { piece, begin, length: block.length }
}

function traceHandshake({ reserved, features, infoHash, peerId }: Handshake): TraceHandshake {
  return { reserved: toHex(reserved), features, infoHash: toHex(infoHash), peerId: toHex(peerId) }
}

function traceMessage(message: Message, nameOf: (id: number) => string | undefined): TraceMessage {
  switch (message.type) {
    case 'piece':
      return { type: 'piece', ...rangeOf(message) }
    case 'hashes':
      return { type: 'hashes', count: message.hashes.length / 32 }
    case 'unknown':
      return { type: 'unknown', id: message.id, length: message.payload.length }
    case 'malformed':
      return { type: 'malformed', id: message.id, length: message.payload.length, reason: message.reason }
    case 'bitfield':
      return { type: 'bitfield', bits: toHex(message.bits) }
    case 'extended':
      return traceExtended(message, nameOf)
    case 'hash-request':
    case 'hash-reject':
      return { ...message, request: { ...message.request, piecesRoot: toHex(message.request.piecesRoot) } }
    default:
      return message
  }
}

function traceExtended(
  { id, payload }: Extract<Message, { type: 'extended' }>,
  nameOf: (id: number) => string | undefined,
): TraceMessage {
  const base = {
    type: 'extended',
    id,
    extension: id === 0 ? null : (nameOf(id) ?? null),
    length: payload.length,
  } as const
  if (base.extension !== null) return extended(base, readExtension(base.extension, payload))
  return id === 0 ? extended(base, { payload: toHex(payload) }) : base
}

const EXTENSIONS = new ExtensionRegistry(EXTENSION_CODECS)

function readExtension(
  extension: string,
  payload: Uint8Array,
): Pick<Extract<TraceMessage, { type: 'extended' }>, 'metadata' | 'defects' | 'payload'> {
  const decoded = EXTENSIONS.decodeNamed(extension, payload)
  if (decoded?.kind === 'malformed')
    return { defects: { type: 'malformed', reason: decoded.reason, offset: decoded.offset } }
  if (decoded?.kind !== 'message') return {}
  if (decoded.name === 'ut_metadata') return traceMetadata(decoded.message)
  if (decoded.name === 'lt_donthave') return { payload: toHex(payload) }
  if (decoded.name !== 'ut_pex' || decoded.message.issues.length === 0) return {}
  return { defects: { type: 'pex', issues: decoded.message.issues } }
}

function traceMetadata(message: MetadataMessage): { readonly metadata?: TraceMetadata } {
  if (message.type === 'unknown') return {}
  const { type: kind, piece } = message
  const totalSize = message.type === 'data' ? message.totalSize : undefined
  return { metadata: { kind, piece, ...(totalSize === undefined ? {} : { totalSize }) } }
}
