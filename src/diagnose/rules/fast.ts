import { fromHex } from '../../base/bytes.ts'
import { parseIpAddress } from '../../wire/address.ts'
import { recogniseAllowedFastSet } from '../../wire/allowed-fast.ts'
import { MAX_FAST_PIECES } from '../../base/limits.ts'
import { type Conversation, extensionHandshakeOf } from '../conversation.ts'
import { hostOf } from '../host.ts'
import { defineTheme, type Fold, NOTHING, type Observation, onReceived } from '../rule.ts'
import { whenCounted } from './when-counted.ts'

/** BEP 6. */
export const fast = defineTheme({
  findings: {
    'fast-not-negotiated': {
      severity: 'error',
      title: 'The peer sent a message of the fast extension, which was not negotiated',
      reference: 'BEP 6',
      explanation:
        'suggest, have-all, have-none, reject and allowed-fast may be sent only when both handshakes set the fast bit. Clients close the connection otherwise.',
    },
    'fast-piece-out-of-range': {
      severity: 'error',
      title: 'A suggest or allowed-fast message names a piece that the torrent does not have',
      reference: 'BEP 6',
      explanation: 'The piece index is not less than the piece count.',
    },
    'allowed-fast-dialect': {
      severity: 'info',
      title: 'The allowed-fast set matches a known algorithm',
      reference: 'BEP 6',
      explanation:
        'BEP 6 defines how to compute the set from the address and the info hash. libtorrent and aria2 each use a variant, so the set gives a hint about the client.',
    },
    'allowed-fast-unrecognised': {
      severity: 'info',
      title: 'The allowed-fast set does not match any known algorithm',
      reference: 'BEP 6',
      explanation:
        'A client may allow any pieces it likes. The set also differs when the peer sees a different address for us than the one that we know of.',
    },
  },
  both: [negotiated, ranges],
  probe: [allowedFast],
})

const FAST_ONLY = ['have-all', 'have-none', 'suggest', 'reject', 'allowed-fast'] as const

function negotiated(conversation: Conversation): Fold<'fast-not-negotiated'> {
  return onReceived(FAST_ONLY, function* ({ message, offset }) {
    const { local, remote } = conversation
    if (conversation.fast || local === undefined || remote === undefined) return
    const bit = (features: readonly string[]) => (features.includes('fast') ? 'set' : 'clear')
    const bits = `our bit is ${bit(local.features)}, its bit is ${bit(remote.features)}`
    yield { id: 'fast-not-negotiated', detail: `${message.type}; ${bits}`, offset }
  })
}

function ranges(conversation: Conversation): Fold<'fast-piece-out-of-range'> {
  return whenCounted(
    conversation,
    ['suggest', 'allowed-fast'],
    function* ({ message, offset }, pieceCount): Generator<Observation<'fast-piece-out-of-range'>> {
      if ((message.type !== 'suggest' && message.type !== 'allowed-fast') || pieceCount === undefined) return
      if (message.piece < pieceCount) return
      const detail = `${message.type} of piece ${message.piece}, the torrent has ${pieceCount}`
      yield { id: 'fast-piece-out-of-range', detail, offset }
    },
  )
}

function allowedFast(conversation: Conversation): Fold<'allowed-fast-dialect' | 'allowed-fast-unrecognised'> {
  const allowed: number[] = []
  let yourIp: string | undefined
  return onReceived(
    ['extended', 'allowed-fast'],
    ({ message }) => {
      yourIp ??= extensionHandshakeOf(message)?.yourIp
      if (message.type === 'allowed-fast' && allowed.length < MAX_FAST_PIECES) allowed.push(message.piece)
      return NOTHING
    },
    function* () {
      const { local, pieceCount } = conversation
      if (!conversation.fast || local === undefined || pieceCount === undefined) return
      const pieces = allowed.filter((piece) => piece < pieceCount)
      // the address that the peer sees: `yourip`, or else the local address of our socket
      const address = yourIp ?? socketAddress(conversation)
      // in a small torrent every algorithm gives nearly all pieces
      if (pieces.length === 0 || address === undefined || pieceCount <= 2 * pieces.length) return
      const dialect = recogniseAllowedFastSet(pieces, address, fromHex(local.infoHash), pieceCount)
      if (dialect === undefined) {
        yield { id: 'allowed-fast-unrecognised', detail: `${pieces.length} pieces, for ${address}` }
        return
      }
      const detail = `${pieces.length} pieces as ${DIALECTS[dialect]} computes them for ${address}`
      yield { id: 'allowed-fast-dialect', detail }
    },
  )
}

const DIALECTS = { bep6: 'BEP 6', libtorrent: 'libtorrent', aria2: 'aria2' } as const

function socketAddress({ start }: Conversation): string | undefined {
  const local = start === undefined ? '' : hostOf(start.local)
  return parseIpAddress(local) === undefined ? undefined : local
}
