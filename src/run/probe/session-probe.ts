import { tapped } from '../../net/capture/tap.ts'
import { connectionError } from '../../net/connection/connection-end.ts'
import { TapTransport } from '../../net/tap-transport.ts'
import type { Transport, TransportEnd } from '../../net/transport.ts'
import type { Probe } from '../../trace/probe.ts'
import { openOnce } from '../session/connect-once.ts'
import type { Attempt } from '../session/log.ts'
import { pause } from '../until-aborted.ts'
import type { ProbeContext } from './context.ts'
import { dialProbe } from './dial-probe.ts'
import { patience, SILENCE_MS } from './limits.ts'
import { probeLocalPeer } from './local-peer.ts'
import { PoliteSession } from './polite-session.ts'

/**
 * Holds the session of a probe over one connection: a silence, if the probe has one, encryption if the probe has it, the handshake, and then
 * what a client without pieces does. Closes the connection in an orderly way.
 *
 * @throws PeerError why the session ended early
 */
export async function runSessionProbe(probe: Probe, attempt: Attempt, context: ProbeContext): Promise<void> {
  const { ports, log, torrent, limits } = context
  const { dialled, tap, roundTripMs } = await dialProbe(probe, attempt, context)
  const isClear = probe.variant === 'plaintext'
  // below the silence, so that the observer sees what the peer does in it; the clear text of MSE is seen only above
  const inner = isClear ? tapped(dialled, tap) : dialled
  const transport = new TapTransport(inner, (raw) => log.raw(raw, ports.clock.now()))
  try {
    const silenceMs = probe.how === 'at-once' ? 0 : patience(SILENCE_MS, roundTripMs)
    await keepSilent(transport, silenceMs, attempt, context)
  } catch (error) {
    if (!isClear) tap?.closed(transport.ended ?? { by: 'us', kind: 'rst' })
    throw error
  }
  const observed = { dialled: transport, tap: isClear ? undefined : tap }
  const connection = await openOnce(attempt, observed, {
    localPeer: probeLocalPeer(probe, torrent(), ports.random),
    handshakeTimeoutMs: limits.handshakeTimeoutMs,
    ports,
    log,
  })
  try {
    await new PoliteSession(connection, roundTripMs, context).run(probe)
  } finally {
    // over uTP this waits until the peer has acknowledged the end: else it may count the connection as open
    if (connection.end === undefined) await connection.close()
  }
}

/** Waits before the first byte, so that a close on accept cannot be an answer to it. */
async function keepSilent(
  tap: TapTransport,
  durationMs: number,
  attempt: Attempt,
  { ports, log }: ProbeContext,
): Promise<void> {
  try {
    await Promise.race([pause(durationMs, ports), tap.untilEnded()])
  } catch (aborted) {
    tap.abort()
    throw aborted
  }
  if (tap.ended === undefined) return
  const end = endOf(tap.ended, tap)
  log.closed(attempt, end, 0, ports.clock.now())
  throw connectionError(end, false)
}

function endOf(end: TransportEnd, { bytesSent, bytesReceived }: Transport) {
  return { ...end, phase: 'handshake', bytesSent, bytesReceived } as const
}
