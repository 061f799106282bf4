import { type BlockRange, PIECE_HEAD_LENGTH, REQUEST_LENGTH } from '../wire/message/message.ts'
import type { TraceEvent } from './event.ts'

/** The messages that a download consists of: the requests that we send and the blocks that we receive. */
export const TRANSFER_TYPES = { sent: 'request', received: 'piece' } as const

/**
 * A run of requests that we sent in one write, or of blocks that we received in one chunk. It means the same as one
 * `TraceEvent` per block, and costs one step of a fold instead of one per block.
 */
export interface Transfers {
  readonly at: number
  readonly type: keyof typeof TRANSFER_TYPES
  readonly what: 'transfers'
  /** Where the first message begins in the stream of its sender, in bytes from connect. */
  readonly offset: number
  /** Of all messages, in bytes. */
  readonly length: number
  /** In the order of the stream; at least one. */
  readonly blocks: readonly BlockRange[]
}

/** What is folded: an event, or the events of a run at once. */
export type TraceStep = TraceEvent | Transfers

/** The event as a fold takes it: requests that we sent and blocks that we received are always runs. */
export function asStep(event: TraceStep): TraceStep {
  if (!('what' in event) || event.what !== 'message') return event
  const { at, type, offset, length, message } = event
  if (message.type !== TRANSFER_TYPES[type]) return event
  return { at, type, what: 'transfers', offset, length, blocks: [message] }
}

/** The events that a step means. */
export function eventsOf(step: TraceStep): readonly TraceEvent[] {
  if (!isTransfers(step)) return [step]
  const { at, type, blocks } = step
  let end = step.offset
  return blocks.map((block) => {
    const { piece, begin, length } = block
    const offset = end
    end += messageLength(type, block)
    const message = { type: TRANSFER_TYPES[type], piece, begin, length }
    return { at, type, what: 'message', offset, length: end - offset, message }
  })
}

export function isTransfers(step: TraceStep): step is Transfers {
  return 'what' in step && step.what === 'transfers'
}

/** Where one of the messages begins in the stream of its sender, in bytes from connect. */
export function offsetOf({ type, offset, blocks }: Transfers, index: number): number {
  return blocks.slice(0, index).reduce((end, block) => end + messageLength(type, block), offset)
}

function messageLength(type: Transfers['type'], block: BlockRange): number {
  return type === 'sent' ? REQUEST_LENGTH : PIECE_HEAD_LENGTH + block.length
}
