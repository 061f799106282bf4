import { acceptEncrypted } from '../net/encrypted-listen.ts'
import { misbehaving } from '../net/faulty-transport.ts'
import { SEEDER_LIMITS } from '../net/seeder-options.ts'
import type { Listen, Transport } from '../net/transport.ts'
import type { Metainfo } from '../wire/metainfo.ts'
import { indexTorrents } from '../wire/mse.ts'
import type { ServeLog } from './serve-log.ts'
import type { ServeOptions, ServePorts } from './serve-options.ts'

/** The ways in which connections come, and what is done to them before they are served. */
export interface Connections {
  readonly transports: readonly Listen[]
  readonly dialled: (transport: Transport) => Transport
}

/** Listeners that take plaintext and MSE, with the chosen faults above the encryption. */
export function connectionsOf(
  { faults, seed, limits }: ServeOptions,
  metainfo: Metainfo,
  log: ServeLog,
  { transports, clock, random }: ServePorts,
): Connections {
  const { v1, v2 } = metainfo.infoHashes
  const encrypted = (listen: Listen): Listen =>
    acceptEncrypted(listen, {
      clock,
      random,
      stepTimeoutMs: limits?.handshakeTimeoutMs ?? SEEDER_LIMITS.handshakeTimeoutMs,
      findTorrent: indexTorrents([v1, v2?.subarray(0, 20)].filter((hash) => hash !== undefined)),
      plaintext: 'accept',
      onFailed: (transport, error) => log.noPeer(transport.remote, error, clock.now()),
    })
  // who acts before the peer does cannot wait for what it begins with
  const isAtOnce = faults.some(({ fault }) => fault.atOnce === true)
  const listeners = isAtOnce ? transports : transports.map(encrypted)
  if (faults.length === 0) return { transports: listeners, dialled: (transport) => transport }
  const misbehave = misbehaving({ faults, metainfo, seed, clock })
  const faulty = listeners.map(
    (listen): Listen =>
      (at, accepted) =>
        listen(at, (transport) => accepted(misbehave(transport))),
  )
  return { transports: faulty, dialled: misbehave }
}
