import { PeerError } from '../base/errors.ts'
import { FEATURE_DEFAULTS, SESSION_DEFAULTS } from '../run/defaults.ts'
import { checkSessionOptions, type PeerName, type SessionOptions } from '../run/options.ts'
import { nameOfPeer } from '../run/target.ts'
import { PEER_ID_LENGTH, PEER_ID_PREFIX } from '../wire/peer-id/peer-id.ts'
import { checkTimes } from './check.ts'
import type { PeerOptions, TorrentSource } from './options.ts'
import { readTarget } from './read-target.ts'

/**
 * Builds the options of a session, with the defaults of the command line for omitted ones.
 * @param totalTimeoutMs default time limit; infinity for none
 * @throws PeerError E_USAGE, E_BAD_ADDRESS, E_BAD_HASH, E_BAD_TORRENT, E_FILE_READ
 */
export async function sessionOptions(
  options: TorrentSource & PeerOptions,
  totalTimeoutMs: number = SESSION_DEFAULTS.totalTimeoutMs,
): Promise<SessionOptions> {
  const { torrent, peers } = await readTarget(options, signalOf(options))
  const { host, port } = options
  const [peer, ...otherPeers] = host === undefined ? peers : [peerAt(host, port)]
  if (peer === undefined) {
    throw new PeerError('E_USAGE', 'the peer is missing', {
      phase: 'resolve',
      hint: 'give host and port, or a magnet link that names a peer (x.pe)',
    })
  }
  const session: SessionOptions = { peer, otherPeers, torrent, ...connectionOptions(options, totalTimeoutMs) }
  checkSessionOptions(session)
  return session
}

/**
 * The options of a session that do not depend on the peer and the torrent.
 * @throws PeerError E_USAGE
 */
export function connectionOptions(
  options: PeerOptions,
  totalTimeoutMs: number,
): Omit<SessionOptions, 'peer' | 'otherPeers' | 'torrent'> {
  const { peerId, family, source, proxy, trace } = options
  checkPeerId(peerId)
  const chosen = withDefaults({ ...SESSION_DEFAULTS, totalTimeoutMs }, options)
  const { connectTimeoutMs, handshakeTimeoutMs, unchokeTimeoutMs } = chosen
  const limitMs = finite(chosen.totalTimeoutMs)
  checkTimes({ connectTimeoutMs, handshakeTimeoutMs, unchokeTimeoutMs, totalTimeoutMs: limitMs })
  return {
    features: withDefaults(FEATURE_DEFAULTS, options.features ?? {}),
    peerId,
    family,
    source,
    proxy,
    trace,
    ...chosen,
    totalTimeoutMs: limitMs,
  }
}

/** Converts a time limit: infinity, which means no limit, becomes undefined. */
export function finite(timeoutMs: number): number | undefined {
  return timeoutMs === Number.POSITIVE_INFINITY ? undefined : timeoutMs
}

/** @throws PeerError E_USAGE */
function checkPeerId(peerId: Uint8Array | undefined): void {
  if (peerId === undefined || peerId.length === PEER_ID_LENGTH || peerId.length === PEER_ID_PREFIX.length)
    return
  throw new PeerError('E_USAGE', `a peer id of ${peerId.length} bytes`, {
    hint: 'give 20 bytes, or a prefix of 8 such as -XX0000-',
  })
}

/** @throws PeerError E_BAD_ADDRESS */
export function peerAt(host: string, port: number | undefined): PeerName {
  const [, inBrackets = host] = /^\[(.+)\]$/.exec(host) ?? []
  if (inBrackets !== '' && isPort(port) && port > 0) return nameOfPeer(inBrackets, port)
  const problem = inBrackets === '' ? 'the host is empty' : 'the port is not a number from 1 to 65535'
  throw new PeerError('E_BAD_ADDRESS', problem, {
    phase: 'resolve',
    hint: 'give both, such as { host: "192.0.2.7", port: 6881 }',
  })
}

/** Whether this is a valid port; 0 picks a free one. */
export function isPort(port: number | undefined): port is number {
  return Number.isInteger(port) && (port ?? -1) >= 0 && (port ?? -1) <= 65_535
}

/** The caller's signal, or one that never aborts. */
export function signalOf({ signal }: { readonly signal?: AbortSignal | undefined }): AbortSignal {
  return signal ?? new AbortController().signal
}

/** Merges the caller's options into the defaults; undefined counts as omitted. */
export function withDefaults<
  Defaults extends object,
  Given extends { readonly [K in keyof Defaults]?: unknown },
>(
  defaults: Defaults,
  given: Given,
): { readonly [K in keyof Defaults]: Widened<Defaults[K]> | Exclude<Given[K], undefined> } {
  const entries = Object.entries(defaults).map(([key, value]: [string, unknown]) => [
    key,
    given[key as keyof Defaults] ?? value,
  ])
  return Object.fromEntries(entries) as ReturnType<typeof withDefaults<Defaults, Given>>
}

/** Widens the literal type of a default to `number` or `boolean`. */
type Widened<T> = T extends number ? number : T extends boolean ? boolean : T
