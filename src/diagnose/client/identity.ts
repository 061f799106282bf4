import { decodeUtf8, fromHex } from '../../base/bytes.ts'
import type { TraceStep } from '../../trace/transfers.ts'
import { parseClientName } from '../../wire/peer-id/client-name.ts'
import { decodePeerId } from '../../wire/peer-id/peer-id.ts'
import { Behaviour } from './behaviour.ts'
import { FAMILIES, type FamilyName, familyOf } from './family.ts'
import { TRAITS } from './table.ts'
import { SteppedHandshake } from './stepped-handshake.ts'
import type { Trait } from './trait.ts'
import { against, type BehaviourVerdict, type TraitSeen, weigh } from './verdict.ts'

/** What a peer calls itself, and what it behaves like. Names are untrusted text: escape them before you print them. */
export interface Identity {
  /** The client that its peer id names; undefined if it names none that is known. */
  readonly byPeerId: string | undefined
  /** The client that the `v` of its extension handshake names. */
  readonly byVersionString: string | undefined
  /** The client that its behaviour fits, whatever it calls itself; undefined if that cannot be told. */
  readonly byBehaviour: BehaviourVerdict | undefined
  /** Set if it calls itself a client that it cannot be. */
  readonly conflict: IdentityConflict | undefined
}

/** A name that does not fit the behaviour. */
export interface IdentityConflict {
  readonly by: 'peer id' | 'v'
  readonly client: string
  /** What it behaves like instead. */
  readonly family: FamilyName
  /** What this client does not do, the strongest trait first. */
  readonly evidence: readonly TraitSeen[]
}

/**
 * Identifies the client of one peer from the events of one or more connections to it. Evidence of earlier connections counts as
 * long as the address and the client that the peer id names stay the same.
 */
export class ClientIdentity {
  /** Traits of earlier connections with a handshake, and of those without one: the latter can be with another client, for TCP and uTP. */
  readonly #named = new Map<Trait, string>()
  readonly #nameless = new Map<Trait, string>()
  #behaviour = new Behaviour(undefined)
  /** What the behaviour shows; undefined when it has changed since. */
  #shown: ReadonlyMap<Trait, string> | undefined = NO_TRAITS
  #pieceCount: number | undefined
  #address: string | undefined
  #byPeerId: string | null | undefined
  #byVersionString: string | undefined
  /** Set on a connection on which we send our handshake in parts. */
  #stepped: SteppedHandshake | undefined
  #isStepped = false

  step(event: TraceStep): void {
    switch (event.type) {
      case 'target':
        this.#pieceCount = event.pieceCount ?? undefined
        break
      case 'attempt':
        this.#turnTo(event.address ?? undefined)
        return
      case 'probe':
        this.#isStepped = event.how === 'steps'
        return
      case 'raw':
        this.#answer(event)
        return
      case 'connected':
        this.#connect()
        break
      case 'received':
        if (event.what === 'handshake') this.#name(event.handshake.peerId)
        break
      default:
    }
    this.#behaviour.step(event)
    this.#shown = undefined
  }

