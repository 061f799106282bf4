import { encodeHandshake } from '../../wire/handshake/handshake.ts'
import { encodeMessage } from '../../wire/message/message.ts'
import {
  afterAvailability,
  afterUnchoke,
  type StreamFault,
  type FaultAction,
  type RunningFault,
  sendMessage,
  sendRaw,
  type WireUnit,
} from './fault.ts'

export const MESSAGE_FAULTS: readonly StreamFault[] = [
  {
    name: 'giant-frame',
    phase: 'framing',
    description: 'announce a message of 2 GiB, with the highest bit of its length set',
    start: () => afterAvailability(() => [sendRaw(0x80, 0, 0, 0)]),
  },
  {
    name: 'large-frame',
    phase: 'framing',
    description: 'announce a block of N bytes, and send none of them',
    argument: { unit: 'bytes', default: 0x7fff_ffff, min: 9, max: 0xffff_ffff },
    start: (length) =>
      afterAvailability(() => [
        sendRaw(length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255, 7),
      ]),
  },
  {
    name: 'unknown-message',
    phase: 'framing',
    description: 'send a message with an id that no BEP defines',
    argument: { unit: 'id', default: 99, min: 24, max: 255 },
    start: (id) =>
      afterAvailability(() => [sendMessage({ type: 'unknown', id, payload: new Uint8Array(4) })]),
  },
  {
    name: 'short-have',
    phase: 'framing',
    description: 'send a have message with three bytes of payload',
    start: () => afterAvailability(() => [sendRaw(0, 0, 0, 4, 4, 0, 0, 0)]),
  },
  {
    name: 'keep-alive-flood',
    phase: 'framing',
    description: 'send N keep-alives at once',
    argument: { unit: 'messages', default: 10_000, min: 1, max: 10_000_000 },
    start: (count) => afterAvailability(() => [{ type: 'raw', bytes: new Uint8Array(4 * count) }]),
  },
  {
    name: 'garbage',
    phase: 'framing',
    description: 'send N random bytes after the first unchoke',
    argument: { unit: 'bytes', default: 65_536, min: 1, max: 16 * 1024 * 1024 },
    start: (length, { random }) =>
      afterUnchoke(() => [
        { type: 'raw', bytes: Uint8Array.from({ length }, () => Math.floor(random() * 256)) },
      ]),
  },
  {
    name: 'fragment',
    phase: 'framing',
    description: 'send everything in chunks of N bytes (legal)',
    argument: { unit: 'bytes', default: 1, min: 1, max: 65_536 },
    start: (size) => cut(size, () => 0),
  },
  {
    name: 'slow',
    phase: 'framing',
    description: 'send N bytes per second',
    argument: { unit: 'bytes', default: 1024, min: 1, max: 1_000_000_000 },
    start: (rate) => cut(Math.max(1, Math.ceil(rate / 10)), (length) => (length * 1000) / rate),
  },
  {
    name: 'delay',
    phase: 'framing',
    description: 'wait N milliseconds before every message',
    argument: { unit: 'ms', default: 1000, min: 0, max: 3_600_000 },
    start: (ms) => ({
      outgoing: (unit) => [
        { type: 'wait', ms },
        { type: 'send', unit },
      ],
    }),
  },
]

/** Sends everything in parts, with a pause after each. */
function cut(size: number, pauseMs: (length: number) => number): RunningFault {
  return {
    outgoing: (unit) => {
      const bytes = encodeUnit(unit)
      const actions: FaultAction[] = []
      for (let at = 0; at < bytes.length; at += size) {
        const part = bytes.subarray(at, at + size)
        actions.push({ type: 'raw', bytes: part }, { type: 'wait', ms: pauseMs(part.length) })
      }
      return actions
    },
  }
}

/** The bytes of a unit as an honest peer sends them. */
export function encodeUnit(unit: WireUnit): Uint8Array {
  return unit.type === 'handshake' ? encodeHandshake(unit.handshake) : encodeMessage(unit.message)
}
