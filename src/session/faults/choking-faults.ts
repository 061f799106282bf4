import {
  afterUnchoke,
  type StreamFault,
  type FaultAction,
  insteadOf,
  type RunningFault,
  sendMessage,
} from './fault.ts'

export const CHOKING_FAULTS: readonly StreamFault[] = [
  {
    name: 'choke-forever',
    phase: 'choking',
    description: 'never unchoke',
    start: () => insteadOf('unchoke', () => []),
  },
  {
    name: 'late-unchoke',
    phase: 'choking',
    description: 'delay the unchoke, and everything after it, by N milliseconds',
    argument: { unit: 'ms', default: 30_000, min: 0, max: 3_600_000 },
    start: (ms) => insteadOf('unchoke', (message) => [{ type: 'wait', ms }, sendMessage(message)]),
  },
  {
    name: 'flap',
    phase: 'choking',
    description: 'choke and unchoke N times in a row',
    argument: { unit: 'times', default: 20, min: 1, max: 100_000 },
    start: (times) =>
      afterUnchoke(() =>
        Array.from({ length: times }, (): FaultAction[] => [
          sendMessage({ type: 'choke' }),
          sendMessage({ type: 'unchoke' }),
        ]).flat(),
      ),
  },
  {
    name: 'choke-after',
    phase: 'choking',
    description: 'choke after N blocks, and answer no further requests',
    argument: { unit: 'blocks', default: 1, min: 0, max: 1_000_000_000 },
    start: (count) => chokeAfter(count),
  },
  {
    name: 'no-allowed-fast',
    phase: 'choking',
    description: 'omit the allowed-fast set (legal)',
    start: () => insteadOf('allowed-fast', () => []),
  },
]

function chokeAfter(count: number): RunningFault {
  let served = 0
  return {
    outgoing: (unit) => {
      if (unit.type !== 'message') return [{ type: 'send', unit }]
      const { type } = unit.message
      if (type === 'piece') {
        if (served++ < count) return [{ type: 'send', unit }]
        return served === count + 1 ? [sendMessage({ type: 'choke' })] : []
      }
      const isAnswer = type === 'reject' || type === 'unchoke' || type === 'choke'
      return isAnswer && served > count ? [] : [{ type: 'send', unit }]
    },
  }
}
