import { BLOCK_LENGTH } from '../../base/limits.ts'
import { type Conversation, type Observation, type Rule } from '../rule.ts'

/** BEP 3 and BEP 6: requests of both sides and their answers. */
export const requestRules: readonly Rule[] = [answers, theirRequests]

/** Each answer must have a request that nothing answered before. Behind a gap in the trace the requests are not known. */
function* answers(conversation: Conversation): Generator<Observation> {
  const open = new Map<string, number>()
  const ends: { sent?: number; received?: number } = {}
  for (const { message, direction, offset, length } of conversation.messages) {
    if ((ends[direction] ?? offset) !== offset) return
    ends[direction] = offset + length
    if (message.type !== 'request' && message.type !== 'piece' && message.type !== 'reject') continue
    const key = `${message.piece}:${message.begin}:${message.length}`
    const waiting = open.get(key) ?? 0
    if (direction === 'sent') {
      if (message.type === 'request') open.set(key, waiting + 1)
      continue
    }
    if (message.type === 'request') continue
    if (waiting > 1) open.set(key, waiting - 1)
    else open.delete(key)
    if (waiting > 0) continue
    const what = `piece ${message.piece}, bytes ${message.begin}+${message.length}, at byte ${offset}`
    if (message.type === 'reject') yield { id: 'reject-not-requested', detail: what }
    else yield { id: 'piece-not-requested', detail: what, reference: conversation.fast ? 'BEP 6' : 'BEP 3' }
  }
}

function* theirRequests(conversation: Conversation): Generator<Observation> {
  let choking = true
  const allowed = new Set<number>()
  for (const { message, direction, offset } of conversation.messages) {
    if (direction === 'sent') {
      if (message.type === 'choke') choking = true
      if (message.type === 'unchoke') choking = false
      if (message.type === 'allowed-fast') allowed.add(message.piece)
      continue
    }
    if (message.type !== 'request') continue
    const what = `piece ${message.piece}, bytes ${message.begin}+${message.length}, at byte ${offset}`
    if (choking && !allowed.has(message.piece)) yield { id: 'request-while-choked', detail: what }
    if (message.length > BLOCK_LENGTH) yield { id: 'request-too-long', detail: what }
  }
}
