import { extensionReference } from '../../wire/extension/codecs.ts'
import { EXTENDED_HEAD_LENGTH } from '../../wire/message/message.ts'
import type { Conversation } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING, onReceived } from '../rule.ts'

/** BEP 10: whether extended messages were negotiated and can be decoded. */
export const extensions = defineTheme({
  findings: {
    'extension-not-negotiated': {
      severity: 'error',
      title: 'The peer sent an extended message, but the extension protocol was not negotiated',
      reference: 'BEP 10',
      explanation:
        'Message 20 may be sent only when both handshakes set the extension bit. Clients without the extension protocol close the connection.',
    },
    'extension-not-announced': {
      severity: 'error',
      title: 'An extended message has an id that we did not announce',
      reference: 'BEP 10',
      explanation:
        'An extended message must use the id that its receiver announced. A sender that uses its own ids makes the most common mistake of new implementations, and some clients disconnect it.',
    },
    'extension-message-malformed': {
      severity: 'error',
      title: 'An extension message does not have the layout of its extension',
      reference: 'BEP 10',
      explanation:
        'For example, a ut_metadata message is not a bencoded dictionary, has no piece number, or carries more than 16 KiB; or an lt_donthave message is not four bytes long. The message was ignored.',
    },
  },
  both: [negotiated, layout],
})

function negotiated(
  conversation: Conversation,
): Fold<'extension-not-negotiated' | 'extension-not-announced'> {
  return onReceived(['extended'], ({ message, offset }) => {
    const { local, remote } = conversation
    if (message.type !== 'extended' || local === undefined || remote === undefined) return NOTHING
    const detail = `id ${message.id}`
    if (!conversation.extensions) return [{ id: 'extension-not-negotiated', detail, offset }]
    if (message.id === 0 || message.extension !== null) return NOTHING
    return [{ id: 'extension-not-announced', detail, offset }]
  })
}

function layout(): Fold<'extension-message-malformed'> {
  return onReceived(['extended'], ({ message, offset }) => {
    if (message.type !== 'extended' || message.defects?.type !== 'malformed') return NOTHING
    const { extension, defects } = message
    const reference = extensionReference(extension ?? '')
    return [
      {
        id: 'extension-message-malformed',
        detail: `${extension}: ${defects.reason}`,
        offset: offset + EXTENDED_HEAD_LENGTH + defects.offset,
        ...(reference !== undefined && { reference }),
      },
    ]
  })
}
