import type { ExtensionHandshake, ExtensionHandshakeIssue } from '../../wire/extension/handshake.ts'
import type { FindingId } from '../findings.ts'
import { type Conversation, type Observation, type Rule } from '../rule.ts'

/** BEP 9, BEP 10 and BEP 27. */
export const extensionRules: readonly Rule[] = [negotiated, handshakes, privatePex]

function* negotiated(conversation: Conversation): Generator<Observation> {
  const { extensions, ours, theirs } = conversation
  if (ours === undefined || theirs === undefined) return
  for (const { message, offset } of conversation.received) {
    if (message.type !== 'extended') continue
    if (!extensions) {
      yield { id: 'extension-not-negotiated', detail: `id ${message.id} at byte ${offset}` }
    } else if (message.id !== 0 && message.extension === null) {
      yield { id: 'extension-not-announced', detail: `id ${message.id} at byte ${offset}` }
    }
  }
}

function* handshakes(conversation: Conversation): Generator<Observation> {
  for (const { message, offset } of conversation.received) {
    if (message.type !== 'extended' || message.handshake === undefined) continue
    if ('malformed' in message.handshake) {
      yield { id: 'extension-handshake-malformed', detail: `${message.handshake.malformed} (byte ${offset})` }
      continue
    }
    yield* issuesOf(message.handshake)
  }
}

function* issuesOf({ issues }: ExtensionHandshake): Generator<Observation> {
  for (const issue of issues) {
    yield {
      id: findingOf(issue),
      detail: issue.key === '' ? issue.detail : `${nameOf(issue.key)}: ${issue.detail}`,
    }
  }
}

function findingOf({ kind, key, detail }: ExtensionHandshakeIssue): FindingId {
  if (key === 'metadata_size' && kind === 'out-of-range') return 'metadata-size-absurd'
  if (key === 'reqq' && kind === 'out-of-range' && detail.startsWith('0,')) return 'reqq-zero'
  switch (kind) {
    case 'unsorted-keys':
      return 'extension-handshake-unsorted'
    case 'duplicate-key':
      return 'extension-handshake-duplicate-key'
    case 'wrong-type':
      // BiglyBT knows of peers that send flags as text, and reads them
      return detail.includes('read as') ? 'extension-handshake-value' : 'extension-handshake-type'
    case 'wrong-length':
    case 'out-of-range':
    case 'too-many':
    case 'too-long':
      return 'extension-handshake-value'
    case 'not-utf-8':
      return 'extension-handshake-not-utf-8'
    case 'duplicate-id':
      return 'extension-id-duplicate'
    case 'trailing-bytes':
      return 'extension-handshake-trailing'
  }
}

/** A key is bytes of the peer's, one character each. */
function nameOf(key: string): string {
  return key.replace(/[^!-[\]-~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function* privatePex(conversation: Conversation): Generator<Observation> {
  if (conversation.context.private !== true) return
  for (const { message } of conversation.received) {
    if (message.type !== 'extended') continue
    if (message.extension === 'ut_pex') yield { id: 'private-pex', detail: 'a peer exchange message came' }
    const { handshake } = message
    if (handshake === undefined || 'malformed' in handshake) continue
    const id = handshake.extensions.get('ut_pex') ?? 0
    if (id !== 0) yield { id: 'private-pex', detail: `ut_pex is announced with id ${id}` }
  }
}
