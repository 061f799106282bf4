import { PeerError } from '../../base/errors.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import type { Probe } from '../../trace/probe.ts'
import type { SessionState } from '../../session/peer/state.ts'
import { tryMetadata } from '../metadata/fetch-metadata.ts'
import { isComplete, listenUntil, listenUntilQuiet } from '../session/listen.ts'
import { misfitError } from '../session/unavailable.ts'
import type { ProbeContext } from './context.ts'
import { FIRST_HAVE_MS, INTRODUCTION_MS, METADATA_MS, patience, SETTLE_MS } from './limits.ts'
import { fetchAndVerify } from './fetch-and-verify.ts'
import { requestSmallBlocks } from './small-requests.ts'

/**
 * What a probe does after both handshakes, as a client without pieces would: it listens, is interested in what the peer
 * claims, waits to be unchoked, and requests blocks.
 */
export class PoliteSession {
  readonly #connection: PeerConnection
  readonly #roundTripMs: number
  readonly #context: ProbeContext
  readonly #startedAt: number
  /** Set when the metadata of the peer does not have the info hash. */
  #wrongMetadata: PeerError | undefined

  constructor(connection: PeerConnection, roundTripMs: number, context: ProbeContext) {
    this.#connection = connection
    this.#roundTripMs = roundTripMs
    this.#context = context
    this.#startedAt = context.ports.clock.now()
  }

  /** @throws PeerError why it went no further */
  async run({ how, hash }: Pick<Probe, 'how' | 'hash'>): Promise<void> {
    const connection = this.#connection
    const { log } = this.#context
    // nobody has this torrent, so there is nothing to request
    if (hash === 'random') {
      await listenUntilQuiet(connection, log, this.#patience(SETTLE_MS), this.#deadline(INTRODUCTION_MS))
      return
    }
    await this.#introduction()
    await this.#metadata()
    await this.#claims()
    const request = { connection, roundTripMs: this.#roundTripMs, context: this.#context }
    await (how === 'small-requests' ? requestSmallBlocks(request) : fetchAndVerify(request))
    // what else can be learned comes first, and nothing proves the blocks
    if (this.#wrongMetadata !== undefined) throw this.#wrongMetadata
  }

  /** Listens to what the peer says about itself, and says *interested* once it claims something. */
  async #introduction(): Promise<void> {
    const connection = this.#connection
    await listenUntil(connection, isComplete, this.#deadline(INTRODUCTION_MS))
    if (claims(connection.state)) await connection.send({ type: 'interested' })
  }

  /** Fetches the metadata when it is unknown and on offer. The session goes on without it. */
  async #metadata(): Promise<void> {
    const { torrent, learn, ports, log } = this.#context
    const { clock } = ports
    const connection = this.#connection
    const isOffered = (connection.state.extensionHandshake?.extensions.get('ut_metadata') ?? 0) !== 0
    if (torrent().metainfo !== undefined || !isOffered) return
    const deadline = clock.now() + this.#patience(METADATA_MS)
    const fetched = await tryMetadata(connection, { ...torrent(), clock, log, deadline })
    if (fetched.outcome === 'verified') {
      learn(fetched.metainfo)
      log.know(torrent(), clock.now())
      return
    }
    if (connection.end !== undefined || connection.failure !== undefined) throw fetched.error
    if (fetched.outcome === 'hash-wrong') this.#wrongMetadata = fetched.error
  }

  /** Waits until the peer claims a piece, without *interested*: super-seeding clients do not serve the interested. */
  async #claims(): Promise<void> {
    const connection = this.#connection
    if (!(await listenUntil(connection, claims, this.#deadline(FIRST_HAVE_MS)))) {
      throw new PeerError('E_PIECE_UNAVAILABLE', 'the peer announces no piece', { phase: 'availability' })
    }
    const misfit = misfitError(connection.state.availability)
    if (misfit !== undefined) throw misfit
  }

  /** @param localMs since the handshake, on a local network */
  #deadline(localMs: number): number {
    return this.#startedAt + this.#patience(localMs)
  }

  #patience(localMs: number): number {
    return patience(localMs, this.#roundTripMs)
  }
}

function claims({ availability }: SessionState): boolean {
  return !availability.isEmpty
}
