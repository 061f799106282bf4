import { concat } from '../../base/bytes.ts'
import { MAX_EXTENSION_ISSUES, MAX_PEX_PEERS, PEX_PEERS_PER_MESSAGE } from '../../base/limits.ts'
import {
  decodePeerAddress,
  encodePeerAddress,
  IPV4_LENGTH,
  IPV6_LENGTH,
  specialAddress,
  type PeerAddress,
  renderEndpoint,
} from '../address.ts'
import { decodeBencodeDictionary, encodeBencode, type BencodeDictionary } from '../bencode.ts'
import type { BencodeIssue } from '../bencode-scanner.ts'
import type { DecodeResult } from '../decode-result.ts'

/** The flags of an added peer and their bits. */
const PEX_FLAGS = {
  /** Its extension handshake contained `e`. */
  'prefers-encryption': 0x01,
  seed: 0x02,
  utp: 0x04,
  holepunch: 0x08,
  /** The sender made the connection to it. */
  reachable: 0x10,
} as const

/** A flag that the sender sets for a peer, by name (BEP 11). */
export type PexFlag = keyof typeof PEX_FLAGS

/** A peer that the sender is connected to. `flags` is empty if the sender sent none. */
export interface PexPeer extends PeerAddress {
  readonly flags: readonly PexFlag[]
}

/** What changed since the sender's last message. The contents are not verified: all of it may be invented. */
export interface PexPeers {
  readonly added: readonly PexPeer[]
  readonly added6: readonly PexPeer[]
  readonly dropped: readonly PeerAddress[]
  readonly dropped6: readonly PeerAddress[]
}

/** A decoded ut_pex message, with its errors. */
export interface PexMessage extends PexPeers {
  /** Errors in it, at most 64. */
  readonly issues: readonly PexIssue[]
}

/** An error in a ut_pex message that can still be decoded. */
export interface PexIssue {
  readonly kind:
    | BencodeIssue
    | 'trailing-bytes'
    /** None of the four lists. */
    | 'empty'
    | 'wrong-type'
    /** The length is not a multiple of the address length; the list is not read. */
    | 'wrong-length'
    /** Not one flag byte per peer; missing ones are read as no flags. */
    | 'flags-length'
    | 'reserved-flags'
    | 'port-zero'
    /** An address that is not reachable from the internet: private, loopback, multicast. */
    | 'special-address'
    | 'duplicate'
    | 'added-and-dropped'
    /** More than 50 peers added, or dropped; allowed in the first message of a connection only. */
    | 'over-50'
    /** More than 1024 peers in one list; the rest is not read. */
    | 'too-many'
  /** The key; empty for the whole dictionary. */
  readonly key: '' | PexKey
  /** One line; contains no text from the peer. */
  readonly detail: string
}

/** A key of a ut_pex message. */
export type PexKey = keyof PexPeers | 'added.f' | 'added6.f'

/**
 * Decodes a ut_pex payload. Only a payload that is not a bencoded dictionary is malformed; everything else is decoded as far
 * as possible and listed in `issues`.
 * @see https://www.bittorrent.org/beps/bep_0011.html
 */
export function decodePexMessage(payload: Uint8Array): DecodeResult<PexMessage> {
  const decoded = decodeBencodeDictionary(payload)
  if (!decoded.ok) return decoded
  const reader = new PexReader(decoded.value)
  for (const kind of decoded.issues) reader.report(kind, '', 'in the dictionary')
  const trailing = payload.length - decoded.length
  if (trailing > 0) reader.report('trailing-bytes', '', `${trailing} bytes after the dictionary`)
  return { ok: true, value: reader.message() }
}

/**
 * The payload of a ut_pex message; empty lists are omitted, but `added` is written if all are empty, because one is required.
 * @throws RangeError for an address that is not of the list's address family, or an invalid port
 */
export function encodePexMessage({ added, added6, dropped, dropped6 }: PexPeers): Uint8Array {
  const members: Record<string, Uint8Array> = {}
  if (added.length > 0) members['added.f'] = encodeFlags(added)
  if (added6.length > 0) members['added6.f'] = encodeFlags(added6)
  if (added6.length > 0) members['added6'] = encodePeers(added6, IPV6_LENGTH)
  if (dropped.length > 0) members['dropped'] = encodePeers(dropped, IPV4_LENGTH)
  if (dropped6.length > 0) members['dropped6'] = encodePeers(dropped6, IPV6_LENGTH)
  if (added.length > 0 || Object.keys(members).length === 0) {
    members['added'] = encodePeers(added, IPV4_LENGTH)
  }
  return encodeBencode(members)
}

/** The names of the flags in one byte, lowest bit first; reserved bits have none. */
export function pexFlagNames(bits: number): readonly PexFlag[] {
  return FLAG_NAMES.filter((name) => (bits & PEX_FLAGS[name]) !== 0)
}

const FLAG_NAMES = Object.keys(PEX_FLAGS) as readonly PexFlag[]
const RESERVED_FLAGS = 0xe0

class PexReader {
  readonly #dictionary: BencodeDictionary
  readonly #issues: PexIssue[] = []

