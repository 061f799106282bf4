import type { ObservedDial } from '../../net/capture/observed-dial.ts'
import { tapped } from '../../net/capture/tap.ts'
import { acceptEncrypted } from '../../net/mse/listen.ts'
import { type EncryptOptions, encryptTransport } from '../../net/mse/encryption.ts'
import { misbehaving } from '../../net/seeder/faulty-transport.ts'
import { SEEDER_LIMITS } from '../../net/seeder/options.ts'
import type { Listen, Transport, TransportEnd } from '../../net/transport.ts'
import {
  chainMisbehaviour,
  chainPackets,
  seededRandom,
  sortFaults,
  type SortedFaults,
} from '../../session/faults/table.ts'
import { handshakeHash } from '../../wire/torrent/info-hash.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { type CryptoMethod, indexTorrents } from '../../wire/mse/keys.ts'
import { ENCRYPTION_PLANS, type EncryptionVariant } from '../session/encryption-plan.ts'
import type { EncryptionMode } from '../options.ts'
import { localTorrent } from '../session/local-peer.ts'
import { type ServeLog, torrentTarget } from './log.ts'
import type { ServeOptions, ServePorts } from './options.ts'

/** The transports that a seeder uses, and how it prepares connections before it serves them. */
export interface Connections {
  readonly transports: readonly Listen[]
  /** How to encrypt when we dial: each variant is tried if the previous one failed in a way that it might not. */
  readonly plan: readonly EncryptionVariant[]
  /**
   * Prepares a dialled connection for serving.
   * @param onEvent receives each step of the encryption handshake
   * @param handshake is sent inside the encryption handshake, which then offers RC4 only
   * @throws PeerError E_ENCRYPTION_FAILED, with the transport closed; or the signal's reason
   */
  readonly dialled: (
    observed: ObservedDial,
    variant: EncryptionVariant,
    how: Pick<EncryptOptions, 'onEvent'> & { readonly signal: AbortSignal; readonly handshake: Uint8Array },
  ) => Promise<Transport>
}

type EncryptionSettings = Pick<Parameters<typeof acceptEncrypted>[1], 'clock' | 'random' | 'stepTimeoutMs'>

/** Sets up encryption in both directions as the options say, with the chosen faults below, in and above it. */
export function connectionsOf(
  { faults, seed, limits, encryption = 'auto', transport, capture }: ServeOptions,
  metainfo: Metainfo,
  log: ServeLog,
  { listen, clock, random }: ServePorts,
): Connections {
  const { packets, encryption: answers, stream } = sortFaults(faults)
  const stepTimeoutMs = limits?.handshakeTimeoutMs ?? SEEDER_LIMITS.handshakeTimeoutMs
  const settings: EncryptionSettings = { clock, random, stepTimeoutMs }
  const onFailed = ({ remote }: Transport, error: unknown) => log.noPeer(remote, error, clock.now())
  // a fault that acts before the peer does cannot wait for the first bytes from the peer
  const isAtOnce = stream.some(({ fault }) => fault.atOnce === true)
  const chosen = transport === undefined ? [listen.tcp, listen.utp] : [listen[transport]]
  const listened = chosen.map((one) => withPacketFaults(one, packets, seed))
  const misbehaviour = answers.length === 0 ? undefined : () => chainMisbehaviour(answers)
  const accepting = {
    ...settings,
    ...taken(encryption, metainfo),
    misbehave: misbehaviour,
    capture,
    onFailed,
  }
  const listeners = listened.map((one) =>
    isAtOnce ? observed(one, capture) : acceptEncrypted(one, accepting),
  )
  const plan = ENCRYPTION_PLANS[isAtOnce ? 'off' : encryption]
  const dialled: Connections['dialled'] = async ({ dialled: to, tap }, variant, { handshake, ...how }) => {
    if (variant === 'plaintext') return tapped(to, tap)
    const isInside = variant === 'mse-with-handshake'
    const inside = isInside ? ({ provide: ['rc4'], initialPayload: handshake } as const) : {}
    const { infoHash } = localTorrent(torrentTarget(metainfo))
    const onEnd = (end: TransportEnd) => tap?.notEncrypted(end)
    const encrypted = await encryptTransport(to, { ...settings, ...how, ...inside, infoHash, onEnd })
    const ready = tapped(encrypted, tap)
    if (isInside) tap?.sent(handshake)
    return ready
  }
  if (stream.length === 0) return { transports: listeners, plan, dialled }
  // bytes sent inside the encryption handshake bypass the faults
  const faultyPlan = plan.filter((variant) => variant !== 'mse-with-handshake')
  const misbehave = misbehaving({
    ...{ faults: stream, metainfo, seed, clock },
    onLateSent: (transport) => log.lateSent(transport),
  })
  return {
    transports: listeners.map(
      (one): Listen =>
        (at, accepted) =>
          one(at, (incoming) => accepted(misbehave(incoming))),
    ),
    plan: faultyPlan,
    dialled: async (...to) => misbehave(await dialled(...to)),
  }
}

/** In order of preference. RC4 costs several times more than the transfer itself, so it comes first only on request. */
const ALLOWED_METHODS: Readonly<Record<EncryptionMode, readonly CryptoMethod[]>> = {
  off: [],
  auto: ['plaintext', 'rc4'],
  prefer: ['rc4', 'plaintext'],
  require: ['rc4', 'plaintext'],
}

/** What we accept from peers that dial us. */
function taken(mode: EncryptionMode, { infoHashes: { v1, v2 } }: Metainfo) {
  const hashes = [v1, v2].filter((hash) => hash !== undefined).map((hash) => handshakeHash(hash))
  return {
    findTorrent: indexTorrents(hashes),
    allow: ALLOWED_METHODS[mode],
    plaintext: mode === 'require' ? 'refuse' : 'accept',
  } as const
}

function observed(listen: Listen, capture: ServeOptions['capture']): Listen {
  if (capture === undefined) return listen
  return (at, accepted, options) =>
    listen(at, (transport) => accepted(tapped(transport, capture.open(transport, 'peer'))), options)
}

function withPacketFaults(listen: Listen, faults: SortedFaults['packets'], seed: number): Listen {
  if (faults.length === 0) return listen
  let connections = 0
  const misbehave = () => chainPackets(faults, seededRandom(seed + connections++))
  return (at, accepted) => listen(at, accepted, { misbehave })
}
