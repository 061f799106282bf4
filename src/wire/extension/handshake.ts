import { extended } from '../../base/extended.ts'
import { decodeUtf8, encodeUtf8 } from '../../base/bytes.ts'
import {
  MAX_EXTENSION_HANDSHAKE_LENGTH,
  MAX_EXTENSION_ISSUES,
  MAX_EXTENSION_NAME_LENGTH,
  MAX_EXTENSIONS,
  MAX_METADATA_LENGTH,
} from '../../base/limits.ts'
import { IPV4_LENGTH, IPV6_LENGTH, parseIpAddress } from '../address.ts'
import {
  decodeBencodeDictionary,
  encodeBencode,
  type BencodeDictionary,
  type BencodeInput,
} from '../bencode.ts'
import { malformed, type DecodeResult } from '../decode-result.ts'
import { DictionaryReader, type ExtensionHandshakeIssue } from './dictionary-reader.ts'

/** Sub-id of the extension handshake inside an *extended* message. */
export const EXTENSION_HANDSHAKE_ID = 0

/** What a peer can announce in an extension handshake. Absent members were not announced. */
export interface ExtensionHandshakeFields {
  /**
   * `m`: the id with which the sender wants to receive each extension, 1 to 255, or 0 for "disabled". Names are byte
   * strings (one character per byte), as are the keys of all bencoded dictionaries here.
   */
  readonly extensions?: ReadonlyMap<string, number>
  /** `v`: name and version of the client, valid UTF-8. Untrusted text: escape it before you print it. */
  readonly client?: string
  /** `reqq`: how many requests it queues without dropping any, at least 1; if absent, 250. */
  readonly reqq?: number
  /** `metadata_size` in bytes (BEP 9), 1 to 32 MiB; a hint until the info hash matches. */
  readonly metadataSize?: number
  /** `p`: the TCP port it listens on, 1 to 65535. */
  readonly listenPort?: number
  /** `yourip`: the receiver's address as the sender sees it, as text; an IPv4-mapped one is shown as IPv4. */
  readonly yourIp?: string
  /** `ipv4`: an address of its own, as text. */
  readonly ipv4?: string
  /** `ipv6`: an address of its own, as text. */
  readonly ipv6?: string
  /** `upload_only` (BEP 21): it does not want to download. */
  readonly uploadOnly?: boolean
  /** `e`: it prefers encrypted connections. */
  readonly encryptionPreferred?: boolean
  /** `complete_ago`: seconds since it last saw a complete copy in the swarm; -1 for never. */
  readonly completeAgo?: number
  /** `share_mode`: it downloads only what it can pass on (libtorrent). */
  readonly shareMode?: boolean
  /** `tr`: hash of its tracker list (BEP 28). */
  readonly trackerListHash?: Uint8Array
  /** All other keys, undecoded. */
  readonly unknown?: BencodeDictionary
}

/** A received extension handshake: the decoded fields, the issues, and the raw dictionary. */
export interface ExtensionHandshake extends ExtensionHandshakeFields {
  readonly extensions: ReadonlyMap<string, number>
  /** `v` as sent, even if it is not UTF-8. */
  readonly clientBytes?: Uint8Array
  readonly unknown: BencodeDictionary
  /** The whole dictionary. */
  readonly raw: BencodeDictionary
  /** Errors in it, at most 64. The fields concerned are omitted unless the entry says otherwise. */
  readonly issues: readonly ExtensionHandshakeIssue[]
}

export type { ExtensionHandshakeIssue } from './dictionary-reader.ts'

/**
 * Decodes the payload of an *extended* message with sub-id 0. Only a payload that is not a bencoded dictionary
 * is malformed: a wrong type or value affects only its own field and is listed in `issues`. Byte fields share memory with
 * `payload`.
 *
 * @param payload what follows the sub-id; more than 1088 KiB is refused without decoding
 * @see https://www.bittorrent.org/beps/bep_0010.html "handshake message"
 */
export function decodeExtensionHandshake(payload: Uint8Array): DecodeResult<ExtensionHandshake> {
  if (payload.length > MAX_EXTENSION_HANDSHAKE_LENGTH) {
    return malformed(`extension handshake of ${payload.length} bytes`, MAX_EXTENSION_HANDSHAKE_LENGTH)
  }
  const decoded = decodeBencodeDictionary(payload)
  if (!decoded.ok) return decoded
  const reader = new DictionaryReader(decoded.value)
  for (const kind of decoded.issues) {
    const what = kind === 'duplicate-key' ? 'duplicate key' : 'keys out of order'
    reader.report({ kind, key: '', detail: `${what} in the dictionary or a nested one` })
  }
  const trailing = payload.length - decoded.length
  if (trailing > 0) {
    reader.report({ kind: 'trailing-bytes', key: '', detail: `${trailing} bytes after the dictionary` })
  }
  return { ok: true, value: readHandshake(decoded.value, reader) }
}

/**
 * Encodes the payload of an *extended* message with sub-id 0, keys in order; absent fields are omitted.
 * `decodeExtensionHandshake` returns the same fields.
 * @throws RangeError for a value out of the bounds above, or text that is not an IP address
 */
export function encodeExtensionHandshake(fields: ExtensionHandshakeFields): Uint8Array {
  const members = new Map<string, BencodeInput>(fields.unknown)
  for (const [key, value] of Object.entries(wireMembers(fields))) {
    if (value !== undefined) members.set(key, value)
  }
  return encodeBencode(members)
}

