import { describe, expect, test } from 'vitest'
import { ChokingAlgorithm, type PeerStats } from '../../../../src/session/upload/choking.ts'
import { ChokingState, type ChokingMessage } from '../../../../src/session/peer/choking-state.ts'

describe('the flags of a connection', () => {
  test('it begins choked and not interested, both ways', () => {
    const { amChoking, amInterested, peerChoking, peerInterested, canRequest, canServe } = new ChokingState()
    expect({ amChoking, amInterested, peerChoking, peerInterested, canRequest, canServe }).toStrictEqual({
      amChoking: true,
      amInterested: false,
      peerChoking: true,
      peerInterested: false,
      canRequest: false,
      canServe: false,
    })
  })

  const CASES: readonly {
    sent: readonly ChokingMessage[]
    received: readonly ChokingMessage[]
    canRequest: boolean
    canServe: boolean
  }[] = [
    { sent: ['interested'], received: [], canRequest: false, canServe: false },
    { sent: [], received: ['unchoke'], canRequest: false, canServe: false },
    { sent: ['interested'], received: ['unchoke'], canRequest: true, canServe: false },
    { sent: ['interested'], received: ['unchoke', 'choke'], canRequest: false, canServe: false },
    { sent: ['interested', 'not-interested'], received: ['unchoke'], canRequest: false, canServe: false },
    { sent: ['unchoke'], received: [], canRequest: false, canServe: false },
    { sent: ['unchoke'], received: ['interested'], canRequest: false, canServe: true },
    { sent: ['unchoke', 'choke'], received: ['interested'], canRequest: false, canServe: false },
    { sent: ['unchoke'], received: ['interested', 'not-interested'], canRequest: false, canServe: false },
  ]

  test.each(CASES)('we sent $sent, the peer $received', ({ sent, received, canRequest, canServe }) => {
    const state = new ChokingState()
    for (const message of sent) expect(state.sent(message)).toBe(true)
    for (const message of received) expect(state.received(message)).toBe(true)
    for (const message of sent.slice(-1)) expect(state.sent(message)).toBe(false)
    for (const message of received.slice(-1)) expect(state.received(message)).toBe(false)
    expect([state.canRequest, state.canServe]).toStrictEqual([canRequest, canServe])
  })
})

const idle = { interested: true, choked: true, uploadRate: 0, downloadRate: 0, connectedAt: 0 }

function peers(count: number, change: (i: number) => Partial<PeerStats<string>> = () => ({})) {
  return Array.from({ length: count }, (_, i) => ({ peer: `p${i}`, ...idle, ...change(i) }))
}

/** What the peers look like once the decisions were sent. */
function apply(stats: readonly PeerStats<string>[], round: ReturnType<ChokingAlgorithm['round']>) {
  const actions = new Map(round.decisions.map(({ peer, action }) => [peer, action]))
  return stats.map((peer) => ({
    ...peer,
    choked: actions.has(peer.peer) ? actions.get(peer.peer) === 'choke' : peer.choked,
  }))
}

const unchokedOf = (stats: readonly PeerStats<string>[]) =>
  stats.filter(({ choked }) => !choked).map(({ peer }) => peer)

describe('who gets unchoked', () => {
  test('the three best by rate and one by lot', () => {
    const stats = peers(8, (i) => ({ downloadRate: i, uploadRate: -i }))
    const leech = new ChokingAlgorithm().round(1_000_000, 'leecher', stats, () => 0)
    expect(unchokedOf(apply(stats, leech))).toStrictEqual(['p4', 'p5', 'p6', 'p7'])
    expect(leech.optimistic).toBe('p4')
    const seed = new ChokingAlgorithm().round(1_000_000, 'seed', stats, () => 0.999)
    expect(unchokedOf(apply(stats, seed))).toStrictEqual(['p0', 'p1', 'p2', 'p7'])
    expect(seed.optimistic).toBe('p7')
    expect(seed.nextAt).toBe(1_010_000)
  })

  test('nobody who is not interested, however fast', () => {
    const stats = peers(5, (i) => ({ interested: i > 2, downloadRate: 100 - i, choked: i !== 0 }))
    const round = new ChokingAlgorithm().round(0, 'leecher', stats, () => 0)
    expect(round.decisions).toStrictEqual([
      { peer: 'p0', action: 'choke' },
      { peer: 'p3', action: 'unchoke' },
      { peer: 'p4', action: 'unchoke' },
    ])
  })

  test('four peers fill four slots at once', () => {
    const stats = peers(4)
    const round = new ChokingAlgorithm().round(0, 'seed', stats, () => 0)
    expect(round.decisions.map(({ action }) => action)).toStrictEqual(Array(4).fill('unchoke'))
  })

  test('a second round without events sends nothing', () => {
    const algorithm = new ChokingAlgorithm()
    const stats = peers(9)
    const after = apply(
      stats,
      algorithm.round(0, 'leecher', stats, () => 0.5),
    )
    expect(algorithm.round(10_000, 'leecher', after, () => 0.1).decisions).toStrictEqual([])
  })

  test('the optimistic slot stays for 30 seconds and then goes to somebody else', () => {
    const algorithm = new ChokingAlgorithm()
    let stats: PeerStats<string>[] = peers(6)
    const holders: (string | undefined)[] = []
    for (const at of [0, 10_000, 20_000, 29_999, 30_000, 59_999, 60_000]) {
      const round = algorithm.round(at, 'leecher', stats, () => 0)
      holders.push(round.optimistic)
      stats = apply(stats, round)
      expect(unchokedOf(stats)).toHaveLength(4)
    }
    expect(holders.slice(0, 4)).toStrictEqual(Array(4).fill(holders[0]))
    expect(holders[4]).not.toBe(holders[0])
    expect(holders[5]).toBe(holders[4])
    expect(holders[6]).not.toBe(holders[5])
  })

  test('a holder that loses interest gives the slot away at once', () => {
    const algorithm = new ChokingAlgorithm()
    const stats = peers(6)
    const first = algorithm.round(0, 'leecher', stats, () => 0)
    const left = apply(stats, first).filter(({ peer }) => peer !== first.optimistic)
    const second = algorithm.round(1, 'leecher', left, () => 0)
    expect(second.optimistic).toBeDefined()
    expect(second.optimistic).not.toBe(first.optimistic)
  })

  test('a new connection has three lots', () => {
    const at = 100_000
    const wins = { old: 0, new: 0 }
    for (let lot = 0; lot < 40; lot++) {
      const stats = [
        ...peers(3, () => ({ downloadRate: 9 })),
        { peer: 'old', ...idle, connectedAt: at - 30_000 },
        { peer: 'new', ...idle, connectedAt: at - 29_999 },
      ]
      const { optimistic } = new ChokingAlgorithm().round(at, 'leecher', stats, () => lot / 40)
      wins[optimistic as 'old' | 'new']++
    }
    expect(wins).toStrictEqual({ old: 10, new: 30 })
  })

  test('with equal rates those unchoked stay', () => {
    const stats = peers(5, (i) => ({ choked: i < 2, downloadRate: 7 }))
    const round = new ChokingAlgorithm().round(0, 'leecher', stats, () => 0.99)
    expect(round.decisions).toStrictEqual([{ peer: 'p1', action: 'unchoke' }])
  })

  test('at least one slot', () => {
    expect(() => new ChokingAlgorithm({ slots: 0 })).toThrow(RangeError)
    const round = new ChokingAlgorithm({ slots: 1 }).round(0, 'seed', peers(3), () => 0)
    expect(round.decisions).toHaveLength(1)
  })
})
