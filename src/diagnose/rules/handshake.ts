import { decodeUtf8, fromHex } from '../../base/bytes.ts'
import { isNamedFeature } from '../../wire/handshake/reserved-bits.ts'
import { decodePeerId } from '../../wire/peer-id/peer-id.ts'
import { type Conversation, extensionHandshakeOf } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING, type Observation, onEvents, onReceived } from '../rule.ts'

/** BEP 3, BEP 20 and BEP 52: the identity in the handshake. */
export const handshake = defineTheme({
  findings: {
    'peer-id-zero': {
      isNote: true,
      severity: 'warning',
      title: 'The peer id is all zeros',
      reference: 'BEP 3',
      explanation:
        'A peer id is twenty bytes that identify a peer. Clients that drop a second connection with the same id treat all peers with a zero id as one peer.',
    },
    'peer-id-own': {
      severity: 'warning',
      title: 'The peer answers with our own peer id',
      reference: 'BEP 3',
      explanation:
        'Either we connected to ourselves, or the other side echoes what it receives. The rest of the session does not describe a real peer.',
    },
    'peer-id-client-mismatch': {
      severity: 'info',
      title: 'The peer id and the extension handshake name different clients',
      reference: 'BEP 20',
      explanation:
        'The client text (`v`) of the extension handshake does not mention the client that the peer id names. Programs that embed a library often put their own name in only one of the two. A client that imitates the peer id of another looks the same.',
    },
    'reserved-bits-undefined': {
      severity: 'info',
      title: 'The handshake sets undefined reserved bits',
      reference: 'BEP 4',
      explanation:
        'Reserved bits that no extension defines should be zero. Some clients set them anyway, mostly without harm. A peer that sets all 64 bits claims extensions that it cannot support.',
    },
    'info-hash-mismatch': {
      severity: 'error',
      title: 'The handshake is for another info hash',
      reference: 'BEP 3',
      explanation:
        'Both handshakes must carry the same info hash. A peer may answer the v1 hash of a hybrid torrent with its v2 hash; this finding does not report that.',
    },
    'hybrid-other-hash': {
      severity: 'info',
      title: 'The handshake answers with the other info hash of the hybrid torrent',
      reference: 'BEP 52',
      explanation:
        'It is the same torrent, and the session continues with the hash from the answer. BEP 52 allows this answer only when our handshake sets the v2 bit, and it did not. libtorrent does this when it has connected to the same address with the v2 hash before.',
    },
    'handshake-cut': {
      severity: 'error',
      title: 'The peer sent only part of a handshake',
      reference: 'BEP 3',
      explanation:
        'A handshake has 68 bytes. The accepting side may answer after 48 of them, but continues only when all have arrived.',
    },
  },
  both: [infoHash, peerId, reservedBits],
  probe: [clientNames],
  serve: [cut],
})

function infoHash(conversation: Conversation): Fold<'info-hash-mismatch' | 'hybrid-other-hash'> {
  return onEvents(['handshake'], (event) => {
    const { local, remote, infoHashes } = conversation
    if (event.type !== 'received' || event.what !== 'handshake') return NOTHING
    if (local === undefined || remote === undefined || local.infoHash === remote.infoHash) return NOTHING
    const answers = `it answers for ${remote.infoHash}`
    if (!infoHashes.includes(remote.infoHash)) {
      return [{ id: 'info-hash-mismatch', detail: `we asked for ${local.infoHash}, ${answers}` }]
    }
    // with the bit, BEP 52 asks for this answer
    if (local.features.includes('v2')) return NOTHING
    const detail = `we asked for ${local.infoHash} without the v2 bit, ${answers}`
    return [{ id: 'hybrid-other-hash', detail }]
  })
}

function peerId(conversation: Conversation): Fold<'peer-id-zero' | 'peer-id-own'> {
  return onEvents(['handshake'], (event) => {
    const { local } = conversation
    if (event.type !== 'received' || event.what !== 'handshake') return NOTHING
    const { peerId: id } = event.handshake
    const seen: Observation<'peer-id-zero' | 'peer-id-own'>[] = []
    if (/^0*$/.test(id)) seen.push({ id: 'peer-id-zero', detail: 'twenty zero bytes' })
    if (local?.peerId === id) seen.push({ id: 'peer-id-own', detail: `both ids are ${id}` })
    return seen
  })
}

function reservedBits(): Fold<'reserved-bits-undefined'> {
  return onEvents(['handshake'], (event) => {
    if (event.type !== 'received' || event.what !== 'handshake') return NOTHING
    const unknown = event.handshake.features.filter((feature) => !isNamedFeature(feature))
    return unknown.length === 0 ? NOTHING : [{ id: 'reserved-bits-undefined', detail: unknown.join(', ') }]
  })
}

function clientNames(conversation: Conversation): Fold<'peer-id-client-mismatch'> {
  let isCompared = false
  return onReceived(['extended'], ({ message, offset }) => {
    const bytes = isCompared ? undefined : extensionHandshakeOf(message)?.clientBytes
    if (bytes === undefined || conversation.remote === undefined) return NOTHING
    isCompared = true
    const { client } = decodePeerId(fromHex(conversation.remote.peerId))
    const said = decodeUtf8(bytes.subarray(0, 200))
    if (client === null || said === undefined || sharesWord(client, said)) return NOTHING
    const detail = `the id says ${client}, the extension handshake does not mention it`
    return [{ id: 'peer-id-client-mismatch', detail, offset }]
  })
}

/** `µTorrent` and `uTorrent 3.5`, `BitTorrent mainline` and `BitTorrent 7.10`: one common word of at least three letters is enough. */
function sharesWord(client: string, said: string): boolean {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[µμ]/g, 'u')
  const text = plain(said)
  const words = plain(client)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length >= 3)
  return words.some((word) => text.includes(word)) || words.length === 0
}

/** The handshake of a client that connects to us, when it ends early or is for another torrent. */
function cut(conversation: Conversation): Fold<'handshake-cut' | 'info-hash-mismatch'> {
  return onEvents(['failed', 'closed'], (event) => {
    if (event.type === 'failed') {
      const { code, message, offset = 0 } = event.error
      if (code === 'E_WRONG_INFO_HASH') return [{ id: 'info-hash-mismatch', detail: message, offset }]
      if (code === 'E_HANDSHAKE_TIMEOUT' && offset > 0)
        return [{ id: 'handshake-cut', detail: message, offset: 0 }]
    }
    if (event.type !== 'closed' || event.by !== 'peer' || event.pending === 0) return NOTHING
    if (conversation.remote !== undefined) return NOTHING
    return [{ id: 'handshake-cut', detail: `closed after ${event.pending} bytes of a handshake`, offset: 0 }]
  })
}
