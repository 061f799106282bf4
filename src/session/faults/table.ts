import { PeerError } from '../../base/errors.ts'
import { AVAILABILITY_FAULTS } from './availability-faults.ts'
import { BLOCK_FAULTS } from './block-faults.ts'
import { CHOKING_FAULTS } from './choking-faults.ts'
import { EXTENSION_FAULTS } from './extension-faults.ts'
import type { Fault, FaultAction, FaultContext, RunningFault, WireUnit } from './fault.ts'
import { HANDSHAKE_FAULTS } from './handshake-faults.ts'
import { MESSAGE_FAULTS } from './message-faults.ts'
import { METADATA_FAULTS } from './metadata-faults.ts'

/** Every way to misbehave, in the order in which a connection goes. */
export const FAULTS: readonly Fault[] = [
  ...HANDSHAKE_FAULTS,
  ...EXTENSION_FAULTS,
  ...AVAILABILITY_FAULTS,
  ...CHOKING_FAULTS,
  ...BLOCK_FAULTS,
  ...METADATA_FAULTS,
  ...MESSAGE_FAULTS,
]

/** A fault with its argument. */
export interface ChosenFault {
  readonly fault: Fault
  readonly argument: number
}

const UNITS: { readonly [suffix: string]: number } = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/**
 * Reads `NAME` or `NAME=NUMBER`; a number may end in KiB, MiB or GiB.
 * @throws PeerError E_USAGE
 */
export function parseFault(text: string): ChosenFault {
  const [name = '', value] = text.split('=', 2)
  const fault = FAULTS.find((known) => known.name === name)
  if (fault === undefined)
    throw new PeerError('E_USAGE', `there is no fault "${name.slice(0, 40)}"`, {
      hint: 'type --fault help for the list',
    })
  const { argument } = fault
  if (value === undefined) return { fault, argument: argument?.default ?? 0 }
  if (argument === undefined)
    throw new PeerError('E_USAGE', `the fault ${name} takes no argument`, { hint: `type --fault ${name}` })
  const [, digits, suffix = ''] = /^(\d{1,16})(KiB|MiB|GiB)?$/.exec(value) ?? []
  const number = Number(digits) * (UNITS[suffix] ?? Number.NaN)
  if (number >= argument.min && number <= argument.max) return { fault, argument: number }
  throw new PeerError('E_USAGE', `the fault ${name} cannot take "${value.slice(0, 40)}"`, {
    hint: `type a number of ${argument.unit} from ${argument.min} to ${argument.max}`,
  })
}

/** The inverse of `parseFault`, with the argument written out. */
export function renderFault({ fault, argument }: ChosenFault): string {
  return fault.argument === undefined ? fault.name : `${fault.name}=${argument}`
}

/** Several faults on one connection, one after the other: each sees what those before it would send. */
export class FaultChain {
  readonly #running: readonly RunningFault[]

  constructor(faults: readonly ChosenFault[], context: FaultContext) {
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

/** Random numbers of a seed, 0 to 1: the same ones every time (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
