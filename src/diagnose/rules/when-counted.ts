import type { MessageType } from '../../wire/message/message.ts'
import type { Conversation, MessageEvent } from '../conversation.ts'
import { type Fold, NOTHING, type Observations } from '../rule.ts'

/** Limits for the messages kept until the piece count is known, and for their bytes on the wire: a bitfield has up to 2 MiB. */
const MAX_WAITING_MESSAGES = 1000
const MAX_WAITING_BYTES = 4 * 1024 * 1024

/**
 * A fold over messages that can be judged only with the piece count. When only the info hash of the torrent is known, messages
 * wait until the metadata arrives. If it never arrives, they are judged at the end without the count.
 */
export function whenCounted<Id extends string>(
  conversation: Conversation,
  messages: readonly MessageType[],
  judge: (message: MessageEvent, pieceCount: number | undefined) => Observations<Id>,
  end?: () => Observations<Id>,
): Fold<Id> {
  let waiting: MessageEvent[] = []
  let waitingBytes = 0
  function judgeWaiting(): Observations<Id> {
    const messages = waiting
    waiting = []
    waitingBytes = 0
    return messages.flatMap((message) => judge(message, conversation.pieceCount))
  }
  return {
    messages: { sent: [], received: messages },
    events: ['target'],
    step(event) {
      const { pieceCount } = conversation
      if (event.type === 'target') return pieceCount === undefined ? NOTHING : judgeWaiting()
      if (event.type !== 'received' || event.what !== 'message') return NOTHING
      if (pieceCount !== undefined) return judge(event, pieceCount)
      if (waiting.length < MAX_WAITING_MESSAGES && waitingBytes + event.length <= MAX_WAITING_BYTES) {
        waiting.push(event)
        waitingBytes += event.length
      }
      return NOTHING
    },
    end() {
      const late = waiting.length === 0 ? NOTHING : judgeWaiting()
      const ended = end?.() ?? NOTHING
      return late.length === 0 ? ended : [...late, ...ended]
    },
  }
}
