import { AllowedFast } from '../allowed-fast.ts'
import type { Conversation } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING, onReceived } from '../rule.ts'
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
  return onReceived(FAST_ONLY, ({ message, offset }) => {
    const { local, remote } = conversation
    if (conversation.fast || local === undefined || remote === undefined) return NOTHING
    const bit = (features: readonly string[]) => (features.includes('fast') ? 'set' : 'clear')
    const bits = `our bit is ${bit(local.features)}, its bit is ${bit(remote.features)}`
    return [{ id: 'fast-not-negotiated', detail: `${message.type}; ${bits}`, offset }]
  })
}

function ranges(conversation: Conversation): Fold<'fast-piece-out-of-range'> {
  return whenCounted(conversation, ['suggest', 'allowed-fast'], ({ message, offset }, pieceCount) => {
    if ((message.type !== 'suggest' && message.type !== 'allowed-fast') || pieceCount === undefined)
      return NOTHING
    if (message.piece < pieceCount) return NOTHING
    const detail = `${message.type} of piece ${message.piece}, the torrent has ${pieceCount}`
    return [{ id: 'fast-piece-out-of-range', detail, offset }]
  })
}

function allowedFast(conversation: Conversation): Fold<'allowed-fast-dialect' | 'allowed-fast-unrecognised'> {
  const allowed = new AllowedFast(conversation)
  return onReceived(
    ['extended', 'allowed-fast'],
    ({ message }) => {
      allowed.received(message)
      return NOTHING
    },
    () => {
      const { set } = allowed
      if (set === undefined) return NOTHING
      const { count, address, dialect } = set
      if (dialect === undefined) {
        return [{ id: 'allowed-fast-unrecognised', detail: `${count} pieces, for ${address}` }]
      }
      const detail = `${count} pieces as ${DIALECTS[dialect]} computes them for ${address}`
      return [{ id: 'allowed-fast-dialect', detail }]
    },
  )
}

const DIALECTS = { bep6: 'BEP 6', libtorrent: 'libtorrent', aria2: 'aria2' } as const
