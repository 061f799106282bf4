import { isIP } from 'node:net'
import { PeerError } from '../../base/errors.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import type { ResolvedAddress } from '../../net/resolve.ts'
import type { Endpoint } from '../../net/transport.ts'
import {
  ENCRYPTION_PLANS,
  type EncryptionVariant,
  nextVariant,
  RECONNECT_PAUSE_MS,
} from './encryption-plan.ts'
import { explained, failedTry, refusal } from './refusal.ts'
import type { SessionOptions } from '../options.ts'
import type { Ports } from '../ports.ts'
import type { Attempt, SessionLog } from './log.ts'
import { checkSessionOptions } from './check-options.ts'
import { tryConnection } from './try-connection.ts'
import { pause, untilAborted } from '../until-aborted.ts'

/** A session past both handshakes. */
export interface OpenSession {
  readonly connection: PeerConnection
  readonly attempt: Attempt
}

/**
 * Opens a session with the peer, or with the first of the others that can be reached when it cannot. Every attempt is in
 * the log, the failed ones with their errors.
 *
 * @throws PeerError with the phase in which it ended: of the last peer when none was reached, which is the one that the report names
 */
export async function openSession(
  options: SessionOptions,
  ports: Ports,
  log: SessionLog,
): Promise<OpenSession> {
  checkSessionOptions(options)
  let failure: unknown
  for (const peer of [options.peer, ...(options.otherPeers ?? [])]) {
    const tried = log.attempts.length
    log.peer = peer
    try {
      return await openPeer({ ...options, peer }, ports, log)
    } catch (error) {
      if (!isUnreached(error, log, tried) || isAborted(ports)) throw error
      failure = error
    }
  }
  throw failure
}

/**
 * Resolves the peer, connects to its addresses in turn until one accepts, and does the handshakes there, encrypted or
 * not as the options say.
 *
 * @throws PeerError with the phase in which it ended
 */
async function openPeer(options: SessionOptions, ports: Ports, log: SessionLog): Promise<OpenSession> {
  // a literal address needs no looking up: its clock starts when it is dialled
  if (isIP(options.peer.host) === 0) log.start(ports.clock.now())
  const addresses = await resolvePeer(options, ports, log)
  log.start(ports.clock.now())
  let failure: unknown
  for (const { address, family } of addresses) {
    const tried = log.attempts.length
    try {
      return await openAt({ address, family, port: options.peer.port }, options, ports, log)
    } catch (error) {
      // another address may still accept; whoever accepted and then failed is the peer that was meant
      if (!isUnreached(error, log, tried) || isAborted(ports)) throw error
      failure ??= error
    }
  }
  throw failure
}

/** Whether the network is why none of the attempts from that one on has got a connection: a bug fails everywhere. */
function isUnreached(error: unknown, { attempts }: SessionLog, from: number): boolean {
  if (!(error instanceof PeerError) || error.code === 'E_INTERNAL') return false
  return attempts.slice(from).every(({ transport }) => transport === undefined)
}

/** Writes the end of an attempt into it. */
export function endAttempt(attempt: Attempt, error: unknown, ports: Ports): void {
  attempt.endedAt = ports.clock.now()
  if (attempt.state !== undefined) attempt.phase = attempt.state.phase
  if (error instanceof PeerError) {
    attempt.error = explained(error, attempt)
    attempt.phase = error.phase ?? attempt.phase
  }
}

async function resolvePeer(
  { peer, family, proxy }: SessionOptions,
  ports: Ports,
  log: SessionLog,
): Promise<readonly ResolvedAddress[]> {
  // asking for the name here would tell the world what the proxy is to hide
  if (proxy !== undefined && isIP(peer.host) === 0) return [{ address: peer.host, family: 4 }]
  try {
    const addresses = await untilAborted(() => ports.resolve(peer.host, family), ports.signal)
    const literal = addresses.length === 1 && addresses[0]?.address === peer.host
    if (!literal) log.resolved(ports.clock.now())
    if (addresses.length > 0) return addresses
    throw new PeerError('E_NAME_NOT_FOUND', `${peer.host} has no address`, { phase: 'resolve' })
  } catch (error) {
    const plan = { to: undefined, transportKind: 'tcp', variant: 'plaintext', phase: 'resolve' } as const
    endAttempt(log.beginAttempt(plan, log.startedAt), error, ports)
    throw error
  }
}

/** Tries one address, and again in other ways where that can help. */
async function openAt(
  to: Endpoint,
  options: SessionOptions,
  ports: Ports,
  log: SessionLog,
): Promise<OpenSession> {
  const plan = ENCRYPTION_PLANS[options.encryption ?? 'auto']
  const attempts: Attempt[] = []
  let variant: EncryptionVariant = plan[0]
  for (;;) {
    const attempt = beginAttempt(to, variant, options, ports, log)
    attempts.push(attempt)
    try {
      return { connection: await tryConnection(attempt, to, options, ports, log), attempt }
    } catch (error) {
      endAttempt(attempt, error, ports)
      if (isAborted(ports) || !(error instanceof PeerError) || error.code === 'E_INTERNAL') throw error
      const next = nextVariant(plan, attempts.map(failedTry))
      if (next === undefined) throw refusal(attempts) ?? error
      variant = next
    }
    await pause(RECONNECT_PAUSE_MS, ports)
  }
}

function beginAttempt(
  to: Endpoint,
  variant: EncryptionVariant,
  { transport = 'tcp', proxy }: SessionOptions,
  ports: Ports,
  log: SessionLog,
): Attempt {
  const isName = isIP(to.address) === 0
  const phase = proxy === undefined ? 'connect' : 'proxy'
  const plan = { to: isName ? undefined : to, transportKind: transport, variant, phase } as const
  return log.beginAttempt(plan, ports.clock.now())
}

function isAborted({ signal }: Ports): boolean {
  return signal?.aborted === true
}
