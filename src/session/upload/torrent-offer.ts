import { equalBytes } from '../../base/bytes.ts'
import { generateAllowedFastSet } from '../../wire/allowed-fast.ts'
import type { HandshakeHead } from '../../wire/handshake/handshake.ts'
import type { NamedFeature } from '../../wire/handshake/reserved-bits.ts'
import type { SessionTorrent } from '../peer/session.ts'
import { UT_METADATA_ID } from '../../wire/extension/codecs.ts'
import type { ServedTorrent } from './peer-upload.ts'

export interface TorrentOfferOptions {
  /** `v` of our extension handshake; omitted when undefined. */
  readonly client: string | undefined
  /** Our `reqq`. */
  readonly queueLength: number
}

/** What a seeder announces about its torrent, to peers that connect and to peers that it dials. */
export class TorrentOffer {
  readonly #torrent: ServedTorrent
  readonly #options: TorrentOfferOptions
  /** The truncated v2 info hash, as in a handshake: 20 bytes. */
  readonly #v2: Uint8Array | undefined
  /** The bits of our handshake. */
  readonly features: readonly NamedFeature[]

  constructor(torrent: ServedTorrent, options: TorrentOfferOptions) {
    const { version, infoHashes } = torrent.metainfo
    this.#torrent = torrent
    this.#options = options
    this.#v2 = infoHashes.v2?.subarray(0, 20)
    this.features = ['extension-protocol', 'fast', ...(version === 'hybrid' ? (['v2'] as const) : [])]
  }

  /**
   * The torrent to answer with when the peer names ours, by either of its hashes; else undefined.
   * @param address IP address of the peer
   */
  answerTo(head: HandshakeHead, address: string): SessionTorrent | undefined {
    const { version, infoHashes } = this.#torrent.metainfo
    const v2 = this.#v2
    const asked = [infoHashes.v1, v2].find((hash) => hash !== undefined && equalBytes(hash, head.infoHash))
    if (asked === undefined) return undefined
    // BEP 52: answer the v1 hash of a hybrid with its v2 hash, if the peer supports v2
    const upgrade = version === 'hybrid' && head.features.includes('v2') && v2 !== undefined
    return { infoHash: upgrade ? v2 : asked, isV2: upgrade || asked === v2, ...this.#described(address) }
  }

  /** The torrent for a connection that we open: a hybrid is named by its v1 hash, and offers its v2 hash. */
  toAnyone(address: string): SessionTorrent {
    const { v1 } = this.#torrent.metainfo.infoHashes
    const v2 = this.#v2
    return {
      infoHash: v1 ?? v2 ?? new Uint8Array(20),
      isV2: v1 === undefined,
      ...(v1 === undefined || v2 === undefined ? {} : { v2InfoHash: v2 }),
      ...this.#described(address),
    }
  }

  /**
   * The pieces that a peer may request while choked, among those that we have.
   * @param address IPv4; BEP 6 has no rule for IPv6
   */
  allowedFast(address: string, { infoHash }: Pick<SessionTorrent, 'infoHash'>): readonly number[] {
    const { metainfo, have } = this.#torrent
    const set = generateAllowedFastSet(address, infoHash, metainfo.pieceCount)
    return set.filter((piece) => have === 'all' || have.has(piece))
  }

  #described(address: string): Omit<SessionTorrent, 'infoHash'> {
    const { metainfo, have } = this.#torrent
    const { client, queueLength } = this.#options
    const { infoBytes, private: isPrivate, pieceCount } = metainfo
    const extensionHandshake = {
      extensions: new Map(isPrivate ? [] : [['ut_metadata', UT_METADATA_ID]]),
      ...(isPrivate ? {} : { metadataSize: infoBytes.length }),
      ...(client === undefined ? {} : { client }),
      reqq: queueLength,
      uploadOnly: true,
      yourIp: address,
    }
    return { pieceCount, extensionHandshake, have }
  }
}
