import { offsetOf, type Transfers } from '../../trace/transfers.ts'
import { blockKey, type BlockKey } from '../../wire/message/block-key.ts'
import type { BlockRange } from '../../wire/message/message.ts'
import { type Conversation, blockName } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING, type Observation, onReceived } from '../rule.ts'

/** BEP 3 and BEP 6: how a peer answers our requests, and how it chokes and unchokes us. */
export const transfers = defineTheme({
  findings: {
    'piece-not-requested': {
      severity: 'error',
      title: 'The peer sent an unrequested block',
      reference: 'BEP 6',
      explanation:
        'Every block answers one request. With the fast extension, an unrequested block must end the connection.',
    },
    'reject-not-requested': {
      severity: 'warning',
      title: 'The peer rejected a block that was not requested',
      reference: 'BEP 6',
      explanation: 'Every reject answers one outstanding request and repeats its numbers.',
    },
    'choke-flapping': {
      severity: 'warning',
      title: 'The peer chokes and unchokes repeatedly',
      reference: 'BEP 3',
      explanation:
        'Clients choose which peers to unchoke every ten seconds, to give each connection time to reach its speed. A peer that changes faster has a faulty choking algorithm and serves little data.',
    },
    'choke-drops-requests': {
      severity: 'warning',
      title: 'The peer choked us and dropped requests without rejecting them',
      reference: 'BEP 6',
      explanation:
        'With the fast extension, a choke does not answer requests: the peer must reject each request that it does not serve. A client that relies on this waits forever for these blocks.',
    },
  },
  probe: [answers, flapping],
  serve: [answersToSeeder],
})

/** A seeder does not send requests. */
function answersToSeeder(conversation: Conversation): Fold<'piece-not-requested' | 'reject-not-requested'> {
  return onReceived(['piece', 'reject'], ({ message, offset }) => {
    if (message.type !== 'piece' && message.type !== 'reject') return NOTHING
    const detail = `${message.type} of ${blockName(message)}, a seeder does not send requests`
    if (message.type === 'reject') return [{ id: 'reject-not-requested', detail, offset }]
    const reference = conversation.fast ? 'BEP 6' : 'BEP 3'
    return [{ id: 'piece-not-requested', detail, offset, reference }]
  })
}

/** How long rejects may take after a choke, in milliseconds. */
const REJECT_GRACE_MS = 400

/** How long a peer that still serves requests from before its choke may take for the next block, in milliseconds. */
const BLOCK_GRACE_MS = 10_000

/**
 * Each answer must match an unanswered request. BEP 6: a choke does not answer requests; the peer must reject every request that
 * it drops.
 */
function answers(
  conversation: Conversation,
): Fold<'piece-not-requested' | 'reject-not-requested' | 'choke-drops-requests'> {
  /** Requests without an answer, and those of them that a choke came upon, with the time of the choke. */
  const open = new Map<BlockKey, number>()
  const choked = new Map<BlockKey, number>()
  let servedAt = Number.NEGATIVE_INFINITY

  function ask(block: BlockRange): void {
    const key = blockKey(block)
    open.set(key, (open.get(key) ?? 0) + 1)
  }

  function answer(block: BlockRange, isBlock: boolean, at: number): boolean {
    const key = blockKey(block)
    if (choked.size > 0 && choked.delete(key) && isBlock) servedAt = at
    const count = open.get(key)
    if (count === undefined) return false
    if (count > 1) open.set(key, count - 1)
    else open.delete(key)
    return true
  }

  function unrequested(run: Transfers, index: number, block: BlockRange): Observation<'piece-not-requested'> {
    const reference = conversation.fast ? 'BEP 6' : 'BEP 3'
    return { id: 'piece-not-requested', detail: blockName(block), offset: offsetOf(run, index), reference }
  }

  return {
    ...onReceived(['choke', 'reject'], ({ message, at, offset }) => {
      if (message.type === 'choke') for (const key of open.keys()) if (!choked.has(key)) choked.set(key, at)
      if (message.type !== 'reject' || answer(message, false, at)) return NOTHING
      return [{ id: 'reject-not-requested', detail: blockName(message), offset }]
    }),
    messages: { sent: ['request'], received: ['choke', 'reject', 'piece'] },
    transfers(run) {
      const { type, at, blocks } = run
      if (type === 'sent') {
        for (const block of blocks) ask(block)
        return NOTHING
      }
      let seen: Observation<'piece-not-requested'>[] | undefined
      for (let i = 0; i < blocks.length; i++) {
        const block = blocks[i] as BlockRange
        if (!answer(block, true, at)) (seen ??= []).push(unrequested(run, i, block))
      }
      return seen ?? NOTHING
    },
    end() {
      const { lastAt: endAt } = conversation
      // a block that was arriving when the connection ended was not dropped
      if (!conversation.fast || (conversation.end?.pending ?? 0) > 0) return NOTHING
      // the peer is still serving requests from before the choke
      if (endAt - servedAt < BLOCK_GRACE_MS) return NOTHING
      const late = [...choked.values()].filter((at) => endAt - at >= REJECT_GRACE_MS).length
      if (late === 0) return NOTHING
      const detail = `${late} of our requests were neither answered nor rejected`
      return [{ id: 'choke-drops-requests', detail }]
    },
  }
}

/** Clients reassign slots every ten seconds, and may reuse a freed slot in between. */
const WINDOW_MS = 10_000
const MAX_UNCHOKES = 4

function flapping(): Fold<'choke-flapping'> {
  let recent: number[] = []
  let isChoking = true
  let isSaid = false
  return onReceived(['choke', 'unchoke'], ({ message, at, offset }) => {
    if (message.type === 'choke') isChoking = true
    if (isSaid || message.type !== 'unchoke' || !isChoking) return NOTHING
    isChoking = false
    recent = [...recent.filter((before) => at - before < WINDOW_MS), at]
    if (recent.length <= MAX_UNCHOKES) return NOTHING
    isSaid = true
    return [{ id: 'choke-flapping', detail: `more than ${MAX_UNCHOKES} unchokes in ten seconds`, offset }]
  })
}
