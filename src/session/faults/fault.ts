import type { MseMisbehaviour } from '../mse/misbehaviour.ts'
import type { Handshake } from '../../wire/handshake/handshake.ts'
import { isAvailability, type Message } from '../../wire/message/message.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import type { UtpPacket } from '../../wire/utp/packet.ts'

/** Something of the stream: what we are about to send, or what the peer has sent. */
export type WireUnit =
  | { readonly type: 'handshake'; readonly handshake: Handshake }
  | { readonly type: 'message'; readonly message: Message }

/** What a misbehaving peer does, one thing after the other. */
export type FaultAction =
  | { readonly type: 'send'; readonly unit: WireUnit }
  /** Bytes that no codec makes. */
  | { readonly type: 'raw'; readonly bytes: Uint8Array }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'close'; readonly how: 'end' | 'abort' }
  /** Sends nothing more, and keeps the connection. */
  | { readonly type: 'stall' }

/** What faults may look at. */
export interface FaultContext {
  readonly metainfo: Metainfo
  /** 0 to 1, the same numbers for the same seed. */
  readonly random: () => number
  /** The peer's handshake, once it has come. */
  readonly peerHandshake: () => Handshake | undefined
}

/** One fault on one connection. */
export interface RunningFault {
  /** Done as soon as the connection is there. */
  readonly connected?: () => readonly FaultAction[]
  /** Done in place of sending a unit; not called for what another fault sends raw. */
  readonly outgoing?: (unit: WireUnit) => readonly FaultAction[]
}

export interface FaultArgument {
  /** What it counts, e.g. `blocks`. */
  readonly unit: string
  readonly default: number
  readonly min: number
  readonly max: number
}

interface FaultDescription {
  readonly name: string
  /** One line, beginning with a verb. */
  readonly description: string
  readonly argument?: FaultArgument
}

/** Something that is done to the stream of a connection, above its encryption. */
export interface StreamFault extends FaultDescription {
  /** Where on the way to data it shows. */
  readonly phase:
    'handshake' | 'framing' | 'availability' | 'choking' | 'requests' | 'extension' | 'metadata' | 'hashes'
  /** Acts as soon as the connection is there, before the peer has sent anything. */
  readonly atOnce?: true
  readonly start: (argument: number, context: FaultContext) => RunningFault
}

/** Something that is done in answering an encryption handshake; a peer that speaks plaintext sees nothing of it. */
export interface EncryptionFault extends FaultDescription {
  readonly phase: 'encryption'
  readonly start: (argument: number) => MseMisbehaviour
}

/** Something that is done to the packets of an accepted uTP connection; over TCP nothing of it is seen. */
export interface PacketFault extends FaultDescription {
  readonly phase: 'utp'
  /** @param random as `FaultContext.random` */
  readonly start: (argument: number, random: () => number) => PacketFilter
}

/** Datagrams to send in place of one of our packets: as it is, changed, several, none. */
export type PacketFilter = (packet: UtpPacket) => readonly (UtpPacket | Uint8Array)[]

/** A way to misbehave on purpose, told from the others by its phase. */
export type Fault = StreamFault | EncryptionFault | PacketFault

export function sendMessage(message: Message): FaultAction {
  return { type: 'send', unit: { type: 'message', message } }
}

export function sendRaw(...bytes: readonly number[]): FaultAction {
  return { type: 'raw', bytes: Uint8Array.from(bytes) }
}

/** A fault that does something else in place of messages of one type. */
export function insteadOf<Type extends Message['type']>(
  type: Type,
  replace: (message: Extract<Message, { readonly type: Type }>) => readonly FaultAction[],
): RunningFault {
  return {
    outgoing: (unit) =>
      unit.type === 'message' && unit.message.type === type
        ? replace(unit.message as Extract<Message, { readonly type: Type }>)
        : [{ type: 'send', unit }],
  }
}

/** A fault that does something else in place of our handshake. */
export function insteadOfHandshake(replace: (handshake: Handshake) => readonly FaultAction[]): RunningFault {
  return {
    outgoing: (unit) => (unit.type === 'handshake' ? replace(unit.handshake) : [{ type: 'send', unit }]),
  }
}

/** A fault that adds something once, behind the message that says what we have. */
export function afterAvailability(add: () => readonly FaultAction[]): RunningFault {
  return behindFirst((message) => isAvailability(message), add)
}

/** A fault that adds something once, behind our first *unchoke*. */
export function afterUnchoke(add: () => readonly FaultAction[]): RunningFault {
  return behindFirst((message) => message.type === 'unchoke', add)
}

/** A copy with one bit of one byte turned over. */
export function withFlippedBit(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice()
  if (at < changed.length) changed[at] = (changed[at] as number) ^ 1
  return changed
}

function behindFirst(isIt: (message: Message) => boolean, add: () => readonly FaultAction[]): RunningFault {
  let done = false
  return {
    outgoing: (unit) => {
      const isFirst = !done && unit.type === 'message' && isIt(unit.message)
      done ||= isFirst
      return isFirst ? [{ type: 'send', unit }, ...add()] : [{ type: 'send', unit }]
    },
  }
}
