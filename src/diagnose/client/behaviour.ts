import { fromHex } from '../../base/bytes.ts'
import type { TraceEncryption, TraceEvent, TraceHandshake, TraceMessage } from '../../trace/event.ts'
import type { TraceStep } from '../../trace/transfers.ts'
import { readExtensionHandshake } from '../../trace/extension-handshake.ts'
import { parseIpAddress } from '../../wire/address.ts'
import {
  generateAllowedFastSet,
  generateAria2AllowedFastSet,
  generateLibtorrentAllowedFastSet,
} from '../../wire/allowed-fast.ts'
import type { ExtensionHandshake } from '../../wire/extension/handshake.ts'
import type { NamedFeature } from '../../wire/handshake/reserved-bits.ts'
import { hostOf } from '../host.ts'

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { readonly type: Type }>
type Method = NonNullable<TraceEncryption['methods']>[number]

/** No client sends a larger set at once; more pieces than this fit no known algorithm. */
const MAX_ALLOWED_FAST = 16

/** What follows the handshakes comes within this time; the first keep-alive of an idle client comes after a minute. */
const GREETING_MS = 2000

const SETS = {
  bep6: generateAllowedFastSet,
  libtorrent: generateLibtorrentAllowedFastSet,
  aria2: generateAria2AllowedFastSet,
} as const

/**
 * How the peer of one connection behaves: everything that identifies a client, except for the peer id and the `v` of its
 * extension handshake, which it can choose. Memory is bounded, and messages that carry data cost one comparison.
 */
export class Behaviour {
  /** Its first extension handshake. */
  extensionHandshake: ExtensionHandshake | undefined
  /** Its handshake came before ours was sent. */
  spokeFirst = false
  /** How many bytes of a handshake that we sent in parts it had when it answered; undefined if we sent it in one piece. */
  answeredAfter: number | undefined
  /** It announced its pieces, and its extension handshake came later. */
  announcedPiecesFirst = false
  /** It sent a keep-alive right after its handshakes, where others announce their pieces. */
  keptAliveEarly = false
  /** It unchoked us before we were interested. */
  unchokedEarly = false
  /** It unchoked us once more when we were interested, although we were not choked. */
  unchokedTwice = false
  /** From our *interested* to its first *unchoke*, in milliseconds; undefined if it did not unchoke us in between. */
  unchokeDelayMs: number | undefined
  /** From its handshake to its extension handshake, in milliseconds. */
  extensionDelayMs: number | undefined
  /** It sent its allowed-fast set only after our *interested*. */
  allowedFastOnInterest = false
  /** The encryption methods that we offered, and the one that it selected. */
  offered: readonly Method[] = []
  selected: Method | undefined
  /** Length of the pad after its selection. */
  selectPad: number | undefined
  closed: Of<'closed'> | undefined
  #start: Of<'connected'> | undefined
  #local: TraceHandshake | undefined
  #remote: TraceHandshake | undefined
  #pieceCount: number | undefined
  #handshakeAt = 0
  #interestedAt: number | undefined
  #isChoked = true
  #hasAnnounced = false
  readonly #allowedFast: number[] = []

  constructor(pieceCount: number | undefined) {
    this.#pieceCount = pieceCount
  }

  get transport(): 'tcp' | 'utp' | undefined {
    return this.#start?.transport === 'utp' ? 'utp' : this.#start && 'tcp'
  }

  /** Whether its handshake came, and with it a peer id. */
  get isNamed(): boolean {
    return this.#remote !== undefined
  }

  /** Whether its handshake sets a bit. */
  sets(feature: NamedFeature): boolean {
    return this.#remote?.features.includes(feature) === true
  }

  /** Its handshake has the bit of the extension protocol, and not that of the fast extension. */
  get lacksFast(): boolean {
    return this.sets('extension-protocol') && !this.sets('fast')
  }

  step(event: TraceStep): void {
    switch (event.type) {
      case 'target':
        this.#pieceCount = event.pieceCount ?? undefined
        return
      case 'connected':
        this.#start = event
        return
      case 'closed':
        this.closed = event
        return
      case 'encryption':
        this.#encryption(event)
        return
      case 'sent':
        if (event.what === 'handshake') this.#local = event.handshake
        else if (event.what === 'message' && event.message.type === 'interested')
          this.#interestedAt ??= event.at
        return
      case 'received':
        if (event.what === 'handshake') this.#handshake(event.handshake, event.at)
        else if (event.what === 'message') this.#message(event.message, event.at)
        return
      default:
    }
  }

  /** Takes the handshake that answers one that we sent in parts. */
  answered(handshake: TraceHandshake, afterBytes: number): void {
    this.#remote = handshake
    this.answeredAfter = afterBytes
    this.spokeFirst = afterBytes === 0
  }

  /** Whether its allowed-fast set is what this algorithm computes for our address as the peer sees it. */
  computesAllowedFast(algorithm: keyof typeof SETS): boolean {
    const pieces = this.#allowedFast
    const pieceCount = this.#pieceCount ?? 0
    const address = this.extensionHandshake?.yourIp ?? hostOf(this.#start?.local ?? '')
    // in a small torrent every algorithm gives nearly all pieces
    if (pieces.length < 5 || pieceCount <= 2 * pieces.length) return false
    if (this.#local === undefined || parseIpAddress(address) === undefined) return false
    const set = SETS[algorithm](address, fromHex(this.#local.infoHash), pieceCount)
    return set.length === pieces.length && set.every((piece) => pieces.includes(piece))
  }

  #handshake(handshake: TraceHandshake, at: number): void {
    this.#remote = handshake
    this.#handshakeAt = at
    this.spokeFirst = this.#local === undefined
  }

  #encryption({ step, methods, padLength }: TraceEncryption): void {
    if (step === 'provide-sent') this.offered = methods ?? []
    if (step !== 'select-received') return
    this.selected = methods?.[0]
    this.selectPad = padLength
  }

  #message(message: TraceMessage, at: number): void {
    switch (message.type) {
      case 'keep-alive':
        if (!this.#hasAnnounced && at - this.#handshakeAt <= GREETING_MS) this.keptAliveEarly = true
        return
      case 'bitfield':
      case 'have-all':
      case 'have-none':
        this.#hasAnnounced = true
        return
      case 'choke':
        this.#isChoked = true
        return
      case 'unchoke':
        this.#unchoked(at)
        return
      case 'allowed-fast':
        if (this.#allowedFast.length === 0) this.allowedFastOnInterest = this.#interestedAt !== undefined
        if (this.#allowedFast.length <= MAX_ALLOWED_FAST) this.#allowedFast.push(message.piece)
        return
      case 'extended':
        if (message.id === 0) this.#extensionHandshake(message, at)
        return
      default:
    }
  }

  #unchoked(at: number): void {
    if (this.#interestedAt === undefined) this.unchokedEarly = true
    else if (this.#isChoked) this.unchokeDelayMs ??= at - this.#interestedAt
    else this.unchokedTwice = true
    this.#isChoked = false
  }

  #extensionHandshake(message: TraceMessage, at: number): void {
    if (this.extensionHandshake !== undefined) return
    const read = readExtensionHandshake(message)
    if (read?.ok !== true) return
    this.extensionHandshake = read.value
    this.extensionDelayMs = at - this.#handshakeAt
    this.announcedPiecesFirst = this.#hasAnnounced
  }
}
