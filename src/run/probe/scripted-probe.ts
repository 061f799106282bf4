import type { ObservedDial } from '../../net/capture/observed-dial.ts'
import { tapped } from '../../net/capture/tap.ts'
import { connectionError } from '../../net/connection/connection-end.ts'
import { TapTransport } from '../../net/tap-transport.ts'
import type { TransportEnd } from '../../net/transport.ts'
import { localHandshake } from '../../session/peer/session.ts'
import { KeyAnswer } from '../../session/probe/key-answer.ts'
import { ScriptedProbe, type ScriptInput } from '../../session/probe/script.ts'
import { type ScriptedHow, type ScriptMaterial, scriptOf } from '../../session/probe/scripts.ts'
import { waitsFor } from '../../session/probe/waits.ts'
import { holdsSession, type Probe } from '../../trace/probe.ts'
import { encodeHandshake } from '../../wire/handshake/handshake.ts'
import { bigintDiffieHellman, PRIVATE_KEY_LENGTH, PUBLIC_KEY_LENGTH } from '../../wire/mse/keys.ts'
import type { Attempt } from '../session/log.ts'
import type { ProbeContext } from './context.ts'
import { dialProbe } from './dial-probe.ts'
import { probeLocalPeer } from './local-peer.ts'

/** A probe that follows a script. */
export type Scripted = Probe & { readonly how: ScriptedHow }

/** Whether a probe follows a script; the others hold a session. */
export function isScripted(probe: Probe): probe is Scripted {
  return !holdsSession(probe)
}

/**
 * Makes one connection, follows the script on it, and closes it. A peer that closes is not an error: what it answered is
 * in the log.
 *
 * @throws PeerError as `Dial`, or why the connection was lost; or the signal's reason
 */
export async function runScriptedProbe(
  probe: Scripted,
  attempt: Attempt,
  context: ProbeContext,
): Promise<void> {
  const { random, signal } = context.ports
  const { roundTripMs, ...observed } = await dialProbe(probe, attempt, context)
  const { torrent, peerId, features } =
    context.localPeer?.(probe) ?? probeLocalPeer(probe, context.torrent(), random)
  const material: ScriptMaterial = {
    handshake: encodeHandshake(localHandshake(torrent, peerId, features)),
    publicKey: bigintDiffieHellman.publicKey(random(PRIVATE_KEY_LENGTH)),
    random,
  }
  const script = scriptOf(probe.how, material, waitsFor(roundTripMs, context.answerMs))
  const run = new ScriptRun(probe, observed, attempt, { context, publicKey: material.publicKey })
  const end = await run.play(new ScriptedProbe(script))
  signal?.throwIfAborted()
  if (end.failure !== undefined) throw connectionError(end, false)
}

/** A script on an open connection, until that is closed. */
class ScriptRun {
  readonly #probe: Scripted
  readonly #tap: TapTransport
  readonly #attempt: Attempt
  readonly #context: ProbeContext
  readonly #answer: KeyAnswer
  #sent = 0
  #cancelWake: (() => void) | undefined

  constructor(
    probe: Scripted,
    { dialled, tap }: ObservedDial,
    attempt: Attempt,
    { context, publicKey }: { readonly context: ProbeContext; readonly publicKey: Uint8Array },
  ) {
    this.#probe = probe
    this.#attempt = attempt
    this.#context = context
    this.#answer = new KeyAnswer(publicKey)
    this.#tap = new TapTransport(tapped(dialled, tap), (raw) => context.log.raw(raw, this.#now))
  }

  /** Resolves when the connection is closed, by whoever. */
  async play(machine: ScriptedProbe) {
    const { signal } = this.#context.ports
    const onAbort = () => this.#tap.abort()
    const ended = new Promise<TransportEnd>((resolve) => {
      this.#tap.start({
        bytes: (bytes) => {
          this.#answer.push(bytes, this.#sent)
          this.#step(machine, { type: 'bytes', at: this.#now, length: bytes.length })
        },
        drained: () => undefined,
        closed: resolve,
      })
    })
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted === true) onAbort()
    this.#step(machine, { type: 'connected', at: this.#now })
    const end = await ended
    this.#cancelWake?.()
    signal?.removeEventListener('abort', onAbort)
    return this.#logEnd(end)
  }

  get #now(): number {
    return this.#context.ports.clock.now()
  }

  #step(machine: ScriptedProbe, input: ScriptInput): void {
    const { send, wakeAt, isOver } = machine.step(input)
    const { clock } = this.#context.ports
    this.#cancelWake?.()
    this.#cancelWake =
      wakeAt === undefined
        ? undefined
        : clock.schedule(wakeAt, () => this.#step(machine, { type: 'tick', at: this.#now }))
    if (send !== undefined) this.#send(send)
    if (isOver) this.#tap.end()
  }

  #send(bytes: Uint8Array): void {
    this.#sent += bytes.length
    this.#tap.write(bytes)
    if (this.#probe.how !== 'key' || this.#sent < PUBLIC_KEY_LENGTH) return
    const sent = { type: 'public-key-sent', at: this.#now, padLength: 0 } as const
    this.#context.log.encryptionEvent(this.#attempt, sent)
  }

  #logEnd(end: TransportEnd) {
    const { log } = this.#context
    if (this.#probe.how === 'key' && this.#answer.canBeKey)
      log.encryptionEvent(this.#attempt, { type: 'public-key-received', at: this.#now })
    const { bytesSent, bytesReceived } = this.#tap
    const closed = { ...end, phase: 'handshake', bytesSent, bytesReceived } as const
    log.closed(this.#attempt, closed, 0, this.#now)
    return closed
  }
}
