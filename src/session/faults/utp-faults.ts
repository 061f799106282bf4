import { encodeUtpPacket, UTP_HEADER_LENGTH, type UtpPacket } from '../../wire/utp/packet.ts'
import { addSequence } from '../../wire/utp/sequence.ts'
import type { PacketFault, PacketFilter } from './fault.ts'

const PACKETS = { unit: 'packets', default: 3, min: 0, max: 1_000_000_000 } as const

export const UTP_FAULTS: readonly PacketFault[] = [
  {
    name: 'utp-silent',
    phase: 'utp',
    description: 'do not answer a SYN',
    start: () => () => [],
  },
  {
    name: 'utp-refuse',
    phase: 'utp',
    description: 'answer a SYN with a RESET',
    start: () => (packet) => [bare(packet, 'reset')],
  },
  {
    name: 'utp-version',
    phase: 'utp',
    description: 'set the version to 2 in every header',
    start: () => (packet) => {
      const bytes = encodeUtpPacket(packet)
      bytes[0] = ((bytes[0] as number) & 0xf0) | 2
      return [bytes]
    },
  },
  {
    name: 'utp-endless-chain',
    phase: 'utp',
    description: 'send headers with an extension that runs past the end of the datagram',
    start: () => (packet) => {
      const header = encodeUtpPacket(packet).subarray(0, UTP_HEADER_LENGTH)
      return [withExtension(header, 255, 0)]
    },
  },
  {
    name: 'utp-unknown-extension',
    phase: 'utp',
    description: 'put an unknown extension first (legal)',
    start: () => (packet) => [withExtension(encodeUtpPacket(packet), 4, 4)],
  },
  {
    name: 'utp-wrong-id',
    phase: 'utp',
    description: 'answer with another connection id',
    start: () => (packet) => [{ ...packet, connectionId: addSequence(packet.connectionId, 7) }],
  },
  {
    name: 'utp-wrong-ack',
    phase: 'utp',
    description: 'acknowledge N packets more than the peer has sent, after the answer to its SYN',
    argument: { unit: 'packets', default: 1000, min: 1, max: 0x7fff },
    start: (count) => {
      let isFirst = true
      return (packet) => {
        if (!isFirst) return [{ ...packet, acknowledged: addSequence(packet.acknowledged, count) }]
        isFirst = false
        return [packet]
      }
    },
  },
  {
    name: 'utp-window',
    phase: 'utp',
    description: 'always advertise a receive window of N bytes',
    argument: { unit: 'bytes', default: 0, min: 0, max: 0xffff_ffff },
    start: (windowSize) => (packet) => [{ ...packet, windowSize }],
  },
  {
    name: 'utp-drop',
    phase: 'utp',
    description: 'drop N percent of all packets, at random (as networks do)',
    argument: { unit: 'percent', default: 20, min: 1, max: 100 },
    start: (percent, random) => (packet) => (random() * 100 < percent ? [] : [packet]),
  },
  {
    name: 'utp-duplicate',
    phase: 'utp',
    description: 'send every packet twice (as networks do)',
    start: () => (packet) => [packet, packet],
  },
  {
    name: 'utp-reorder',
    phase: 'utp',
    description: 'hold back data packets at random, and send each after the next (as networks do)',
    start: (_argument, random) => reorder(random),
  },
  {
    name: 'utp-fin',
    phase: 'utp',
    description: 'send a FIN instead of more data after N data packets',
    argument: PACKETS,
    start: (count) => insteadOfData(count, (packet) => [bare(packet, 'fin')], true),
  },
  {
    name: 'utp-reset',
    phase: 'utp',
    description: 'send a RESET instead of more data after N data packets',
    argument: PACKETS,
    start: (count) => insteadOfData(count, (packet) => [bare(packet, 'reset')], false),
  },
  {
    name: 'utp-vanish',
    phase: 'utp',
    description: 'send nothing more after N data packets, as if the network were down',
    argument: PACKETS,
    start: (count) => insteadOfData(count, () => [], false),
  },
]

/** A packet of another type with the numbers of one of ours, to replace it. */
function bare(packet: UtpPacket, type: UtpPacket['type']): UtpPacket {
  return { ...packet, type, selectiveAck: undefined, payload: new Uint8Array() }
}

/** An encoded packet with an extension of zeros before its others, and the length that it claims. Type 77 is unassigned. */
function withExtension(packet: Uint8Array, saidLength: number, length: number): Uint8Array {
  const bytes = new Uint8Array(packet.length + 2 + length)
  bytes.set(packet.subarray(0, UTP_HEADER_LENGTH))
  bytes[1] = 77
  bytes[UTP_HEADER_LENGTH] = packet[1] as number
  bytes[UTP_HEADER_LENGTH + 1] = saidLength
  bytes.set(packet.subarray(UTP_HEADER_LENGTH), UTP_HEADER_LENGTH + 2 + length)
  return bytes
}

/** Lets `count` data packets through, calls `then` once, and sends nothing more, except acknowledgements if asked to. */
function insteadOfData(
  count: number,
  then: (packet: UtpPacket) => readonly UtpPacket[],
  acknowledges: boolean,
): PacketFilter {
  let last: number | undefined
  let seen = 0
  return (packet) => {
    if (last !== undefined) {
      // ours is a FIN, which may have to be sent again
      if (packet.type === 'data' && packet.sequenceNumber === last) return then(packet)
      return acknowledges && packet.type === 'state' ? [packet] : []
    }
    if (packet.type !== 'data' || seen++ < count) return [packet]
    last = packet.sequenceNumber
    return then(packet)
  }
}

/** A packet that is held when nothing follows is resent by its sender, which pushes the held one out. */
function reorder(random: () => number): PacketFilter {
  let held: UtpPacket | undefined
  return (packet) => {
    if (packet.type !== 'data') return [packet]
    if (held !== undefined) {
      const late = held
      held = undefined
      return [packet, late]
    }
    if (random() < 0.5) return [packet]
    held = packet
    return []
  }
}
