import { encodeUtf8, fromHex, toByteString, toHex } from '../../../src/base/bytes.ts'
import type { ClosedBy } from '../../../src/base/closed-by.ts'
import type { TraceEvent, TraceMessage } from '../../../src/trace/event.ts'
import { encodeBencode, type BencodeInput } from '../../../src/wire/bencode.ts'
import { PIECE_HEAD_LENGTH } from '../../../src/wire/message/message.ts'
import {
  decodeFeatures,
  encodeFeatures,
  type NamedFeature,
} from '../../../src/wire/handshake/reserved-bits.ts'

/** Handwritten traces: what both sides sent, in order. */

export const INFO_HASH = fromHex('0123456789abcdef0123456789abcdef01234567')
export const OUR_ID = encodeUtf8('-PW0100-abcdefghijkl')

/** One step: a message from either side, a pause in milliseconds, or the end. */
export type Step =
  | { readonly in: TraceMessage }
  | { readonly out: TraceMessage }
  | { readonly waitMs: number }
  | { readonly suspendedMs: number }
  | {
      readonly end: ClosedBy
      readonly bytesReceived?: number
      readonly pending?: number
      readonly phase?: Extract<TraceEvent, { type: 'closed' }>['phase']
    }

export interface Sides {
  readonly ours?: readonly NamedFeature[]
  readonly theirs?: readonly NamedFeature[]
  readonly theirId?: Uint8Array
  readonly theirHash?: Uint8Array
  /** `host:port` of the peer; default one on loopback. */
  readonly remote?: string
  /** Replaces `theirs`, for bits without a name. */
  readonly theirReserved?: Uint8Array
  /** Whether an encryption handshake was completed first. */
  readonly encrypted?: boolean
  /** Whether the peer sends no handshake. */
  readonly silent?: boolean
}

/** Of all but blocks: a trace that was written by hand need not have the real lengths. */
const MESSAGE_LENGTH = 17

const ENCRYPTED: TraceEvent = { at: 1, type: 'encryption', step: 'established', encryption: 'rc4' }

/** What is known about a torrent; by default, nothing. */
export function knownTorrent(
  known: Partial<Extract<TraceEvent, { readonly type: 'target' }>>,
): Extract<TraceEvent, { readonly type: 'target' }> {
  return {
    at: 0,
    type: 'target',
    infoHashV1: null,
    infoHashV2: null,
    name: null,
    pieceCount: null,
    pieceLength: null,
    notes: [],
    private: null,
    ...known,
  }
}

/** Both handshakes, then the steps; one message every millisecond. */
export function makeTrace(sides: Sides, steps: readonly Step[]): readonly TraceEvent[] {
  const { ours = ['extension-protocol', 'fast'], theirs = ['extension-protocol', 'fast'] } = sides
  const { remote = '127.0.0.1:6881' } = sides
  const events: TraceEvent[] = [
    { at: 0, type: 'connected', transport: 'tcp', local: '127.0.0.1:50000', remote },
    ...(sides.encrypted === true ? [ENCRYPTED] : []),
    { at: 1, ...handshake('sent', encodeFeatures(ours), OUR_ID, INFO_HASH) },
  ]
  const { theirId = encodeUtf8('-LT2080-abcdefghijkl'), theirHash = INFO_HASH } = sides
  const reserved = sides.theirReserved ?? encodeFeatures(theirs)
  if (sides.silent !== true) events.push({ at: 2, ...handshake('received', reserved, theirId, theirHash) })
  const offsets = { sent: 68, received: sides.silent === true ? 0 : 68 }
  let at = 2
  for (const step of steps) {
    at += 'waitMs' in step ? step.waitMs : 1
    if ('suspendedMs' in step) events.push({ at, type: 'suspended', durationMs: step.suspendedMs })
    if ('end' in step) events.push(closed(at, step, offsets))
    if (!('in' in step) && !('out' in step)) continue
    const type = 'in' in step ? 'received' : 'sent'
    const message = 'in' in step ? step.in : step.out
    const length = message.type === 'piece' ? PIECE_HEAD_LENGTH + message.length : MESSAGE_LENGTH
    events.push({ at, type, what: 'message', message, offset: offsets[type], length })
    offsets[type] += length
  }
  return events
}

/** An extension handshake in its trace form, from the dictionary on the wire. */
export function extensionHandshake(dictionary: BencodeInput | Uint8Array): TraceMessage {
  const payload = dictionary instanceof Uint8Array ? dictionary : encodeBencode(dictionary)
  return { type: 'extended', id: 0, extension: null, length: payload.length, payload: toHex(payload) }
}

/** A dictionary from text, which need not be canonical. */
export function bencoded(text: string): Uint8Array {
  return Uint8Array.from(toByteString(encodeUtf8(text)), (byte) => byte.charCodeAt(0))
}

function handshake(
  type: 'sent' | 'received',
  reserved: Uint8Array,
  peerId: Uint8Array,
  infoHash: Uint8Array,
) {
  const value = {
    reserved: toHex(reserved),
    features: decodeFeatures(reserved),
    infoHash: toHex(infoHash),
    peerId: toHex(peerId),
  }
  return { type, what: 'handshake', handshake: value, offset: 0, length: 68 } as const
}

function closed(
  at: number,
  step: Extract<Step, { readonly end: unknown }>,
  offsets: { readonly sent: number; readonly received: number },
): TraceEvent {
  return {
    at,
    type: 'closed',
    by: step.end,
    kind: 'fin',
    phase: step.phase ?? 'done',
    bytesSent: offsets.sent,
    bytesReceived: step.bytesReceived ?? offsets.received,
    pending: step.pending ?? 0,
  }
}
