import { decodeUtf8 } from '../../base/bytes.ts'
import { readExtensionHandshake } from '../../trace/extension-handshake.ts'
import type { ExtensionHandshakeIssue } from '../../wire/extension/handshake.ts'
import { EXTENDED_HEAD_LENGTH } from '../../wire/message/message.ts'
import { type Conversation, hadTime } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING, onReceived } from '../rule.ts'

/** BEP 10: the extension handshake and what is in it. */
export const extensionHandshake = defineTheme({
  findings: {
    'extension-handshake-malformed': {
      severity: 'error',
      title: 'The extension handshake cannot be read',
      reference: 'BEP 10',
      explanation: 'Its payload must be one bencoded dictionary.',
    },
    'extension-handshake-missing': {
      severity: 'warning',
      title: 'No extension handshake came',
      reference: 'BEP 10',
      explanation:
        'Both handshakes set the bit of the extension protocol, and its handshake is to follow as soon as possible. Without it no extension can be used, so there is no metadata and no peer exchange.',
    },
    'extension-handshake-flood': {
      severity: 'warning',
      title: 'Extension handshakes come over and over',
      reference: 'BEP 10',
      explanation:
        'A second extension handshake may change what the first one said. More than ten in one session serve no purpose, and each of them costs the receiver a bencoded dictionary.',
    },
    'extension-handshake-type': {
      severity: 'error',
      title: 'A member of the extension handshake has the wrong type',
      reference: 'BEP 10',
      explanation: 'For example text where a number belongs. The member is left out of the report.',
    },
    'extension-handshake-value': {
      isNote: true,
      severity: 'warning',
      title: 'A member of the extension handshake has a value that makes no sense',
      reference: 'BEP 10',
      explanation:
        'For example a port above 65535, or an address of five bytes. The member is left out of the report or read as clients read it.',
    },
    'extension-handshake-not-utf-8': {
      severity: 'warning',
      title: 'The client text is not UTF-8',
      reference: 'BEP 10',
      explanation: 'The name and version of the client (`v`) is UTF-8 text.',
    },
    'client-text-unprintable': {
      isNote: true,
      severity: 'warning',
      title: 'The client text has control or bidi characters',
      reference: 'BEP 10',
      explanation:
        'The client text (`v`) is shown to people. Escape sequences in it can clear a terminal or fake its output, and bidi marks turn the text around; here they are escaped.',
    },
    'extension-handshake-unsorted': {
      severity: 'warning',
      title: 'The keys of the extension handshake are not in order',
      reference: 'BEP 3',
      explanation: 'The keys of a bencoded dictionary are sorted as raw bytes. Strict readers refuse others.',
    },
    'extension-handshake-duplicate-key': {
      severity: 'error',
      title: 'A key stands twice in the extension handshake',
      reference: 'BEP 3',
      explanation:
        'Each key of a bencoded dictionary stands once. Readers differ in which of the two they take; here the first counts.',
    },
    'extension-handshake-trailing': {
      severity: 'warning',
      title: 'Bytes follow the dictionary of the extension handshake',
      reference: 'BEP 10',
      explanation: 'The payload is the dictionary and nothing else.',
    },
    'extension-id-duplicate': {
      severity: 'error',
      title: 'Two extensions share one id',
      reference: 'BEP 10',
      explanation:
        'The ids in `m` must differ, else nobody can tell the messages of the two apart. Only 0, which disables, may stand more than once.',
    },
    'reqq-zero': {
      isNote: true,
      severity: 'warning',
      title: 'The peer says that it queues no request',
      reference: 'BEP 10',
      explanation:
        '`reqq` is the number of requests that the peer keeps without dropping one. With 0, taken at its word, nothing could be requested.',
    },
    'metadata-size-absurd': {
      severity: 'warning',
      title: 'The announced metadata size cannot be right',
      reference: 'BEP 9',
      explanation:
        '`metadata_size` is the size of the info dictionary in bytes. It is never 0 or negative, and more than 32 MiB is refused here. Clients that allocate what a peer says have been crashed this way.',
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
  return onReceived(['extended'], function* ({ message, offset }) {
    const read = readExtensionHandshake(message)
    if (read === undefined) return
    if (!read.ok) {
      const place = offset + EXTENDED_HEAD_LENGTH + read.offset
      yield { id: 'extension-handshake-malformed', detail: read.reason, offset: place }
      return
    }
    for (const issue of read.value.issues) {
      const detail = issue.key === '' ? issue.detail : `${nameOf(issue.key)}: ${issue.detail}`
      yield { id: findingOf(issue), detail, offset }
    }
    const text = read.value.clientBytes
    if (text !== undefined && UNPRINTABLE.test(decodeUtf8(text.subarray(0, 1000)) ?? ''))
      yield { id: 'client-text-unprintable', detail: `\`v\`, ${text.length} bytes`, offset }
  })
}

/** What moves the cursor, changes colours or turns the direction of writing. */
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

/** A key is bytes from the peer, one character each. */
function nameOf(key: string): string {
  return key.replace(/[^!-[\]-~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

/** Most extension handshakes of one connection that are not a flood: an update of `m` or of a port is one. */
const MAX_HANDSHAKES = 10

function many(): Fold<'extension-handshake-flood'> {
  let count = 0
  return onReceived(['extended'], function* ({ message, offset }) {
    if (message.type !== 'extended' || message.id !== 0 || ++count !== MAX_HANDSHAKES + 1) return
    yield {
      id: 'extension-handshake-flood',
      detail: `more than ${MAX_HANDSHAKES} extension handshakes`,
      offset,
    }
  })
}

/** A connection that we ended ourselves, after the time that a peer gets for this. */
function missing(conversation: Conversation): Fold<'extension-handshake-missing'> {
  let hasCome = false
  return onReceived(
    ['extended'],
    ({ message }) => {
      hasCome ||= message.type === 'extended' && message.id === 0
      return NOTHING
    },
    function* () {
      if (hasCome || !conversation.extensions || !hadTime(conversation)) return
      const others = [...conversation.received.values()].reduce((sum, count) => sum + count, 0)
      // a peer that sent nothing at all may not have come to it
      if (others > 0)
        yield {
          id: 'extension-handshake-missing',
          detail: `${others} other messages came, and none with id 0`,
        }
    },
  )
}