  constructor(dictionary: BencodeDictionary) {
    this.#dictionary = dictionary
  }

  report(kind: PexIssue['kind'], key: PexIssue['key'], detail: string): void {
    if (this.#issues.length < MAX_EXTENSION_ISSUES) this.#issues.push({ kind, key, detail })
  }

  message(): PexMessage {
    const lists = ['added', 'added6', 'dropped', 'dropped6'] as const
    if (!lists.some((key) => this.#dictionary.has(key))) {
      this.report('empty', '', 'none of added, added6, dropped, dropped6')
    }
    const peers = {
      added: this.#withFlags('added', this.#peers('added', IPV4_LENGTH)),
      added6: this.#withFlags('added6', this.#peers('added6', IPV6_LENGTH)),
      dropped: this.#peers('dropped', IPV4_LENGTH),
      dropped6: this.#peers('dropped6', IPV6_LENGTH),
    }
    this.#checkCounts('added', peers.added.length + peers.added6.length)
    this.#checkCounts('dropped', peers.dropped.length + peers.dropped6.length)
    this.#checkBothWays('dropped', peers.added, peers.dropped)
    this.#checkBothWays('dropped6', peers.added6, peers.dropped6)
    return { ...peers, issues: this.#issues }
  }

  #peers(key: keyof PexPeers, addressLength: number): readonly PeerAddress[] {
    const bytes = this.#bytes(key)
    const entryLength = addressLength + 2
    if (bytes.length % entryLength !== 0) {
      this.report('wrong-length', key, `${bytes.length} bytes, expected a multiple of ${entryLength}`)
      return []
    }
    const count = bytes.length / entryLength
    if (count > MAX_PEX_PEERS) this.report('too-many', key, `${count} peers; ${MAX_PEX_PEERS} are read`)
    const peers: PeerAddress[] = []
    const seen = new Set<string>()
    for (let i = 0; i < Math.min(count, MAX_PEX_PEERS); i++) {
      const entry = bytes.subarray(i * entryLength, (i + 1) * entryLength)
      const peer = decodePeerAddress(entry)
      peers.push(peer)
      this.#checkPeer(key, peer, entry.subarray(0, addressLength))
      if (seen.has(renderEndpoint(peer))) this.report('duplicate', key, renderEndpoint(peer))
      seen.add(renderEndpoint(peer))
    }
    return peers
  }

  #withFlags(key: 'added' | 'added6', peers: readonly PeerAddress[]): readonly PexPeer[] {
    const flags = this.#bytes(`${key}.f`)
    const isPresent = this.#dictionary.has(`${key}.f`)
    const entryLength = key === 'added' ? IPV4_LENGTH + 2 : IPV6_LENGTH + 2
    const count = Math.trunc(this.#bytesOrNone(key).length / entryLength)
    if (flags.length !== count) {
      const found = isPresent ? `${flags.length} flag bytes` : 'no flags'
      this.report('flags-length', `${key}.f`, `${found} for ${count} peers`)
    }
    return peers.map((peer, i) => {
      const bits = flags[i] ?? 0
      if ((bits & RESERVED_FLAGS) !== 0) this.report('reserved-flags', `${key}.f`, `0x${bits.toString(16)}`)
      return { ...peer, flags: pexFlagNames(bits) }
    })
  }

  #checkPeer(key: PexKey, peer: PeerAddress, address: Uint8Array): void {
    if (peer.port === 0) this.report('port-zero', key, renderEndpoint(peer))
    const special = specialAddress(address)
    if (special !== undefined) this.report('special-address', key, `${special}: ${renderEndpoint(peer)}`)
  }

  #checkCounts(key: 'added' | 'dropped', count: number): void {
    if (count > PEX_PEERS_PER_MESSAGE) {
      this.report('over-50', key, `${count} peers of both families, at most ${PEX_PEERS_PER_MESSAGE}`)
    }
  }

  #checkBothWays(key: PexKey, added: readonly PeerAddress[], dropped: readonly PeerAddress[]): void {
    const present = new Set(added.map(renderEndpoint))
    for (const peer of dropped) {
      if (present.has(renderEndpoint(peer))) this.report('added-and-dropped', key, renderEndpoint(peer))
    }
  }

  #bytesOrNone(key: PexKey): Uint8Array {
    const value = this.#dictionary.get(key)
    return value instanceof Uint8Array ? value : new Uint8Array()
  }

  #bytes(key: PexKey): Uint8Array {
    const value = this.#dictionary.get(key)
    if (value !== undefined && !(value instanceof Uint8Array)) {
      this.report('wrong-type', key, 'expected a string')
    }
    return this.#bytesOrNone(key)
  }
}

function encodePeers(peers: readonly PeerAddress[], addressLength: number): Uint8Array {
  return concat(
    peers.map((peer) => {
      const bytes = encodePeerAddress(peer)
      if (bytes.length !== addressLength + 2) throw new RangeError(`${peer.address} is in the wrong list`)
      return bytes
    }),
  )
}

function encodeFlags(peers: readonly PexPeer[]): Uint8Array {
  return Uint8Array.from(peers, ({ flags }) => flags.reduce((bits, flag) => bits | PEX_FLAGS[flag], 0))
}