/**
 * Merges another extension handshake from a peer: `m` is additive (an id of 0 disables), and for the other keys the last
 * valid value counts. `raw` and `unknown` are those of `next`, and `extensions` and `issues` are bounded, so that a peer
 * that keeps sending handshakes cannot fill the memory.
 * @see https://www.bittorrent.org/beps/bep_0010.html
 */
export function mergeExtensionHandshake(
  previous: ExtensionHandshake,
  next: ExtensionHandshake,
): ExtensionHandshake {
  const extensions = new Map(previous.extensions)
  for (const [name, id] of next.extensions) {
    if (extensions.size < MAX_EXTENSIONS || extensions.has(name)) extensions.set(name, id)
  }
  const issues = [...previous.issues, ...next.issues].slice(0, MAX_EXTENSION_ISSUES)
  const merged = { ...previous, ...next, extensions, issues }
  // a second `v` that is not UTF-8 must replace the text of the first one, too
  if (next.clientBytes === undefined || next.client !== undefined) return merged
  const { client: _, ...withoutText } = merged
  return withoutText
}

const MAX_UINT32 = 0xffff_ffff
const KNOWN_KEYS: ReadonlySet<string> = new Set(Object.keys(wireMembers({})))

function readHandshake(raw: BencodeDictionary, reader: DictionaryReader): ExtensionHandshake {
  const clientBytes = reader.bytes('v')
  const client = clientBytes && decodeUtf8(clientBytes)
  if (clientBytes !== undefined && client === undefined) {
    reader.report({ kind: 'not-utf-8', key: 'v', detail: `${clientBytes.length} bytes` })
  }
  const fields = {
    clientBytes,
    client,
    reqq: reader.integer('reqq', 1, MAX_UINT32),
    metadataSize: reader.integer('metadata_size', 1, MAX_METADATA_LENGTH),
    listenPort: reader.integer('p', 1, 0xffff),
    yourIp: reader.address('yourip', [IPV4_LENGTH, IPV6_LENGTH]),
    ipv4: reader.address('ipv4', [IPV4_LENGTH]),
    ipv6: reader.address('ipv6', [IPV6_LENGTH]),
    uploadOnly: reader.flag('upload_only'),
    encryptionPreferred: reader.flag('e'),
    completeAgo: reader.integer('complete_ago', -1, MAX_UINT32),
    shareMode: reader.flag('share_mode'),
    trackerListHash: reader.bytes('tr'),
  }
  const extensions = reader.extensions('m')
  const unknown = new Map([...raw].filter(([key]) => !KNOWN_KEYS.has(key)))
  return extended(withoutUndefined(fields), { extensions, unknown, raw, issues: reader.issues })
}

/** The typed fields by their key on the wire: the only table of these names, used for encoding and for `unknown`. */
function wireMembers(fields: ExtensionHandshakeFields): Record<string, BencodeInput | undefined> {
  const { client } = fields
  return {
    m: fields.extensions && checkedExtensions(fields.extensions),
    v: client === undefined ? undefined : encodeUtf8(client),
    reqq: checkedInteger('reqq', fields.reqq, 1, MAX_UINT32),
    metadata_size: checkedInteger('metadataSize', fields.metadataSize, 1, MAX_METADATA_LENGTH),
    p: checkedInteger('listenPort', fields.listenPort, 1, 0xffff),
    yourip: checkedAddress(fields.yourIp, [IPV4_LENGTH, IPV6_LENGTH]),
    ipv4: checkedAddress(fields.ipv4, [IPV4_LENGTH]),
    ipv6: checkedAddress(fields.ipv6, [IPV6_LENGTH]),
    upload_only: flagNumber(fields.uploadOnly),
    e: flagNumber(fields.encryptionPreferred),
    complete_ago: checkedInteger('completeAgo', fields.completeAgo, -1, MAX_UINT32),
    share_mode: flagNumber(fields.shareMode),
    tr: fields.trackerListHash,
  }
}

function checkedExtensions(extensions: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  if (extensions.size > MAX_EXTENSIONS) throw new RangeError(`more than ${MAX_EXTENSIONS} extensions`)
  for (const [name, id] of extensions) {
    if (name.length > MAX_EXTENSION_NAME_LENGTH)
      throw new RangeError(`an extension name of ${name.length} bytes`)
    checkedInteger('extension id', id, 0, 255)
  }
  return extensions
}

function checkedInteger<T extends number | undefined>(
  name: string,
  value: T,
  minimum: number,
  maximum: number,
): T {
  if (value === undefined || (Number.isInteger(value) && value >= minimum && value <= maximum)) return value
  throw new RangeError(`${name} is ${value}, expected ${minimum} to ${maximum}`)
}

function checkedAddress(text: string | undefined, lengths: readonly number[]): Uint8Array | undefined {
  if (text === undefined) return undefined
  const bytes = parseIpAddress(text)
  if (bytes === undefined || !lengths.includes(bytes.length))
    throw new RangeError(`not an address of this kind: ${text}`)
  return bytes
}

function flagNumber(flag: boolean | undefined): number | undefined {
  return flag === undefined ? undefined : Number(flag)
}

type Defined<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}
