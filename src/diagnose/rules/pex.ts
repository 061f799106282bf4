import { parseIpAddress, specialAddress } from '../../wire/address.ts'
import { type Conversation, extensionHandshakeOf, hostOf } from '../conversation.ts'
import { defineTheme, type Fold, onReceived } from '../rule.ts'

/** BEP 11 and BEP 27: peer exchange. */
export const pex = defineTheme({
  findings: {
    'pex-defect': {
      severity: 'warning',
      title: 'A peer exchange message is not as it should be',
      reference: 'BEP 11',
      explanation:
        'For example a list that is no whole number of addresses, flags for another number of peers, port 0, an address that nobody else can reach, a peer twice, or more than 50 after the first message. Clients drop such entries, or close.',
    },
    'pex-flood': {
      severity: 'warning',
      title: 'Peer exchange messages come too often',
      reference: 'BEP 11',
      explanation: 'One a minute at most; clients wait for 60 to 90 seconds.',
    },
    'private-pex': {
      isNote: true,
      severity: 'warning',
      title: 'Peer exchange is announced for a private torrent',
      reference: 'BEP 27',
      explanation:
        'Peers of a private torrent come from its tracker only. A client that exchanges them with others leaks them.',
    },
  },
  both: [peerLists, rate, privateTorrent],
})

function peerLists(conversation: Conversation): Fold<'pex-defect'> {
  let isFirst = true
  return onReceived(['extended'], function* ({ message, offset }) {
    if (message.type !== 'extended' || message.extension !== 'ut_pex') return
    const isLocal = isSpecial(conversation)
    for (const { kind, key, detail } of message.defects?.type === 'pex' ? message.defects.issues : []) {
      // the first message may name all peers, and neighbours name their neighbours
      if ((kind === 'over-50' && isFirst) || (kind === 'special-address' && isLocal)) continue
      yield { id: 'pex-defect', detail: `${key === '' ? '' : `${key}: `}${detail}`, offset }
    }
    isFirst = false
  })
}

/** Whether the peer itself is at an address that the rest of the world cannot reach. */
function isSpecial({ start }: Conversation): boolean {
  const address = start === undefined ? undefined : parseIpAddress(hostOf(start.remote))
  return address !== undefined && specialAddress(address) !== undefined
}

/** Most peer exchange messages in a minute that are not a flood: one is allowed, and clocks differ. */
const PEER_LISTS_A_MINUTE = 2

function rate(): Fold<'pex-flood'> {
  let recent: number[] = []
  let isSaid = false
  return onReceived(['extended'], function* ({ message, at, offset }) {
    if (isSaid || message.type !== 'extended' || message.extension !== 'ut_pex') return
    recent = [...recent.filter((before) => at - before < 60_000), at]
    if (recent.length <= PEER_LISTS_A_MINUTE) return
    isSaid = true
    yield { id: 'pex-flood', detail: `more than ${PEER_LISTS_A_MINUTE} in a minute`, offset }
  })
}

function privateTorrent(conversation: Conversation): Fold<'private-pex'> {
  return onReceived(['extended'], function* ({ message, offset }) {
    if (conversation.target?.private !== true || message.type !== 'extended') return
    if (message.extension === 'ut_pex')
      yield { id: 'private-pex', detail: 'a peer exchange message came', offset }
    const id = extensionHandshakeOf(message)?.extensions.get('ut_pex') ?? 0
    if (id !== 0) yield { id: 'private-pex', detail: `ut_pex is announced with id ${id}`, offset }
  })
}
