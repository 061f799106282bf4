import { decodeUtf8, fromHex, toHex } from '../../base/bytes.ts'
import { readExtensionHandshake } from '../../trace/extension-handshake.ts'
import { isNamedFeature } from '../../wire/handshake/reserved-bits.ts'
import { decodePeerId } from '../../wire/peer-id/peer-id.ts'
import { type Conversation, type Observation, type Rule } from '../rule.ts'

/** BEP 3 and BEP 20: whose handshake it is. */
export const handshakeRules: readonly Rule[] = [infoHash, peerId, reservedBits, clientNames]

function* infoHash({ ours, theirs, context }: Conversation): Generator<Observation> {
  if (ours === undefined || theirs === undefined || ours.infoHash === theirs.infoHash) return
  const { v1, v2 } = context.infoHashes ?? {}
  const known = [v1, v2?.subarray(0, 20)].filter((hash) => hash !== undefined)
  if (known.some((hash) => toHex(hash) === theirs.infoHash)) {
    // with the bit it is what BEP 52 asks for
    if (!ours.features.includes('v2')) {
      const detail = `we asked for ${ours.infoHash} without the v2 bit, it answers for ${theirs.infoHash}`
      yield { id: 'hybrid-other-hash', detail }
    }
    return
  }
  yield {
    id: 'info-hash-mismatch',
    detail: `we asked for ${ours.infoHash}, it answers for ${theirs.infoHash}`,
  }
}

function* peerId({ ours, theirs }: Conversation): Generator<Observation> {
  if (theirs === undefined) return
  if (/^0*$/.test(theirs.peerId)) yield { id: 'peer-id-zero', detail: 'twenty zero bytes' }
  if (ours !== undefined && ours.peerId === theirs.peerId) {
    yield { id: 'peer-id-own', detail: `both ids are ${ours.peerId}` }
  }
}

function* reservedBits({ theirs }: Conversation): Generator<Observation> {
  const unknown = theirs?.features.filter((feature) => !isNamedFeature(feature)) ?? []
  if (unknown.length > 0) yield { id: 'reserved-bits-undefined', detail: unknown.join(', ') }
}

function* clientNames(conversation: Conversation): Generator<Observation> {
  const { theirs } = conversation
  if (theirs === undefined) return
  const { client } = decodePeerId(fromHex(theirs.peerId))
  const said = clientText(conversation)
  if (client === null || said === undefined || sharesWord(client, said)) return
  yield {
    id: 'peer-id-client-mismatch',
    detail: `the id says ${client}, the extension handshake says something else`,
  }
}

function clientText(conversation: Conversation): string | undefined {
  for (const { message } of conversation.received) {
    const read = readExtensionHandshake(message)
    const clientBytes = read?.ok === true ? read.value.clientBytes : undefined
    if (clientBytes !== undefined) return decodeUtf8(clientBytes.subarray(0, 200))
  }
  return undefined
}

/** `µTorrent` and `uTorrent 3.5`, `BitTorrent mainline` and `BitTorrent 7.10`: one word of three letters in common is enough. */
function sharesWord(client: string, said: string): boolean {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[µμ]/g, 'u')
  const text = plain(said)
  const words = plain(client)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length >= 3)
  return words.some((word) => text.includes(word)) || words.length === 0
}
