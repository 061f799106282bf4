import { encodeUtf8, equalBytes, fromByteString, toByteString } from '../../base/bytes.ts'
import {
  MAX_MAGNET_ADDRESSES,
  MAX_MAGNET_LENGTH,
  MAX_MAGNET_PARAMETERS,
  MAX_SELECTED_FILE,
} from '../../base/limits.ts'
import { badHash, type InfoHashes, parseBtih, parseBtmh, parseInfoHash } from './info-hash.ts'
import { NoteList, type TorrentNote } from './notes.ts'

/** A peer address in a magnet link. */
export interface MagnetPeer {
  /** A name, an IPv4 address, or an IPv6 address without brackets. */
  readonly host: string
  /** 1 to 65535. */
  readonly port: number
}

/** The contents of a magnet link. All of its text is untrusted: escape it before you print it. */
export interface MagnetLink {
  readonly infoHashes: InfoHashes
  /** `dn`, percent-decoded. */
  readonly name: string | undefined
  /** `x.pe`, in order; values that are not host:port are omitted, with a note. */
  readonly peers: readonly MagnetPeer[]
  /** `tr`. May contain passkeys: never print, log or store them. */
  readonly trackers: readonly string[]
  /** `ws`. May contain passkeys, like trackers. */
  readonly webSeeds: readonly string[]
  /** `xl` in bytes; not verified, and not in any BEP. */
  readonly length: number | undefined
  /** `so`: the files to fetch, as indices into the file list, ascending; undefined when the link does not select. */
  readonly selectedFiles: readonly number[] | undefined
  /** Irregularities of the link. */
  readonly notes: readonly TorrentNote[]
}

/**
 * Parses the value of `--info-hash`: an info hash in any form, also with `urn:btih:`, or a magnet link.
 * @throws PeerError E_BAD_HASH
 */
export function parseTarget(text: string): MagnetLink {
  const target = text.trim()
  const [, urn] = /^(?:xt=)?(?:urn:)?(bt[im]h:[0-9a-z]+)$/i.exec(target) ?? []
  if (urn !== undefined) return parseMagnet(`magnet:?xt=urn:${urn}`)
  return /^magnet:/i.test(target) ? parseMagnet(target) : { ...EMPTY, infoHashes: parseInfoHash(target) }
}

/**
 * Parses a magnet link. Keys may be numbered (`xt.1`) and in any case. Parts that are not needed to identify the torrent
 * never make the link invalid: a bad `x.pe`, `so` range or `xl` is ignored, a `#` in a name is text, and only the first
 * addresses of each kind are kept (`MAX_MAGNET_ADDRESSES`).
 * @throws PeerError E_BAD_HASH when it is not a magnet link, is too long, names no torrent, or has an invalid hash
 * @see https://www.bittorrent.org/beps/bep_0009.html "magnet URI format"
 * @see https://www.bittorrent.org/beps/bep_0053.html
 */
export function parseMagnet(uri: string): MagnetLink {
  if (!/^magnet:\?/i.test(uri)) throw badHash('a magnet link begins with "magnet:?"')
  if (uri.length > MAX_MAGNET_LENGTH) {
    throw badHash(`the magnet link has ${uri.length} characters, more than ${MAX_MAGNET_LENGTH}`)
  }
  const parameters = splitParameters(uri)
  const values = (key: string): string[] =>
    parameters.filter(([name]) => name === key).map(([, value]) => value)
  const addresses = (key: string): string[] => values(key).slice(0, MAX_MAGNET_ADDRESSES).map(percentDecode)
  const [name] = values('dn')
  const [length = ''] = values('xl')
  const [selection] = values('so')
  const notes = new NoteList()
  return {
    infoHashes: parseTopics(values('xt').map(percentDecode), notes),
    name: name === undefined ? undefined : percentDecode(name.replaceAll('+', ' ')),
    peers: addresses('x.pe').flatMap((text) => parsePeer(text, notes)),
    trackers: addresses('tr'),
    webSeeds: addresses('ws'),
    length: parseLength(length),
    selectedFiles: selection === undefined ? undefined : parseSelection(percentDecode(selection)),
    notes: notes.toArray(),
  }
}

const EMPTY: Omit<MagnetLink, 'infoHashes'> = {
  name: undefined,
  peers: [],
  trackers: [],
  webSeeds: [],
  length: undefined,
  selectedFiles: undefined,
  notes: [],
}

