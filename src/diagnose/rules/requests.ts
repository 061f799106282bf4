import { BLOCK_LENGTH } from '../../base/limits.ts'
import { type Conversation, type Observation, type Rule } from '../rule.ts'

/** BEP 3 and BEP 6: requests of both sides and their answers. */
export const requestRules: readonly Rule[] = [answers, droppedByChoke, theirRequests]

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

/** How long rejects may take after a choke, in milliseconds. */
const REJECT_GRACE_MS = 400

/** How long the next block may take from a peer that still answers requests from before its choke, in milliseconds. */
const BLOCK_GRACE_MS = 10_000

/** BEP 6: a choke answers nothing by itself; every request that is dropped is rejected. */
function* droppedByChoke(conversation: Conversation): Generator<Observation> {
  const { events, fast, context } = conversation
  const end = events.at(-1)
  // a block that was on its way when the connection ended was not dropped
  if (!fast || context.truncated !== undefined || (end?.type === 'closed' && end.pending > 0)) return
  const endAt = end?.at ?? 0
  const open = new Map<string, number>()
  const dropped = new Map<string, number>()
  let servedAt = Number.NEGATIVE_INFINITY
  for (const { message, direction, at } of conversation.messages) {
    if (direction === 'received' && message.type === 'choke') {
      for (const [key, count] of open) if (count > 0) dropped.set(key, at)
      open.clear()
    }
    if (message.type !== 'request' && message.type !== 'piece' && message.type !== 'reject') continue
    const key = `${message.piece}:${message.begin}:${message.length}`
    if (direction === 'sent' && message.type === 'request') open.set(key, (open.get(key) ?? 0) + 1)
    if (direction === 'sent' || message.type === 'request') continue
    if (dropped.delete(key)) {
      if (message.type === 'piece') servedAt = at
    } else open.set(key, Math.max(0, (open.get(key) ?? 0) - 1))
  }
  // it goes on serving what was requested before the choke
  if (endAt - servedAt < BLOCK_GRACE_MS) return
  const overdue = [...dropped.values()].filter((at) => endAt - at >= REJECT_GRACE_MS).length
  if (overdue > 0)
    yield {
      id: 'choke-drops-requests',
      detail: `${overdue} of our requests were neither answered nor rejected`,
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
