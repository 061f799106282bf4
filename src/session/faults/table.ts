import { PeerError } from '../../base/errors.ts'
import { parseSize } from '../../base/size.ts'
import { decodeUtpPacket, encodeUtpPacket } from '../../wire/utp/packet.ts'
import { combineMisbehaviour, type MseMisbehaviour } from '../mse/misbehaviour.ts'
import { AVAILABILITY_FAULTS } from './availability-faults.ts'
import { BLOCK_FAULTS } from './block-faults.ts'
import { CHOKING_FAULTS } from './choking-faults.ts'
import { EXTENSION_FAULTS } from './extension-faults.ts'
import { ENCRYPTION_FAULTS } from './encryption-faults.ts'
import type {
  EncryptionFault,
  Fault,
  FaultAction,
  FaultContext,
  PacketFault,
  PacketFilter,
  RunningFault,
  StreamFault,
  WireUnit,
} from './fault.ts'
import { HANDSHAKE_FAULTS } from './handshake-faults.ts'
import { MESSAGE_FAULTS } from './message-faults.ts'
import { METADATA_FAULTS } from './metadata-faults.ts'
import { UTP_FAULTS } from './utp-faults.ts'

/** All faults: first those of the stream, in the order of a session, then those of the layers below it. */
export const FAULTS: readonly Fault[] = [
  ...HANDSHAKE_FAULTS,
  ...EXTENSION_FAULTS,
  ...AVAILABILITY_FAULTS,
  ...CHOKING_FAULTS,
  ...BLOCK_FAULTS,
  ...METADATA_FAULTS,
  ...MESSAGE_FAULTS,
  ...ENCRYPTION_FAULTS,
  ...UTP_FAULTS,
]

/** A fault with its argument. */
export interface ChosenFault<Kind extends Fault = Fault> {
  readonly fault: Kind
  readonly argument: number
}

/** Chosen faults by layer: packets, encryption handshake, stream. */
export interface SortedFaults {
  readonly packets: readonly ChosenFault<PacketFault>[]
  readonly encryption: readonly ChosenFault<EncryptionFault>[]
  readonly stream: readonly ChosenFault<StreamFault>[]
}

export function sortFaults(faults: readonly ChosenFault[]): SortedFaults {
  const packets: ChosenFault<PacketFault>[] = []
  const encryption: ChosenFault<EncryptionFault>[] = []
  const stream: ChosenFault<StreamFault>[] = []
  for (const { fault, argument } of faults) {
    if (fault.phase === 'utp') packets.push({ fault, argument })
    else if (fault.phase === 'encryption') encryption.push({ fault, argument })
    else stream.push({ fault, argument })
  }
  return { packets, encryption, stream }
}

/**
 * Reads `NAME` or `NAME=NUMBER`; a number may end in KiB, MiB or GiB.
 * @throws PeerError E_USAGE
 */
export function parseFault(text: string): ChosenFault {
  const [name = '', value] = text.split('=', 2)
  const fault = FAULTS.find((known) => known.name === name)
  if (fault === undefined)
    throw new PeerError('E_USAGE', `unknown fault "${name.slice(0, 40)}"`, {
      hint: 'use --fault help for a list',
    })
  const { argument } = fault
  if (value === undefined) return { fault, argument: argument?.default ?? 0 }
  if (argument === undefined)
    throw new PeerError('E_USAGE', `the fault ${name} takes no argument`, { hint: `use --fault ${name}` })
  const number = parseSize(value) ?? Number.NaN
  if (number >= argument.min && number <= argument.max) return { fault, argument: number }
  throw new PeerError('E_USAGE', `the fault ${name} cannot take "${value.slice(0, 40)}"`, {
    hint: `use a number of ${argument.unit} from ${argument.min} to ${argument.max}`,
  })
}

/** The inverse of `parseFault`; a default argument is written out. */
export function renderFault({ fault, argument }: ChosenFault): string {
  return fault.argument === undefined ? fault.name : `${fault.name}=${argument}`
}

/** Several faults on one connection, applied in order: each gets what the one before it would send. */
export class FaultChain {
  readonly #running: readonly RunningFault[]

  constructor(faults: readonly ChosenFault<StreamFault>[], context: FaultContext) {
    this.#running = faults.map(({ fault, argument }) => fault.start(argument, context))
  }

  connected(): readonly FaultAction[] {
    return this.#running.flatMap((fault) => fault.connected?.() ?? [])
  }

  outgoing(unit: WireUnit): readonly FaultAction[] {
    return this.#running.reduce<readonly FaultAction[]>(
      (actions, { outgoing }) =>
        outgoing === undefined
          ? actions
          : actions.flatMap((action) => (action.type === 'send' ? outgoing(action.unit) : [action])),
      [{ type: 'send', unit }],
    )
  }
}

/** Several faults in one encryption handshake. */
export function chainMisbehaviour(faults: readonly ChosenFault<EncryptionFault>[]): MseMisbehaviour {
  return combineMisbehaviour(faults.map(({ fault, argument }) => fault.start(argument)))
}

/** Several faults on the packets of one uTP connection, applied in order. Raw bytes from one are not changed by the next. */
export function chainPackets(
  faults: readonly ChosenFault<PacketFault>[],
  random: () => number,
): (datagram: Uint8Array) => readonly Uint8Array[] {
  const filters = faults.map(({ fault, argument }) => fault.start(argument, random))
  return (datagram) => {
    const decoded = decodeUtpPacket(datagram)
    if (!decoded.ok) return [datagram]
    const sent = filters.reduce<ReturnType<PacketFilter>>(
      (packets, filter) =>
        packets.flatMap((packet) => (packet instanceof Uint8Array ? [packet] : filter(packet))),
      [decoded.packet],
    )
    return sent.map((packet) => (packet instanceof Uint8Array ? packet : encodeUtpPacket(packet)))
  }
}

/** A reproducible random number generator: 0 <= x < 1, the same sequence for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
