import type { TransportKind } from '../../net/transport.ts'
import type { MseFacts } from '../../session/mse/facts.ts'
import { isFinalReason, PROTOCOL_BLOCKED } from '../../diagnose/close-meaning.ts'
import type { EncryptionVariant } from './encryption-plan.ts'

/**
 * Pause between connections to one address, in milliseconds: Transmission refuses to reconnect within half a second.
 */
export const RECONNECT_PAUSE_MS = 1000

/**
 * Maximum number of consecutive attempts that a bad shared secret may spoil. Two in a row have a chance of 1 in
 * 65536.
 */
const MAX_SPOILED = 3

/** What may be tried for one peer, each list in order of preference. */
export interface AttemptPlan {
  /** Number of addresses of the peer. */
  readonly addressCount: number
  readonly transports: readonly [TransportKind, ...TransportKind[]]
  readonly variants: readonly EncryptionVariant[]
}

/** One connection attempt. */
export interface Way {
  /** Index of the address. */
  readonly address: number
  readonly transport: TransportKind
  readonly variant: EncryptionVariant
}

/** What a failed connection showed, as far as the next attempt depends on it. */
export interface FailedTry extends Way {
  /**
   * `connected`: a connection was established. `barred`: none was, and another transport may get through to the same
   * address. `nowhere`: none was, and that has nothing to do with the transport.
   */
  readonly reach: 'connected' | 'barred' | 'nowhere'
  /** The peer sent at least one byte of a handshake, after the encryption handshake if there was one. */
  readonly hasAnswered: boolean
  /** The peer ended the connection, with FIN or RST. */
  readonly closedByPeer: boolean
  /** The code of the reason that the peer gave for closing; only uTP carries one. */
  readonly closeReason?: number | undefined
  readonly mse: MseFacts
}

/**
 * The next attempt to make after those that failed; undefined if none can change the result.
 *
 * All addresses are tried over one transport before the next transport is used, so that an address that is filtered does
 * not delay one that answers. An address that accepts a connection is the right one: then only other ways to that
 * address are tried.
 */
export function nextAttempt(plan: AttemptPlan, tried: readonly FailedTry[]): Way | undefined {
  const last = tried.at(-1)
  if (last === undefined) return firstWay(plan, 0, plan.transports[0])
  if (last.reach !== 'connected') return nextPlace(plan, tried, last)
  if (last.hasAnswered) return undefined
  if (isSpoiled(last)) {
    const recent = tried.slice(-MAX_SPOILED)
    if (recent.length < MAX_SPOILED || !recent.every(isSpoiled)) return wayOf(last)
  } else if (isFinalReason(last.closeReason)) return undefined
  return nextVariant(plan, tried, last) ?? nextTransport(plan, tried, last)
}

function firstWay(
  { variants: [variant] }: AttemptPlan,
  address: number,
  transport: TransportKind,
): Way | undefined {
  return variant === undefined ? undefined : { address, transport, variant }
}

const wayOf = ({ address, transport, variant }: Way): Way => ({ address, transport, variant })

/** The next address over the same transport; then the addresses that another transport may reach. */
function nextPlace(plan: AttemptPlan, tried: readonly FailedTry[], last: FailedTry): Way | undefined {
  if (tried.some(({ address, reach }) => address === last.address && reach === 'connected')) return undefined
  for (const transport of plan.transports.slice(plan.transports.indexOf(last.transport))) {
    for (let address = 0; address < plan.addressCount; address++) {
      const here = tried.filter((one) => one.address === address)
      if (here.some((one) => one.transport === transport)) continue
      if (here.every(({ reach }) => reach === 'barred')) return firstWay(plan, address, transport)
    }
  }
  return undefined
}

/**
 * The next variant of encryption at the same place.
 *
 * The first MSE attempt offers both methods without an initial payload. That shows which method the peer prefers, and
 * every client accepts it except KTorrent, which closes after its crypto_select. The variant with RC4 only and the
 * handshake inside is for KTorrent. It does not come first because peers that allow only plaintext after MSE refuse it,
 * and that looks like the refusal of an unknown torrent.
 */
function nextVariant(
  { variants }: AttemptPlan,
  tried: readonly FailedTry[],
  last: FailedTry,
): Way | undefined {
  // peers that require encryption close on a plaintext handshake without sending a byte; silence is not a sign of that
  if (last.variant === 'plaintext' && !last.closedByPeer) return undefined
  const here = tried.filter(({ address }) => address === last.address)
  // what failed over one transport is not repeated over the other, unless the peer asks for it
  const asksForMse = here.some(
    (one) => one.transport === last.transport && one.closeReason === PROTOCOL_BLOCKED,
  )
  const seen = asksForMse ? here.filter(({ transport }) => transport === last.transport) : here
  const closedAfterSelect = last.variant === 'mse' && last.mse.isSelected && last.closedByPeer
  const variant = variants.find(
    (one) =>
      seen.every((other) => other.variant !== one) && (one !== 'mse-with-handshake' || closedAfterSelect),
  )
  return variant === undefined ? undefined : { ...wayOf(last), variant }
}

/** The next transport at the same address, if the peer closed without an answer whatever was tried. */
function nextTransport(
  plan: AttemptPlan,
  tried: readonly FailedTry[],
  { address, transport: used }: FailedTry,
): Way | undefined {
  const transport = plan.transports[plan.transports.indexOf(used) + 1]
  const here = tried.filter((one) => one.address === address && !isSpoiled(one))
  if (transport === undefined || !here.every(({ closedByPeer }) => closedByPeer)) return undefined
  return firstWay(plan, address, transport)
}

/**
 * Whether MSE failed and the shared secret begins with a zero byte: libtorrent 2.0.8 and rTorrent 0.9.8 then answer as
 * for a torrent that they do not have. A new attempt has a new secret.
 */
export function isSpoiled({ mse }: Pick<FailedTry, 'mse'>): boolean {
  return mse.secretBeginsWithZero === true && !mse.knowsTorrent && mse.failure !== undefined
}
