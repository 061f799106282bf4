import { describeMessageId } from '../../wire/message/id.ts'
import { type Conversation, type Observation, type Rule } from '../rule.ts'

/** Whether each message can be read and was agreed upon. */
export const messageRules: readonly Rule[] = [layout, keepAlives, port, hashes]

function* layout(conversation: Conversation): Generator<Observation> {
  for (const { message, offset } of conversation.received) {
    if (message.type === 'malformed') {
      const reference = describeMessageId(message.id)?.reference ?? 'BEP 3'
      yield { id: 'message-malformed', detail: `at byte ${offset}: ${message.reason}`, reference }
    }
    if (message.type === 'unknown') {
      yield {
        id: 'message-unknown',
        detail: `id ${message.id} with ${message.length} bytes at byte ${offset}`,
      }
    }
  }
  for (const event of conversation.events) {
    if (event.type !== 'broken') continue
    const place = event.error.offset === undefined ? '' : ` at byte ${event.error.offset}`
    yield {
      id: 'stream-broken',
      detail: `${event.error.message}${place}`,
      ...(event.error.reference === undefined ? {} : { reference: event.error.reference }),
    }
  }
}

/** Most keep-alives in a minute that are no flood: Transmission sends two at a time. */
const KEEP_ALIVES_A_MINUTE = 10

function* keepAlives(conversation: Conversation): Generator<Observation> {
  let recent: number[] = []
  for (const { message, at } of conversation.received) {
    if (message.type !== 'keep-alive') continue
    recent = [...recent.filter((before) => at - before < 60_000), at]
    if (recent.length <= KEEP_ALIVES_A_MINUTE) continue
    yield { id: 'keep-alive-flood', detail: `more than ${KEEP_ALIVES_A_MINUTE} in a minute` }
    return
  }
}

function* port(conversation: Conversation): Generator<Observation> {
  const { ours, theirs } = conversation
  if (ours === undefined || theirs === undefined) return
  const missing = [
    ...(ours.features.includes('dht') ? [] : ['ours']),
    ...(theirs.features.includes('dht') ? [] : ['its own']),
  ]
  if (missing.length === 0) return
  for (const { message, offset } of conversation.received) {
    if (message.type !== 'port') continue
    yield {
      id: 'port-not-negotiated',
      detail: `at byte ${offset}; the bit is clear in ${missing.join(' and in ')}`,
    }
  }
}

function* hashes(conversation: Conversation): Generator<Observation> {
  const { infoHashes, pieceCount } = conversation.context
  // a v1 hash alone may be one of a hybrid: only with its metadata is a torrent known to have no v2 hashes
  if (pieceCount === undefined || infoHashes === undefined || infoHashes.v2 !== undefined) return
  if (conversation.ours?.features.includes('v2') === true) return
  for (const { message, offset } of conversation.received) {
    if (message.type === 'hash-request' || message.type === 'hashes' || message.type === 'hash-reject') {
      yield { id: 'hashes-not-negotiated', detail: `${message.type} at byte ${offset}` }
    }
  }
}
