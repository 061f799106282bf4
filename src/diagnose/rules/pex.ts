import { parseIpAddress, specialAddress } from '../../wire/address.ts'
import { type Conversation, extensionHandshakeOf } from '../conversation.ts'
import { hostOf } from '../host.ts'
import { defineTheme, type Fold, NOTHING, type Observation, onReceived } from '../rule.ts'

/** BEP 11 and BEP 27: peer exchange. */
export const pex = defineTheme({
  findings: {
    'pex-defect': {
      severity: 'warning',
      title: 'A peer exchange message has invalid contents',
      reference: 'BEP 11',
      explanation:
        'For example, a list whose length is not a multiple of an address, a different number of flags than peers, port 0, an address that is not reachable from elsewhere, a duplicate peer, or more than 50 peers after the first message. Clients drop such entries or close the connection.',
    },
    'pex-flood': {
      severity: 'warning',
      title: 'The peer sends peer exchange messages too often',
      reference: 'BEP 11',
      explanation: 'At most one per minute is allowed. Clients wait 60 to 90 seconds between them.',
    },
    'private-pex': {
      isNote: true,
      severity: 'warning',
      title: 'Peer exchange is announced for a private torrent',
      reference: 'BEP 27',
      explanation:
        'The peers of a private torrent must come only from its tracker. A client that exchanges them with others leaks their addresses.',
    },
  },
  both: [peerLists, rate, privateTorrent],
})

function peerLists(conversation: Conversation): Fold<'pex-defect'> {
  let isFirst = true
  return onReceived(['extended'], ({ message, offset }) => {
    if (message.type !== 'extended' || message.extension !== 'ut_pex') return NOTHING
    const isLocal = isSpecial(conversation)
    const seen: Observation<'pex-defect'>[] = []
    for (const { kind, key, detail } of message.defects?.type === 'pex' ? message.defects.issues : []) {
      // the first message may name all peers, and a peer on a local network may name its neighbours
      if ((kind === 'over-50' && isFirst) || (kind === 'special-address' && isLocal)) continue
      seen.push({ id: 'pex-defect', detail: `${key === '' ? '' : `${key}: `}${detail}`, offset })
    }
    isFirst = false
    return seen
  })
}

/** Whether the address of the peer itself is not reachable from the internet. */
function isSpecial({ start }: Conversation): boolean {
  const address = start === undefined ? undefined : parseIpAddress(hostOf(start.remote))
  return address !== undefined && specialAddress(address) !== undefined
}

/** More peer exchange messages than this per minute are a flood; one is allowed, and clocks differ. */
const PEER_LISTS_A_MINUTE = 2

function rate(): Fold<'pex-flood'> {
  let recent: number[] = []
  let isSaid = false
  return onReceived(['extended'], ({ message, at, offset }) => {
    if (isSaid || message.type !== 'extended' || message.extension !== 'ut_pex') return NOTHING
    recent = [...recent.filter((before) => at - before < 60_000), at]
    if (recent.length <= PEER_LISTS_A_MINUTE) return NOTHING
    isSaid = true
    return [{ id: 'pex-flood', detail: `more than ${PEER_LISTS_A_MINUTE} in a minute`, offset }]
  })
}

function privateTorrent(conversation: Conversation): Fold<'private-pex'> {
  return onReceived(['extended'], ({ message, offset }) => {
    if (conversation.target?.private !== true || message.type !== 'extended') return NOTHING
    if (message.extension === 'ut_pex')
      return [{ id: 'private-pex', detail: 'a peer exchange message came', offset }]
    const id = extensionHandshakeOf(message)?.extensions.get('ut_pex') ?? 0
    return id === 0 ? NOTHING : [{ id: 'private-pex', detail: `ut_pex is announced with id ${id}`, offset }]
  })
}
