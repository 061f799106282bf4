import { PeerError } from '../../base/errors.ts'
import type { Seeder } from '../../net/seeder/seeder.ts'
import { dialObserved, type ObservedDial } from '../../net/capture/observed-dial.ts'
import type { CapturePort } from '../../net/capture/tap.ts'
import { afterMseEvent, NO_MSE_FACTS } from '../../session/mse/facts.ts'
import type { MseEvent } from '../../session/mse/machine.ts'
import {
  type AttemptPlan,
  type FailedTry,
  nextAttempt,
  RECONNECT_PAUSE_MS,
  type Way,
} from '../session/next-attempt.ts'
import type { PeerName } from '../options.ts'
import type { Connections } from './connections.ts'
import type { ServeLog } from './log.ts'
import type { ServePorts } from './options.ts'
import { pause } from '../until-aborted.ts'

/** Timeout for connecting to one address, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5000

/** Delay before we try a peer again that did not stay, in milliseconds. */
const RETRY_MS = 5000

/** How to dial peers, and what to do with the connections. */
export interface ServeDial extends Pick<ServePorts, 'dial' | 'resolve' | 'clock'> {
  readonly transport: 'tcp' | 'utp'
  readonly connections: Pick<Connections, 'plan' | 'dialled'>
  readonly seeder: Pick<Seeder, 'serve' | 'handshakeFor'>
  readonly log: Pick<ServeLog, 'dialFailed'>
  readonly capture: CapturePort | undefined
}

/**
 * Dials these peers. Retries each while it refuses or closes without sending a byte, because a client under test may
 * start after its seeder.
 *
 * @returns a function that stops the dialling
 */
export function dialPeers(peers: readonly PeerName[], how: ServeDial): () => void {
  const stop = new AbortController()
  for (const peer of peers) void dialUntilServed(peer, how, stop.signal)
  return () => stop.abort()
}

async function dialUntilServed(peer: PeerName, how: ServeDial, signal: AbortSignal): Promise<void> {
  const { clock, log } = how
  while (!signal.aborted) {
    try {
      if (await dialEachWay(peer, how, signal)) return
    } catch (error) {
      if (signal.aborted) return
      // a bug is not the peer's fault, and retrying does not help: it goes to the process
      if (!(error instanceof PeerError) || error.code === 'E_INTERNAL') throw error
      log.dialFailed(peer.input, error, clock.now())
    }
    await pause(RETRY_MS, { clock, signal }).catch(() => undefined)
  }
}

/**
 * Dials in the preferred variant of encryption, then in the others that may help.
 *
 * @returns false if the peer closed without sending a byte of a handshake
 */
async function dialEachWay(peer: PeerName, how: ServeDial, signal: AbortSignal): Promise<boolean> {
  const { connections, clock, transport } = how
  const plan: AttemptPlan = { addressCount: 1, transports: [transport], variants: connections.plan }
  const tried: FailedTry[] = []
  for (;;) {
    const way = nextAttempt(plan, tried)
    if (way === undefined) return false
    if (tried.length > 0) await pause(RECONNECT_PAUSE_MS, { clock, signal })
    const observed = await dialOnce(peer, how, signal)
    const outcome = await serveOnce(observed, way, how, signal)
    if (outcome.failed === undefined) return true
    tried.push(outcome.failed)
    if (outcome.error !== undefined && nextAttempt(plan, tried) === undefined) throw outcome.error
  }
}

/** The outcome of one connection: served, unless it failed in a way that another might not. */
interface DialOutcome {
  readonly failed?: FailedTry
  readonly error?: PeerError
}

async function serveOnce(
  observed: ObservedDial,
  way: Way,
  { connections, seeder }: ServeDial,
  signal: AbortSignal,
): Promise<DialOutcome> {
  let mse = NO_MSE_FACTS
  let payloadBefore = 0
  const onEvent = (event: MseEvent): void => {
    mse = afterMseEvent(mse, event)
    if (event.type === 'established') payloadBefore = event.bytes.length
  }
  const { variant } = way
  const failed = { ...way, reach: 'connected', hasAnswered: false } as const
  try {
    const handshake = seeder.handshakeFor(observed.dialled.remote)
    const transport = await connections.dialled(observed, variant, { signal, onEvent, handshake })
    const received = transport.bytesReceived - payloadBefore
    const end = await seeder.serve(transport, variant === 'mse-with-handshake')
    if (end.by === 'us' || transport.bytesReceived > received) return {}
    return { failed: { ...failed, mse, closedByPeer: end.by === 'peer' } }
  } catch (error) {
    if (!(error instanceof PeerError) || error.code !== 'E_ENCRYPTION_FAILED') throw error
    const closedByPeer = mse.failure === 'closed' || mse.failure === 'reset'
    return { failed: { ...failed, mse, closedByPeer }, error }
  }
}

/** Connects to the first address that accepts. */
async function dialOnce(
  { host, port }: PeerName,
  { dial, resolve, transport, capture, clock }: ServeDial,
  signal: AbortSignal,
): Promise<ObservedDial> {
  let failure: unknown = new Error(`${host} has no address`)
  for (const { address, family } of await resolve(host, undefined)) {
    try {
      const to = { address, family, port }
      const options = { timeoutMs: CONNECT_TIMEOUT_MS, signal, transport }
      const observed = await dialObserved(dial, to, options, { capture, clock })
      if (!signal.aborted) return observed
      observed.tap?.closed({ by: 'us', kind: 'rst' })
      observed.dialled.abort()
      signal.throwIfAborted()
    } catch (error) {
      signal.throwIfAborted()
      failure = error
    }
  }
  throw failure
}