  identity(): Identity {
    const named = this.#behaviour.isNamed ? merged(this.#named, this.#traits()) : this.#named
    const byPeerId = this.#byPeerId ?? undefined
    const byVersionString = this.#versionString()
    return {
      byPeerId,
      byVersionString,
      byBehaviour: weigh(this.#seen()),
      conflict: conflictBetween({ byPeerId, byVersionString }, named),
    }
  }

  /** A name that does not fit, if the last connection alone proves it. */
  conflictNow(): IdentityConflict | undefined {
    if (!this.#behaviour.isNamed) return undefined
    const byPeerId = this.#byPeerId ?? undefined
    const byVersionString = parseClientName(versionText(this.#behaviour) ?? '')?.client
    return conflictBetween({ byPeerId, byVersionString }, this.#traits())
  }

  /** Every trait that the peer showed, whichever client it speaks for. */
  traits(): readonly TraitSeen[] {
    return Array.from(this.#seen(), ([{ id }, text]) => ({ id, text }))
  }

  #seen(): ReadonlyMap<Trait, string> {
    return merged(this.#nameless, this.#named, this.#traits())
  }

  #traits(): ReadonlyMap<Trait, string> {
    this.#shown ??= traitsOf(this.#behaviour)
    return this.#shown
  }

  #newBehaviour(): void {
    this.#behaviour = new Behaviour(this.#pieceCount)
    this.#shown = NO_TRAITS
  }

  /** Another address can be another machine. */
  #turnTo(address: string | undefined): void {
    if (this.#address === address) return
    this.#address = address
    this.#forget()
  }

  #connect(): void {
    this.#byVersionString = this.#versionString()
    this.#stepped = this.#isStepped ? new SteppedHandshake() : undefined
    this.#isStepped = false
    const traits = this.#behaviour.isNamed ? this.#named : this.#nameless
    for (const [trait, text] of this.#traits()) traits.set(trait, text)
    this.#newBehaviour()
  }

  #answer(raw: Extract<TraceStep, { readonly type: 'raw' }>): void {
    const handshake = this.#stepped?.step(raw)
    if (handshake === undefined) return
    this.#name(handshake.peerId)
    this.#behaviour.answered(handshake, this.#stepped?.answeredAfter ?? 0)
    this.#shown = undefined
  }

  /** Another name can be another client at the same address. */
  #name(peerId: string): void {
    const { client } = decodePeerId(fromHex(peerId))
    if (this.#byPeerId !== undefined && this.#byPeerId !== client) {
      this.#named.clear()
      this.#byVersionString = undefined
    }
    this.#byPeerId = client
  }

  #forget(): void {
    this.#named.clear()
    this.#nameless.clear()
    this.#newBehaviour()
    this.#byPeerId = undefined
    this.#byVersionString = undefined
  }

  #versionString(): string | undefined {
    const text = versionText(this.#behaviour)
    return text === undefined ? this.#byVersionString : parseClientName(text)?.client
  }
}

/** Of a behaviour before the first event. */
const NO_TRAITS: ReadonlyMap<Trait, string> = new Map()

function traitsOf(behaviour: Behaviour): ReadonlyMap<Trait, string> {
  const seen = new Map<Trait, string>()
  for (const trait of TRAITS) {
    const text = trait.see(behaviour)
    if (text !== undefined && text !== false) seen.set(trait, text)
  }
  return seen
}

/** Later ones win. */
function merged(...all: readonly ReadonlyMap<Trait, string>[]): ReadonlyMap<Trait, string> {
  const filled = all.filter(({ size }) => size > 0)
  const [first = NO_TRAITS] = filled
  return filled.length <= 1 ? first : new Map(filled.flatMap((one) => [...one]))
}

function versionText({ extensionHandshake }: Behaviour): string | undefined {
  const bytes = extensionHandshake?.clientBytes
  return bytes && decodeUtf8(bytes)
}

function conflictBetween(
  { byPeerId, byVersionString }: Pick<Identity, 'byPeerId' | 'byVersionString'>,
  seen: ReadonlyMap<Trait, string>,
): IdentityConflict | undefined {
  return conflictOf('peer id', byPeerId, seen) ?? conflictOf('v', byVersionString, seen)
}

/** Nothing unless the behaviour is likely that of another client, and this one has never been seen to behave like that. */
function conflictOf(
  by: IdentityConflict['by'],
  client: string | undefined,
  seen: ReadonlyMap<Trait, string>,
): IdentityConflict | undefined {
  const family = client === undefined ? undefined : familyOf(client)
  if (client === undefined || family === undefined || !FAMILIES[family].isMeasured) return undefined
  const behaviour = weigh(seen)
  if (behaviour?.confidence !== 'likely' || behaviour.family === family) return undefined
  const evidence = against(family, seen)
  return evidence.length === 0 ? undefined : { by, client, family: behaviour.family, evidence }
}