/** Values in which a `#` begins the fragment of the link. In names it is text, as in clients. */
const WITHOUT_FRAGMENT: ReadonlySet<string> = new Set(['xt', 'xl', 'so', 'x.pe'])

/** Normalises keys: removes their case, their number, and the `amp;` of links that were copied from HTML source. */
function splitParameters(uri: string): [key: string, value: string][] {
  const query = uri.slice('magnet:?'.length)
  return query.split('&', MAX_MAGNET_PARAMETERS).map((parameter) => {
    const at = parameter.includes('=') ? parameter.indexOf('=') : parameter.length
    const key = parameter
      .slice(0, at)
      .toLowerCase()
      .replace(/^amp;/, '')
      .replace(/\.\d+$/, '')
    const value = parameter.slice(at + 1)
    return [key, WITHOUT_FRAGMENT.has(key) ? value.replace(/#.*$/s, '') : value]
  })
}

function parseTopics(topics: readonly string[], notes: NoteList): InfoHashes {
  let v1: Uint8Array | undefined
  let v2: Uint8Array | undefined
  for (const topic of topics) {
    const [, kind = '', hash = ''] = /^urn:(btih|btmh):(.*)$/is.exec(topic) ?? []
    const isV2InBtih = kind.toLowerCase() === 'btih' && /^[0-9a-f]{64}$/i.test(hash)
    if (isV2InBtih) {
      notes.add('v2-hash-in-btih', undefined)
      v2 = once(v2, parseInfoHash(hash).v2, 'v2')
    } else if (kind.toLowerCase() === 'btih') v1 = once(v1, parseBtih(hash), 'v1')
    else if (kind.toLowerCase() === 'btmh') v2 = once(v2, parseBtmh(hash), 'v2')
  }
  if (v1 === undefined && v2 === undefined) {
    const what = topics.length === 0 ? 'no xt' : 'no xt with urn:btih or urn:btmh'
    throw badHash(`the magnet link names no torrent: it has ${what}`)
  }
  return { v1, v2 }
}

/** The same hash may occur twice; two different ones would be ambiguous. */
function once<Hash extends Uint8Array | undefined>(
  known: Uint8Array | undefined,
  hash: Hash,
  kind: string,
): Hash {
  if (known !== undefined && hash !== undefined && !equalBytes(known, hash)) {
    throw badHash(`the magnet link has two different ${kind} hashes`)
  }
  return hash
}

const PEER = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]/@]+)):(\d{1,5})$/i

/** A host name has at most 253 characters (RFC 1035). */
const MAX_HOST_LENGTH = 253

function parsePeer(text: string, notes: NoteList): MagnetPeer[] {
  const [, ipv6, name, digits] = PEER.exec(text) ?? []
  const host = ipv6 ?? name ?? ''
  const port = Number(digits)
  const known = host !== '' && host.length <= MAX_HOST_LENGTH && !/[^!-~]/.test(host)
  if (known && port >= 1 && port <= 65_535) return [{ host, port }]
  notes.add('unreadable-peer', undefined)
  return []
}

function parseLength(text: string): number | undefined {
  const length = /^\d{1,16}$/.test(text) ? Number(text) : undefined
  return length !== undefined && Number.isSafeInteger(length) ? length : undefined
}

/** `0,2,4-6`: ranges include both ends; a descending one, or one past `MAX_SELECTED_FILE`, is ignored. */
function parseSelection(text: string): readonly number[] {
  const selected = new Set<number>()
  for (const part of text.split(',')) {
    const [, first, last = first] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part) ?? []
    // an invalid part gives NaN, which fails every comparison
    const [from, to] = [Number(first), Number(last)]
    if (to > MAX_SELECTED_FILE) continue
    for (let index = from; index <= to; index++) selected.add(index)
  }
  return [...selected].sort((a, b) => a - b)
}

/** Invalid escapes are kept, and bytes that are not UTF-8 become U+FFFD: the result is only displayed, or tried as an address. */
function percentDecode(text: string): string {
  if (!text.includes('%')) return text
  const bytes = encodeUtf8(text)
  const decoded = toByteString(bytes).replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
  return new TextDecoder().decode(fromByteString(decoded))
}
