import { fromHex } from '../../base/bytes.ts'
import { readExtensionHandshake } from '../../trace/extension-handshake.ts'
import { parseIpAddress } from '../../wire/address.ts'
import { recogniseAllowedFastSet } from '../../wire/allowed-fast.ts'
import { type Conversation, hostOf, type Observation, type Rule } from '../rule.ts'

/** BEP 6. */
export const fastRules: readonly Rule[] = [negotiated, ranges, allowedFast]

const FAST_ONLY: ReadonlySet<string> = new Set(['have-all', 'have-none', 'suggest', 'reject', 'allowed-fast'])

function* negotiated(conversation: Conversation): Generator<Observation> {
  const { fast, ours, theirs } = conversation
  if (fast || ours === undefined || theirs === undefined) return
  const bit = (features: readonly string[]) => (features.includes('fast') ? 'set' : 'clear')
  for (const { message, offset } of conversation.received) {
    if (!FAST_ONLY.has(message.type)) continue
    const bits = `our bit is ${bit(ours.features)}, its bit is ${bit(theirs.features)}`
    yield { id: 'fast-not-negotiated', detail: `${message.type} at byte ${offset}; ${bits}` }
  }
}

function* ranges(conversation: Conversation): Generator<Observation> {
  const { pieceCount } = conversation.context
  if (pieceCount === undefined) return
  for (const { message, offset } of conversation.received) {
    if (message.type !== 'suggest' && message.type !== 'allowed-fast') continue
    if (message.piece < pieceCount) continue
    const detail = `${message.type} of piece ${message.piece} at byte ${offset}, the torrent has ${pieceCount}`
    yield { id: 'fast-piece-out-of-range', detail }
  }
}

function* allowedFast(conversation: Conversation): Generator<Observation> {
  const { fast, ours, context } = conversation
  const { pieceCount } = context
  if (!fast || ours === undefined || pieceCount === undefined) return
  const pieces: number[] = []
  for (const { message } of conversation.received) {
    if (message.type === 'allowed-fast' && message.piece < pieceCount) pieces.push(message.piece)
  }
  const address = ourAddress(conversation)
  // of a small torrent every way of computing gives nearly all pieces
  if (pieces.length === 0 || address === undefined || pieceCount <= 2 * pieces.length) return
  const dialect = recogniseAllowedFastSet(pieces, address, fromHex(ours.infoHash), pieceCount)
  const names = { bep6: 'BEP 6', libtorrent: 'libtorrent', aria2: 'aria2' }
  yield dialect === undefined
    ? { id: 'allowed-fast-unrecognised', detail: `${pieces.length} pieces, for ${address}` }
    : {
        id: 'allowed-fast-dialect',
        detail: `${pieces.length} pieces as ${names[dialect]} computes them for ${address}`,
      }
}

/** The address that the peer sees: what it says, else what our socket says. */
function ourAddress(conversation: Conversation): string | undefined {
  for (const { message } of conversation.received) {
    const read = readExtensionHandshake(message)
    if (read?.ok === true && read.value.yourIp !== undefined) return read.value.yourIp
  }
  const [start] = conversation.events
  if (start?.type !== 'connected') return undefined
  const local = hostOf(start.local)
  return parseIpAddress(local) === undefined ? undefined : local
}
