import { EXTENDED_HEAD_LENGTH } from '../../wire/message/message.ts'
import { extensionReference } from '../../wire/extension/codecs.ts'
import { parseIpAddress, specialAddress } from '../../wire/address.ts'
import { type Conversation, hostOf, type Observation, type Rule } from '../rule.ts'

/** BEP 11 and the layout of all extension messages: what is inside them. */
export const extensionContentRules: readonly Rule[] = [layout, peerLists, peerListRate]

function* layout(conversation: Conversation): Generator<Observation> {
  for (const { message, offset } of conversation.received) {
    if (message.type !== 'extended' || message.defects?.type !== 'malformed') continue
    const { extension, defects } = message
    const reference = extensionReference(extension ?? '')
    yield {
      id: 'extension-message-malformed',
      detail: `${extension}, byte ${offset + EXTENDED_HEAD_LENGTH + defects.offset}: ${defects.reason}`,
      ...(reference === undefined ? {} : { reference }),
    }
  }
}

function* peerLists(conversation: Conversation): Generator<Observation> {
  const isLocal = isSpecial(conversation)
  let isFirst = true
  for (const { message, offset } of conversation.received) {
    if (message.type !== 'extended' || message.extension !== 'ut_pex') continue
    for (const { kind, key, detail } of message.defects?.type === 'pex' ? message.defects.issues : []) {
      // the first message may tell all peers, and neighbours tell each other of neighbours
      if ((kind === 'over-50' && isFirst) || (kind === 'special-address' && isLocal)) continue
      yield { id: 'pex-defect', detail: `${key === '' ? '' : `${key}: `}${detail} (byte ${offset})` }
    }
    isFirst = false
  }
}

/** Whether the peer itself is at an address that the rest of the world cannot reach. */
function isSpecial({ events }: Conversation): boolean {
  const [start] = events
  if (start?.type !== 'connected') return false
  const address = parseIpAddress(hostOf(start.remote))
  return address !== undefined && specialAddress(address) !== undefined
}

/** Most peer exchange messages in a minute that are no flood: one is allowed, and clocks differ. */
const PEER_LISTS_A_MINUTE = 2

function* peerListRate(conversation: Conversation): Generator<Observation> {
  let recent: number[] = []
  for (const { message, at } of conversation.received) {
    if (message.type !== 'extended' || message.extension !== 'ut_pex') continue
    recent = [...recent.filter((before) => at - before < 60_000), at]
    if (recent.length <= PEER_LISTS_A_MINUTE) continue
    yield { id: 'pex-flood', detail: `more than ${PEER_LISTS_A_MINUTE} in a minute` }
    return
  }
}
