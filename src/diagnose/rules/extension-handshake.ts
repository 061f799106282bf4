import { decodeUtf8 } from '../../base/bytes.ts'
import { readExtensionHandshake } from '../../trace/extension-handshake.ts'
import type { ExtensionHandshakeIssue } from '../../wire/extension/handshake.ts'
import { EXTENDED_HEAD_LENGTH } from '../../wire/message/message.ts'
import { type Conversation, hadTime } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING, type Observation, onReceived } from '../rule.ts'

/** BEP 10: the extension handshake and its contents. */
export const extensionHandshake = defineTheme({
  findings: {
    'extension-handshake-malformed': {
      severity: 'error',
      title: 'The extension handshake cannot be read',
      reference: 'BEP 10',
      explanation: 'Its payload must be a single bencoded dictionary.',
    },
    'extension-handshake-missing': {
      severity: 'warning',
      title: 'The peer did not send an extension handshake',
      reference: 'BEP 10',
      explanation:
        'Both handshakes set the extension protocol bit, so the extension handshake must follow as soon as possible. Without it, no extension can be used: no metadata and no peer exchange.',
    },
    'extension-handshake-flood': {
      severity: 'warning',
      title: 'The peer sends extension handshakes repeatedly',
      reference: 'BEP 10',
      explanation:
        'A later extension handshake may change what the first one said. More than ten in one session serve no purpose, and the receiver has to decode a dictionary for each.',
    },
    'extension-handshake-type': {
      severity: 'error',
      title: 'A member of the extension handshake has the wrong type',
      reference: 'BEP 10',
      explanation:
        'For example, it is text where a number is expected. The member is left out of the report.',
    },
    'extension-handshake-value': {
      isNote: true,
      severity: 'warning',
      title: 'A member of the extension handshake has an invalid value',
      reference: 'BEP 10',
      explanation:
        'For example, a port above 65535 or an address of five bytes. The member is left out of the report, or interpreted as clients interpret it.',
    },
    'extension-handshake-not-utf-8': {
      severity: 'warning',
      title: 'The client text is not UTF-8',
      reference: 'BEP 10',
      explanation: 'The client name and version (`v`) must be UTF-8 text.',
    },
    'client-text-unprintable': {
      isNote: true,
      severity: 'warning',
      title: 'The client text contains control or bidirectional characters',
      reference: 'BEP 10',
      explanation:
        'Clients display this text (`v`) to their users. Escape sequences in it can clear a terminal or fake its output, and bidirectional marks can reverse the text. Reports escape them.',
    },
    'extension-handshake-unsorted': {
      severity: 'warning',
      title: 'The keys of the extension handshake are not in order',
      reference: 'BEP 3',
      explanation:
        'The keys of a bencoded dictionary must be sorted as raw bytes. Strict parsers refuse any other order.',
    },
    'extension-handshake-duplicate-key': {
      severity: 'error',
      title: 'Duplicate key in the extension handshake',
      reference: 'BEP 3',
      explanation:
        'Each key of a bencoded dictionary must appear once. Parsers differ in which of two values they use; peerwire uses the first.',
    },
    'extension-handshake-trailing': {
      severity: 'warning',
      title: 'Trailing bytes after the dictionary of the extension handshake',
      reference: 'BEP 10',
      explanation: 'The payload must contain the dictionary and nothing else.',
    },
    'extension-id-duplicate': {
      severity: 'error',
      title: 'Two extensions share one id',
      reference: 'BEP 10',
      explanation:
        'The ids in `m` must differ; otherwise the messages of the two extensions cannot be told apart. Only 0, which disables an extension, may appear more than once.',
    },
    'reqq-zero': {
      isNote: true,
      severity: 'warning',
      title: 'The peer announces a request queue of zero',
      reference: 'BEP 10',
      explanation:
        '`reqq` is the number of outstanding requests that the peer accepts without dropping any. Taken literally, 0 means that nothing can be requested.',
    },
    'metadata-size-absurd': {
      severity: 'warning',
      title: 'The announced metadata size is not plausible',
      reference: 'BEP 9',
      explanation:
        '`metadata_size` is the size of the info dictionary in bytes. It cannot be 0 or negative, and peerwire refuses more than 32 MiB. Absurd sizes have crashed clients that allocate as much memory as a peer announces.',
    },
  },
  both: [contents, many],
  probe: [missing],
})

