import type { MseMisbehaviour } from '../mse/misbehaviour.ts'
import type { Handshake } from '../../wire/handshake/handshake.ts'
import { isAvailability, type Message } from '../../wire/message/message.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import type { UtpPacket } from '../../wire/utp/packet.ts'

/** One unit of the stream: about to be sent by us, or received from the peer. */
export type WireUnit =
  | { readonly type: 'handshake'; readonly handshake: Handshake }
  | { readonly type: 'message'; readonly message: Message }

/** One action of a misbehaving peer. Actions run in order. */
export type FaultAction =
  | { readonly type: 'send'; readonly unit: WireUnit }
  /** Bytes that no codec produces. */
  | { readonly type: 'raw'; readonly bytes: Uint8Array }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'close'; readonly how: 'end' | 'abort' }
  /** Sends nothing more, and keeps the connection open. */
  | { readonly type: 'stall' }

/** What a fault can use. */
export interface FaultContext {
  readonly metainfo: Metainfo
  /** Returns 0 <= x < 1; the same numbers for the same seed. */
  readonly random: () => number
  /** The peer's handshake, once it has come. */
  readonly peerHandshake: () => Handshake | undefined
}

/** One fault on one connection. */
export interface RunningFault {
  /** Runs as soon as the connection is established. */
  readonly connected?: () => readonly FaultAction[]
  /** Runs instead of sending a unit. Not called for raw bytes from another fault. */
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

/** Changes the stream of a connection, above its encryption. */
export interface StreamFault extends FaultDescription {
  /** The phase of the session in which it takes effect. */
  readonly phase:
    'handshake' | 'framing' | 'availability' | 'choking' | 'requests' | 'extension' | 'metadata' | 'hashes'
  /** Acts as soon as the connection is established, before the peer has sent anything. */
  readonly atOnce?: true
  readonly start: (argument: number, context: FaultContext) => RunningFault
}

/** Changes our answer to an encryption handshake. A peer that connects in plaintext does not notice it. */
export interface EncryptionFault extends FaultDescription {
  readonly phase: 'encryption'
  readonly start: (argument: number) => MseMisbehaviour
}

/** Changes the packets of an accepted uTP connection. It has no effect over TCP. */
export interface PacketFault extends FaultDescription {
  readonly phase: 'utp'
  /** @param random as `FaultContext.random` */
  readonly start: (argument: number, random: () => number) => PacketFilter
}

/** Returns the datagrams to send instead of one of our packets: unchanged, modified, several or none. */
export type PacketFilter = (packet: UtpPacket) => readonly (UtpPacket | Uint8Array)[]

/** A deliberate fault. Its `phase` is the discriminant. */
export type Fault = StreamFault | EncryptionFault | PacketFault

export function sendMessage(message: Message): FaultAction {
  return { type: 'send', unit: { type: 'message', message } }
}

export function sendRaw(...bytes: readonly number[]): FaultAction {
  return { type: 'raw', bytes: Uint8Array.from(bytes) }
}

/** A fault that replaces messages of one type. */
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

/** A fault that replaces our handshake. */
export function insteadOfHandshake(replace: (handshake: Handshake) => readonly FaultAction[]): RunningFault {
  return {
    outgoing: (unit) => (unit.type === 'handshake' ? replace(unit.handshake) : [{ type: 'send', unit }]),
  }
}

/** A fault that adds actions once, after the message that announces our pieces. */
export function afterAvailability(add: () => readonly FaultAction[]): RunningFault {
  return behindFirst((message) => isAvailability(message), add)
}

/** A fault that adds actions once, after our first *unchoke*. */
export function afterUnchoke(add: () => readonly FaultAction[]): RunningFault {
  return behindFirst((message) => message.type === 'unchoke', add)
}

/** A copy with one bit flipped in the byte at `at`. */
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
