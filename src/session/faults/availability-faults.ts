import { Bitfield } from '../../wire/bitfield.ts'
import { isAvailability, type Message } from '../../wire/message/message.ts'
import { afterAvailability, type StreamFault, type RunningFault, sendMessage } from './fault.ts'

export const AVAILABILITY_FAULTS: readonly StreamFault[] = [
  {
    name: 'no-availability',
    phase: 'availability',
    description: 'never announce which pieces we have',
    start: () => insteadOfAvailability(() => []),
  },
  {
    name: 'late-bitfield',
    phase: 'availability',
    description: 'announce which pieces we have only after the first unchoke',
    start: () => lateAvailability(),
  },
  {
    name: 'availability-twice',
    phase: 'availability',
    description: 'send have-all, then a bitfield as well',
    start: (_argument, { metainfo }) =>
      insteadOfAvailability(() => [
        { type: 'have-all' },
        { type: 'bitfield', bits: Bitfield.full(metainfo.pieceCount).toBytes() },
      ]),
  },
  {
    name: 'short-bitfield',
    phase: 'availability',
    description: 'send a bitfield without its last byte',
    start: (_argument, { metainfo }) =>
      insteadOfAvailability(() => [
        { type: 'bitfield', bits: Bitfield.full(metainfo.pieceCount).toBytes().slice(0, -1) },
      ]),
  },
  {
    name: 'long-bitfield',
    phase: 'availability',
    description: 'send a bitfield that is N bytes too long',
    argument: { unit: 'bytes', default: 1, min: 1, max: 1_000_000 },
    start: (extra, { metainfo }) =>
      insteadOfAvailability(() => {
        const full = Bitfield.full(metainfo.pieceCount).toBytes()
        const bits = new Uint8Array(full.length + extra)
        bits.set(full)
        return [{ type: 'bitfield', bits }]
      }),
  },
  {
    name: 'spare-bits',
    phase: 'availability',
    description: 'send a bitfield with all spare bits set',
    start: (_argument, { metainfo }) =>
      insteadOfAvailability(() => {
        const bits = new Uint8Array(Math.ceil(metainfo.pieceCount / 8)).fill(0xff)
        return [{ type: 'bitfield', bits }]
      }),
  },
  {
    name: 'wrong-bitfield',
    phase: 'availability',
    description: 'claim pieces at random, whether we have them or not',
    start: (_argument, { metainfo, random }) =>
      insteadOfAvailability(() => {
        const claimed = new Bitfield(metainfo.pieceCount)
        for (let piece = 0; piece < metainfo.pieceCount; piece++) if (random() < 0.5) claimed.set(piece)
        return [{ type: 'bitfield', bits: claimed.toBytes() }]
      }),
  },
  {
    name: 'claim-none',
    phase: 'availability',
    description: 'claim to have no pieces, and serve them anyway',
    start: (_argument, { metainfo }) =>
      insteadOfAvailability((message) =>
        message.type === 'bitfield'
          ? [{ type: 'bitfield', bits: new Uint8Array(Math.ceil(metainfo.pieceCount / 8)) }]
          : [{ type: 'have-none' }],
      ),
  },
  {
    name: 'have-out-of-range',
    phase: 'availability',
    description: 'announce a piece that the torrent does not have',
    start: (_argument, { metainfo }) =>
      afterAvailability(() => [sendMessage({ type: 'have', piece: metainfo.pieceCount })]),
  },
  {
    name: 'have-flood',
    phase: 'availability',
    description: 'send N have messages, announcing the same pieces again and again',
    argument: { unit: 'messages', default: 10_000, min: 1, max: 1_000_000 },
    start: (count, { metainfo }) =>
      afterAvailability(() =>
        Array.from({ length: count }, (_, i) =>
          sendMessage({ type: 'have', piece: i % metainfo.pieceCount }),
        ),
      ),
  },
  {
    name: 'fast-out-of-range',
    phase: 'availability',
    description: 'send allowed-fast and suggest for pieces that the torrent does not have',
    start: (_argument, { metainfo }) =>
      afterAvailability(() => [
        sendMessage({ type: 'allowed-fast', piece: metainfo.pieceCount }),
        sendMessage({ type: 'suggest', piece: 0xffff_ffff }),
      ]),
  },
]

function insteadOfAvailability(replace: (message: Message) => readonly Message[]): RunningFault {
  return {
    outgoing: (unit) =>
      unit.type === 'message' && isAvailability(unit.message)
        ? replace(unit.message).map((message) => sendMessage(message))
        : [{ type: 'send', unit }],
  }
}

function lateAvailability(): RunningFault {
  let held: Message | undefined
  return {
    outgoing: (unit) => {
      if (unit.type !== 'message') return [{ type: 'send', unit }]
      if (isAvailability(unit.message)) {
        held = unit.message
        return []
      }
      if (unit.message.type !== 'unchoke' || held === undefined) return [{ type: 'send', unit }]
      const late = held
      held = undefined
      return [{ type: 'send', unit }, sendMessage(late)]
    },
  }
}
