import type { Handshake } from '../../wire/handshake.ts'
import type { Message } from '../../wire/message.ts'
import type { Metainfo } from '../../wire/metainfo.ts'

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

/** Where on the way to data a fault shows. */
export type FaultPhase =
  'handshake' | 'framing' | 'availability' | 'choking' | 'requests' | 'extension' | 'metadata' | 'hashes'

export interface FaultArgument {
  /** What it counts, e.g. `blocks`. */
  readonly unit: string
  readonly default: number
  readonly min: number
  readonly max: number
}

/** A way to misbehave on purpose. */
export interface Fault {
  readonly name: string
  readonly phase: FaultPhase
  /** One line, beginning with a verb. */
  readonly description: string
  readonly argument?: FaultArgument
  /** Acts as soon as the connection is there, before the peer has sent anything. */
  readonly atOnce?: true
  readonly start: (argument: number, context: FaultContext) => RunningFault
}

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

export function isAvailability({ type }: Message): boolean {
  return type === 'bitfield' || type === 'have-all' || type === 'have-none'
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