type IssueId =
  | 'metadata-size-absurd'
  | 'reqq-zero'
  | 'extension-handshake-unsorted'
  | 'extension-handshake-duplicate-key'
  | 'extension-handshake-type'
  | 'extension-handshake-value'
  | 'extension-handshake-not-utf-8'
  | 'extension-id-duplicate'
  | 'extension-handshake-trailing'

function contents(): Fold<IssueId | 'extension-handshake-malformed' | 'client-text-unprintable'> {
  return onReceived(['extended'], ({ message, offset }) => {
    const read = readExtensionHandshake(message)
    if (read === undefined) return NOTHING
    if (!read.ok) {
      const place = offset + EXTENDED_HEAD_LENGTH + read.offset
      return [{ id: 'extension-handshake-malformed', detail: read.reason, offset: place }]
    }
    const seen: Observation<IssueId | 'client-text-unprintable'>[] = []
    for (const issue of read.value.issues) {
      const detail = issue.key === '' ? issue.detail : `${nameOf(issue.key)}: ${issue.detail}`
      seen.push({ id: findingOf(issue), detail, offset })
    }
    const text = read.value.clientBytes
    if (text !== undefined && UNPRINTABLE.test(decodeUtf8(text.subarray(0, 1000)) ?? ''))
      seen.push({ id: 'client-text-unprintable', detail: `\`v\`, ${text.length} bytes`, offset })
    return seen
  })
}

/** Characters that move the cursor, change colours or reverse the direction of text. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]/u

function findingOf({ kind, key, detail }: ExtensionHandshakeIssue): IssueId {
  if (key === 'metadata_size' && kind === 'out-of-range') return 'metadata-size-absurd'
  if (key === 'reqq' && kind === 'out-of-range' && detail.startsWith('0,')) return 'reqq-zero'
  switch (kind) {
    case 'unsorted-keys':
      return 'extension-handshake-unsorted'
    case 'duplicate-key':
      return 'extension-handshake-duplicate-key'
    case 'wrong-type':
      // some peers send flags as text, and BiglyBT accepts them
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

/** A key consists of bytes from the peer, one character each. */
function nameOf(key: string): string {
  return key.replace(/[^!-[\]-~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** More extension handshakes than this on one connection are a flood; a few may update `m` or a port. */
const MAX_HANDSHAKES = 10

function many(): Fold<'extension-handshake-flood'> {
  let count = 0
  return onReceived(['extended'], ({ message, offset }) => {
    if (message.type !== 'extended' || message.id !== 0 || ++count !== MAX_HANDSHAKES + 1) return NOTHING
    return [
      {
        id: 'extension-handshake-flood',
        detail: `more than ${MAX_HANDSHAKES} extension handshakes`,
        offset,
      },
    ]
  })
}

/** Applies to connections that we ended ourselves, after giving the peer time to send it. */
function missing(conversation: Conversation): Fold<'extension-handshake-missing'> {
  let hasCome = false
  const came = onReceived(
    ['extended'],
    ({ message }) => {
      hasCome ||= message.type === 'extended' && message.id === 0
      return NOTHING
    },
    () => {
      if (hasCome || !conversation.extensions || !hadTime(conversation)) return NOTHING
      const others = [...conversation.received.values()].reduce((sum, count) => sum + count, 0)
      // a peer that sent nothing at all may not have got that far
      if (others === 0) return NOTHING
      return [{ id: 'extension-handshake-missing', detail: `the peer sent ${others} other messages` }]
    },
  )
  // judged also if none of them came
  return { events: ['handshake'], ...came }
}
