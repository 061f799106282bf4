import { extended } from '../../base/extended.ts'
import { isIP } from 'node:net'
import type { Dial } from '../../net/transport.ts'
import type { PeerDocument } from '../../report/model/scan.ts'
import { connect } from '../connect.ts'
import type { Ports } from '../ports.ts'
import { reach } from '../reach/reach.ts'
import { RECONNECT_PAUSE_MS } from '../session/next-attempt.ts'
import { isLocalLimit } from './local-limit.ts'
import { cachedResolve } from './name-cache.ts'
import type { BadLine, ListedPeer, ScanOptions } from './options.ts'
import { placeOf } from './place.ts'
import { type Placed, Schedule } from './schedule.ts'
import { Tally } from './tally.ts'

/** Most peers that are read from the list and do not run yet. */
const MAX_WAITING = 1024

interface Scheduled extends Placed {
  readonly listed: ListedPeer
}

/** Runs the peers of a scan as its schedule allows. */
export class ScanRun {
  readonly tally = new Tally()
  readonly #options: ScanOptions
  readonly #ports: Ports
  readonly #schedule: Schedule<Scheduled>
  /** Peers whose names are being looked up. */
  #naming = 0
  #unfinished = 0
  /** Ends everything: the signal of the ports, a bug, or output that fails. */
  readonly #stop = new AbortController()
  /** One for each session: adding and removing a listener of a shared signal walks along those of all sessions. */
  readonly #sessions = new Set<AbortController>()
  #failure: { readonly error: unknown } | undefined
  #waiters: (() => void)[] = []
  #cancelWake: (() => void) | undefined

  constructor(options: ScanOptions, ports: Ports & { readonly signal: AbortSignal }) {
    this.#options = options
    this.#schedule = new Schedule(options)
    this.#ports = {
      ...ports,
      resolve: cachedResolve(ports.resolve),
      // the scan has done it for all
      prepareDial: () => Promise.resolve(),
    }
    const stop = () => this.#end(ports.signal.reason)
    ports.signal.addEventListener('abort', stop, { once: true })
    if (ports.signal.aborted) stop()
  }

  /** Peers that were added and have no result. */
  get unfinished(): number {
    return this.#unfinished
  }

  /** Most peers at once. */
  get concurrency(): number {
    return this.#schedule.concurrency
  }

  /** Whether another peer may be added now. */
  get hasRoom(): boolean {
    return !this.#isStopped && this.#naming + this.#schedule.waiting < MAX_WAITING
  }

  /** Resolves when there is room for another peer, or the scan was stopped. @throws a bug, or what `onPeer` throws */
  async room(): Promise<void> {
    await this.#until(() => this.#isStopped || this.hasRoom)
  }

  /** Resolves when every peer has a result, or the scan was stopped and its sessions have ended. @throws as `room` */
  async idle(): Promise<void> {
    await this.#until(
      () =>
        this.#schedule.active === 0 &&
        (this.#isStopped || (this.#naming === 0 && this.#schedule.waiting === 0)),
    )
  }

  add(listed: ListedPeer): void {
    this.#unfinished++
    const { host, port } = listed.peer
    // a literal address needs no lookup, and a proxy resolves the names
    if (isIP(host) !== 0 || this.#options.session.proxy !== undefined)
      this.#place(listed, [placeOf(host, port)])
    else void this.#name(listed)
  }

  async refuse(bad: BadLine): Promise<void> {
    this.tally.addBadLine(bad)
    await this.#options.onBadLine?.(bad)
  }

  /** Aborted when the scan ends early. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  async #name(listed: ListedPeer): Promise<void> {
    this.#naming++
    const places = await this.#placesOf(listed)
    this.#naming--
    this.#place(listed, places)
  }

  /** @param places where the sessions with the peer connect to */
  #place(listed: ListedPeer, places: readonly string[]): void {
    this.#schedule.add({ listed, places })
    this.#startNext()
    this.#changed()
  }

  async #placesOf({ peer: { host, port } }: ListedPeer): Promise<readonly string[]> {
    const { resolve } = this.#ports
    const unresolved = [placeOf(host, port)]
    try {
      const found = await resolve(host, this.#options.session.family)
      return found.length === 0 ? unresolved : found.map(({ address }) => placeOf(address, port))
    } catch {
      // the session reports it
      return unresolved
    }
  }

  #startNext(): void {
    const { clock } = this.#ports
    while (!this.#isStopped) {
      const next = this.#schedule.take(clock.now())
      if (next === undefined) break
      void this.#run(next)
    }
    this.#cancelWake?.()
    const wakeAt = this.#isStopped ? undefined : this.#schedule.wakeAt(clock.now())
    this.#cancelWake = wakeAt === undefined ? undefined : clock.schedule(wakeAt, () => this.#startNext())
  }

  async #run(item: Scheduled): Promise<void> {
    const { clock } = this.#ports
    try {
      const { report, isLimited } = await this.#session(item.listed)
      const isRetried = isLimited && !this.#isStopped && this.#schedule.retry(item, clock.now())
      if (!isRetried) {
        // what was interrupted is not a result
        if (!this.#isStopped) await this.#finish(item.listed, report)
        // a connection that was not established needs no time to be forgotten
        this.#schedule.release(item, clock.now(), report.exitCode === 3 ? 0 : RECONNECT_PAUSE_MS)
      }
    } catch (error) {
      this.#failure ??= { error }
      this.#end(error)
      this.#schedule.release(item, clock.now(), 0)
    }
    this.#startNext()
    this.#changed()
  }

  async #finish({ line, label }: ListedPeer, found: PeerDocument): Promise<void> {
    const { check, onPeer } = this.#options
    const report = (await check?.(found)) ?? found
    this.#unfinished--
    this.tally.add(report)
    await onPeer?.(extended(report, { line, label }))
  }

  async #session({
    peer,
    torrent,
  }: ListedPeer): Promise<{ readonly report: PeerDocument; readonly isLimited: boolean }> {
    const { session } = this.#options
    const { clock } = this.#ports
    let connections = 0
    let isLimited = false
    const dial: Dial = (to, options) => {
      // the schedule has counted the first one
      if (connections++ > 0) this.#schedule.countConnection(clock.now())
      return this.#ports.dial(to, options).catch((error: unknown) => {
        isLimited ||= isLocalLimit(error)
        throw error
      })
    }
    const controller = new AbortController()
    this.#sessions.add(controller)
    const ports = extended(this.#ports, { dial, signal: controller.signal })
    try {
      const report = await (torrent === undefined
        ? reach(extended(session, { peer, totalTimeoutMs: undefined }), ports)
        : connect(extended(session, { peer, torrent, totalTimeoutMs: undefined }), ports))
      return { report, isLimited }
    } finally {
      this.#sessions.delete(controller)
    }
  }

  #end(reason: unknown): void {
    this.#stop.abort(reason)
    for (const session of this.#sessions) session.abort(reason)
    this.#changed()
  }

  /** @throws what ended the scan */
  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve))
    if (this.#failure !== undefined) throw this.#failure.error
  }

  #changed(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}
