import { encodeMessage } from '../../wire/message/message.ts'
import type { Message } from '../../wire/message/message.ts'
import {
  afterUnchoke,
  type StreamFault,
  type FaultAction,
  insteadOf,
  type RunningFault,
  sendMessage,
  withFlippedBit,
} from './fault.ts'

type Piece = Extract<Message, { readonly type: 'piece' }>

const BLOCKS = { unit: 'blocks', default: 1, min: 0, max: 1_000_000_000 } as const

export const BLOCK_FAULTS: readonly StreamFault[] = [
  {
    name: 'reject-all',
    phase: 'requests',
    description: 'reject every request',
    start: () =>
      changed(({ piece, begin, block }) => [
        sendMessage({ type: 'reject', piece, begin, length: block.length }),
      ]),
  },
  {
    name: 'ignore-requests',
    phase: 'requests',
    description: 'unchoke, and answer no requests',
    start: () => ({
      outgoing: (unit) =>
        unit.type === 'message' && (unit.message.type === 'piece' || unit.message.type === 'reject')
          ? []
          : [{ type: 'send', unit }],
    }),
  },
  {
    name: 'corrupt',
    phase: 'requests',
    description: 'flip one bit in every block of piece N',
    argument: { unit: 'piece', default: 0, min: 0, max: 0xffff_ffff },
    start: (piece) =>
      changed((message) => [sendMessage(message.piece === piece ? corrupted(message) : message)]),
  },
  {
    name: 'corrupt-every',
    phase: 'requests',
    description: 'flip one bit in one of every N blocks, at random',
    argument: { unit: 'blocks', default: 100, min: 1, max: 1_000_000_000 },
    start: (count, { random }) =>
      changed((message) => [sendMessage(random() * count < 1 ? corrupted(message) : message)]),
  },
  {
    name: 'short-block',
    phase: 'requests',
    description: 'omit the last byte of every block',
    start: () => changed((message) => [sendMessage({ ...message, block: message.block.slice(0, -1) })]),
  },
  {
    name: 'long-block',
    phase: 'requests',
    description: 'send one byte more than requested',
    start: () =>
      changed((message) => {
        const block = new Uint8Array(message.block.length + 1)
        block.set(message.block)
        return [sendMessage({ ...message, block })]
      }),
  },
  {
    name: 'empty-block',
    phase: 'requests',
    description: 'answer every request with an empty block',
    start: () => changed((message) => [sendMessage({ ...message, block: new Uint8Array() })]),
  },
  {
    name: 'wrong-piece',
    phase: 'requests',
    description: 'send every block with the index of the next piece',
    start: () => changed((message) => [sendMessage({ ...message, piece: message.piece + 1 })]),
  },
  {
    name: 'wrong-begin',
    phase: 'requests',
    description: 'send every block with an offset one byte higher than requested',
    start: () => changed((message) => [sendMessage({ ...message, begin: message.begin + 1 })]),
  },
  {
    name: 'duplicate-blocks',
    phase: 'requests',
    description: 'send every block twice',
    start: () => changed((message) => [sendMessage(message), sendMessage(message)]),
  },
  {
    name: 'unrequested-block',
    phase: 'requests',
    description: 'send an unrequested block after the first unchoke',
    start: () =>
      afterUnchoke(() => [sendMessage({ type: 'piece', piece: 0, begin: 0, block: new Uint8Array(16_384) })]),
  },
  {
    name: 'unrequested-reject',
    phase: 'requests',
    description: 'reject a request that was never made, after the first unchoke',
    start: () =>
      afterUnchoke(() => [sendMessage({ type: 'reject', piece: 13, begin: 0x0d10_0000, length: 16_384 })]),
  },
  {
    name: 'close-after',
    phase: 'requests',
    description: 'close the connection after N blocks',
    argument: BLOCKS,
    start: (count) => after(count, () => [{ type: 'close', how: 'end' }]),
  },
  {
    name: 'reset-after',
    phase: 'requests',
    description: 'reset the connection after N blocks',
    argument: BLOCKS,
    start: (count) => after(count, () => [{ type: 'close', how: 'abort' }]),
  },
  {
    name: 'stall-after',
    phase: 'requests',
    description: 'send nothing more after N blocks, and keep the connection open',
    argument: BLOCKS,
    start: (count) => after(count, () => [{ type: 'stall' }]),
  },
  {
    name: 'cut-block',
    phase: 'requests',
    description: 'close the connection in the middle of the block after N blocks',
    argument: BLOCKS,
    start: (count) =>
      after(count, (message) => {
        const bytes = encodeMessage(message)
        return [
          { type: 'raw', bytes: bytes.subarray(0, bytes.length >> 1) },
          { type: 'close', how: 'end' },
        ]
      }),
  },
]

function changed(replace: (message: Piece) => readonly FaultAction[]): RunningFault {
  return insteadOf('piece', replace)
}

/** Serves `count` blocks, then runs `then` instead of sending the next one. */
function after(count: number, then: (message: Piece) => readonly FaultAction[]): RunningFault {
  let served = 0
  return changed((message) => (served++ < count ? [sendMessage(message)] : then(message)))
}

function corrupted(message: Piece): Piece {
  return { ...message, block: withFlippedBit(message.block, message.block.length >> 1) }
}
