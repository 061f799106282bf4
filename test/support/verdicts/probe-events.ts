import type { TraceEvent, TraceMessage } from '../../../src/trace/event.ts'
import type { MetadataOutcome } from '../../../src/trace/metadata.ts'

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { readonly type: Type }>

const NAME = Buffer.from('\u0013BitTorrent protocol').toString('hex')

/** The parts of a handshake that are compared, in hex. */
interface Handshake {
  readonly infoHash: string
  readonly peerId: string
}

/** One connection that was made to learn something: its events, from `probe` to `ended`. */
export class ProbeEvents {
  readonly #events: readonly TraceEvent[]

  constructor(events: readonly TraceEvent[]) {
    this.#events = events
  }

  /** What it was for. */
  get plan(): Of<'probe'> | undefined {
    return this.#events.find((event): event is Of<'probe'> => event.type === 'probe')
  }

  get how(): string {
    return this.plan?.how ?? ''
  }

  /** Whether it is a session for the torrent as ourselves, from the usual address. */
  get isOrdinary(): boolean {
    const { how, hash, identity, reserved, source } = this.plan ?? {}
    return (
      how === 'session' && hash === 'target' && identity === 'own' && reserved === 'usual' && source === null
    )
  }

  get isPlainTcp(): boolean {
    return this.isOrdinary && this.plan?.transport === 'tcp' && this.plan.variant === 'plaintext'
  }

  get attempt(): Of<'attempt'> | undefined {
    return this.#events.find((event): event is Of<'attempt'> => event.type === 'attempt')
  }

  get end(): Of<'closed'> | undefined {
    return this.#events.find((event): event is Of<'closed'> => event.type === 'closed')
  }

  get error(): Of<'ended'>['error'] {
    return this.#events.find((event): event is Of<'ended'> => event.type === 'ended')?.error ?? null
  }

  get system(): string | undefined {
    return this.#events.find((event): event is Of<'ended'> => event.type === 'ended')?.system
  }

  get isConnected(): boolean {
    return this.#events.some(({ type }) => type === 'connected' || type === 'closed')
  }

  step(step: string): boolean {
    return this.#events.some((event) => event.type === 'encryption' && event.step === step)
  }

  /** The first bytes of a direction, in hex. */
  raw(direction: 'sent' | 'received'): string {
    return this.#events
      .filter((event): event is Of<'raw'> => event.type === 'raw' && event.direction === direction)
      .map(({ bytes }) => bytes)
      .join('')
  }

  /** How many bytes we had sent when the first byte of the peer came. */
  get sentBefore(): number {
    const index = this.#events.findIndex((event) => event.type === 'raw' && event.direction === 'received')
    return this.#events
      .slice(0, index)
      .filter((event): event is Of<'raw'> => event.type === 'raw')
      .reduce((sum, { length }) => sum + length, 0)
  }

  get isClosedByPeer(): boolean {
    return this.end?.by === 'peer'
  }

  /** Bytes that came by its end. */
  get came(): number {
    return this.end?.bytesReceived ?? this.raw('received').length / 2
  }

  /** The handshake of a side, read by the session or among the raw bytes. */
  handshake(direction: 'sent' | 'received'): Handshake | undefined {
    for (const event of this.#events)
      if (event.type === direction && event.what === 'handshake') return event.handshake
    const raw = this.raw(direction)
    const isWhole = raw.startsWith(NAME) && raw.length >= 136
    return isWhole ? { infoHash: raw.slice(56, 96), peerId: raw.slice(96, 136) } : undefined
  }

  messages(direction: 'sent' | 'received'): readonly (TraceMessage & { readonly at: number })[] {
    return this.#events.flatMap((event) =>
      event.type === direction && event.what === 'message' ? [{ ...event.message, at: event.at }] : [],
    )
  }

  has(direction: 'sent' | 'received', ...types: readonly TraceMessage['type'][]): boolean {
    return this.messages(direction).some(({ type }) => types.includes(type))
  }

  /** The blocks that came and had been requested. */
  get blocks(): readonly { readonly length: number; readonly waitMs: number }[] {
    const answers = this.messages('received').flatMap((one) => (one.type === 'piece' ? [one] : []))
    return this.messages('sent').flatMap((asked) => {
      if (asked.type !== 'request') return []
      const answer = answers.find(
        ({ piece, begin, length }) =>
          piece === asked.piece && begin === asked.begin && length === asked.length,
      )
      return answer === undefined ? [] : [{ length: asked.length, waitMs: answer.at - asked.at }]
    })
  }

  /** Whether a piece was hashed with this result. */
  isVerified(good: boolean): boolean {
    return this.#events.some((event) => event.type === 'verified' && event.good === good)
  }

  /** Whether fetching the metadata ended in one of these ways. */
  isMetadata(...outcomes: readonly MetadataOutcome[]): boolean {
    return this.#events.some((event) => event.type === 'metadata' && outcomes.includes(event.outcome))
  }

  /** From the beginning to the connection, or to the end without one, in milliseconds. */
  get dialMs(): number {
    const begin = this.attempt?.at ?? 0
    const over = this.#events.find(({ type }) => type === 'connected') ?? this.#events.at(-1)
    return (over?.at ?? begin) - begin
  }

  /** From the connection to its close, in milliseconds. */
  get lastedMs(): number {
    const begin = this.#events.find(({ type }) => type === 'connected')
    return (this.end?.at ?? 0) - (begin?.at ?? 0)
  }

  /** From the last byte that was sent to the close, in milliseconds. */
  get closedAfterMs(): number {
    const last = this.#events.findLast(
      ({ type, ...event }) => type === 'sent' || ('direction' in event && event.direction === 'sent'),
    )
    return (this.end?.at ?? Number.POSITIVE_INFINITY) - (last?.at ?? 0)
  }

  /** From the handshake of the peer to the close, in milliseconds. */
  get sessionMs(): number {
    const begin = this.#events.find((event) => event.type === 'received' && event.what === 'handshake')
    return (this.end?.at ?? 0) - (begin?.at ?? 0)
  }
}

/** The connections of a whole trace, in their order. */
export function probesOf(events: readonly TraceEvent[]): readonly ProbeEvents[] {
  const starts = events.flatMap(({ type }, i) => (type === 'probe' ? [i] : []))
  return starts.map((start, i) => new ProbeEvents(events.slice(start, starts[i + 1])))
}
