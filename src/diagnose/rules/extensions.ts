import { decodeUtf8 } from '../../base/bytes.ts'
import { readExtensionHandshake } from '../../trace/extension-handshake.ts'
import type { ExtensionHandshake, ExtensionHandshakeIssue } from '../../wire/extension/handshake.ts'
import { EXTENDED_HEAD_LENGTH } from '../../wire/message/message.ts'
import type { FindingId } from '../findings.ts'
import { type Conversation, hadTime, type Observation, type Rule } from '../rule.ts'

/** BEP 9, BEP 10 and BEP 27. */
export const extensionRules: readonly Rule[] = [
  negotiated,
  handshakes,
  missingHandshake,
  manyHandshakes,
  metadata,
  privatePex,
]

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
    const read = readExtensionHandshake(message)
    if (read === undefined) continue
    if (!read.ok) {
      const place = offset + EXTENDED_HEAD_LENGTH + read.offset
      yield { id: 'extension-handshake-malformed', detail: `${read.reason} (byte ${place})` }
      continue
    }
    yield* issuesOf(read.value)
    const text = read.value.clientBytes
    if (text !== undefined && UNPRINTABLE.test(decodeUtf8(text.subarray(0, 1000)) ?? ''))
      yield { id: 'client-text-unprintable', detail: `\`v\`, ${text.length} bytes (byte ${offset})` }
  }
}

/** What moves the cursor, changes colours or turns the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]/u

/** A connection that we ended ourselves, after the time that a peer gets for this. */
function* missingHandshake(conversation: Conversation): Generator<Observation> {
  if (conversation.context.truncated === 'anything' || !conversation.extensions) return
  if (!hadTime(conversation)) return
  let others = 0
  for (const { message } of conversation.received) {
    if (message.type === 'extended' && message.id === 0) return
    others++
  }
  // who said nothing at all may not have come to it
  if (others > 0)
    yield { id: 'extension-handshake-missing', detail: `${others} other messages came, and none with id 0` }
}

/** Most extension handshakes of one connection that are no flood: an update of `m` or of a port is one. */
const MAX_HANDSHAKES = 10

function* manyHandshakes(conversation: Conversation): Generator<Observation> {
  let count = 0
  for (const { message } of conversation.received) {
    if (message.type === 'extended' && message.id === 0) count++
  }
  if (count > MAX_HANDSHAKES)
    yield { id: 'extension-handshake-flood', detail: `${count} extension handshakes` }
}

/** Each answer of ut_metadata must have a request that nothing answered before, and the announced size. */
function* metadata(conversation: Conversation): Generator<Observation> {
  const open = new Map<number, number>()
  let announced: number | undefined
  for (const { message, direction, offset } of conversation.messages) {
    if (message.type !== 'extended') continue
    const { metadata: about } = message
    const read = direction === 'received' ? readExtensionHandshake(message) : undefined
    if (read?.ok === true) {
      const { metadataSize = announced } = read.value
      if (announced !== undefined && metadataSize !== announced)
        yield { id: 'metadata-total-size', detail: `${metadataSize} at byte ${offset}, ${announced} before` }
      announced = metadataSize
    }
    if (about === undefined) continue
    const waiting = open.get(about.piece) ?? 0
    if (direction === 'sent') {
      if (about.kind === 'request') open.set(about.piece, waiting + 1)
      continue
    }
    if (about.kind === 'request') continue
    const what = `${about.kind} of metadata piece ${about.piece} at byte ${offset}`
    // what was left out of the trace may have been its request
    if (waiting === 0 && conversation.context.truncated !== 'anything')
      yield { id: 'metadata-not-requested', detail: what }
    else open.set(about.piece, waiting - 1)
    const { totalSize } = about
    if (totalSize !== undefined && announced !== undefined && totalSize !== announced)
      yield {
        id: 'metadata-total-size',
        detail: `${what} says ${totalSize} bytes in all, metadata_size said ${announced}`,
      }
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
    const read = readExtensionHandshake(message)
    if (read?.ok !== true) continue
    const id = read.value.extensions.get('ut_pex') ?? 0
    if (id !== 0) yield { id: 'private-pex', detail: `ut_pex is announced with id ${id}` }
  }
}
