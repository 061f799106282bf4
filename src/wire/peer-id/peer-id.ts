import { encodeUtf8, toByteString, toHex } from '../../base/bytes.ts'
import { AZUREUS_CLIENTS, SHADOW_CLIENTS } from './clients.ts'
import { ANY_PREFIX_CLIENT, PREFIX_CLIENTS, type PrefixClient } from './prefix-clients.ts'
import {
  readBitLordVersion,
  readShadowVersion,
  readShortVersion,
  readVersion,
  type VersionRule,
  readWideKTorrentVersion,
  readWideUtorrentVersion,
} from './version.ts'

/** Length of every peer id, in bytes (BEP 3). */
export const PEER_ID_LENGTH = 20

/** Prefix of our own ids; the rest is random. */
export const PEER_ID_PREFIX = '-PW0100-'

/** The convention that an id follows; `unknown` if it follows none. */
export type PeerIdStyle =
  | 'azureus'
  | 'azureus-wide'
  | 'shadow'
  | 'mainline'
  | 'bitcomet-old'
  | 'bitspirit'
  | 'rufus'
  | 'shareaza'
  | 'prefix'
  | 'unknown'

/** A decoded peer id. It is not verified: any client can send the id of another. */
export interface PeerId {
  /** All 20 bytes, 40 digits. */
  readonly hex: string
  /** Printable ASCII unchanged; every other byte, and the backslash, as `\xNN`. Safe to print. */
  readonly text: string
  readonly style: PeerIdStyle
  /** The client's code if the style has one, e.g. `qB`; escaped like `text`. */
  readonly code: string | null
  readonly client: string | null
  readonly version: string | null
}

/**
 * Decodes which client an id claims, by the conventions of BEP 20 and by undocumented ones. Never fails: an id that follows
 * none has style `unknown`.
 * @throws RangeError unless `bytes` is 20 long, a bug in the caller
 * @see https://www.bittorrent.org/beps/bep_0020.html
 */
export function decodePeerId(bytes: Uint8Array): PeerId {
  if (bytes.length !== PEER_ID_LENGTH) throw new RangeError(`a peer id has 20 bytes, not ${bytes.length}`)
  const id = toByteString(bytes)
  const claim = STYLES.reduce<Claim | undefined>((found, read) => found ?? read(id, bytes), undefined)
  const { style, code, client, version } = claim ?? { ...NO_CLAIM, style: 'unknown' as const }
  return {
    hex: toHex(bytes),
    text: escapeBytes(id),
    style,
    code: code === null ? null : escapeBytes(code),
    client,
    version,
  }
}

/** The client and its version as text; for an unknown client, its code. Safe to print. */
export function describePeerId({
  client,
  version,
  code,
}: Pick<PeerId, 'client' | 'version' | 'code'>): string {
  if (client !== null) return version === null ? client : `${client} ${version}`
  return code === null ? 'an unknown client' : `an unknown client with the code ${code}`
}

/**
 * Generates an id that begins with `prefix`.
 * @param prefix at most 20 bytes of UTF-8, e.g. `PEER_ID_PREFIX`
 * @param randomBytes new random bytes, at least enough to fill the id (20 always suffice)
 * @throws RangeError when the prefix is too long or the random bytes are too few
 */
export function generatePeerId(prefix: string, randomBytes: Uint8Array): Uint8Array {
  const start = encodeUtf8(prefix)
  const open = PEER_ID_LENGTH - start.length
  if (open < 0) throw new RangeError(`a peer id prefix has at most 20 bytes, not ${start.length}`)
  if (randomBytes.length < open) throw new RangeError(`need ${open} random bytes, got ${randomBytes.length}`)
  const id = new Uint8Array(PEER_ID_LENGTH)
  id.set(start)
  id.set(randomBytes.subarray(0, open), start.length)
  return id
}

type Claim = Pick<PeerId, 'style' | 'code' | 'client' | 'version'>
type ReadStyle = (id: string, bytes: Uint8Array) => Claim | undefined

const NO_CLAIM = { code: null, client: null, version: null }

/** From the most to the least specific: the last ones would also match ids of the first. */
const STYLES: readonly ReadStyle[] = [
  readOldBitComet,
  readBitSpirit,
  readPrefix,
  readAzureus,
  readAzureusWide,
  readAzureusShort,
  readRufus,
  readMainline,
  readShadow,
  readShareaza,
  readUnclosedAzureus,
]

function readPrefix(id: string): Claim | undefined {
  if (!ANY_PREFIX_CLIENT.test(id)) return undefined
  for (const known of PREFIX_CLIENTS) {
    const match = known.pattern.exec(id)
    if (match !== null) {
      const version = prefixVersion(known, match.slice(1))
      return { ...NO_CLAIM, style: 'prefix', client: known.client, version }
    }
  }
  return undefined
}

function prefixVersion({ version }: PrefixClient, groups: readonly (string | undefined)[]): string | null {
  if (typeof version === 'object') return version.fixed
  const numbers = groups.filter((group) => group !== undefined)
  if (numbers.length === 0) return null
  if (version === undefined) return numbers.join('.')
  return version === 'build' ? `build ${numbers.join('')}` : readVersion(version, numbers.join(''))
}

function readAzureus(id: string): Claim | undefined {
  if (id[0] !== '-' || id[7] !== '-') return undefined
  const code = id.slice(1, 3)
  const known = AZUREUS_CLIENTS.get(code)
  const version = known === undefined ? null : readVersion(known.version, id.slice(3, 7))
  return { style: 'azureus', code, client: known?.client ?? null, version }
}

/** Some clients use the position of the closing dash for another digit. */
function readAzureusWide(id: string): Claim | undefined {
  if (id[0] !== '-') return undefined
  const code = id.slice(1, 3)
  const known = AZUREUS_CLIENTS.get(code)
  if (code === 'BL') {
    const version = readBitLordVersion(id.slice(3, 9))
    return version === null ? undefined : { style: 'azureus-wide', code, client: 'BitLord', version }
  }
  if (known === undefined) return undefined
  const version = readWideVersion(known.version, id)
  return version === null ? undefined : { style: 'azureus-wide', code, client: known.client, version }
}

function readWideVersion(rule: VersionRule, id: string): string | null {
  if (rule === 'utorrent') return readWideUtorrentVersion(id.slice(3, 8))
  return rule === 'ktorrent' && id[8] === '-' ? readWideKTorrentVersion(id.slice(3, 8)) : null
}

/** Three digits instead of four: µTorrent 1.7 and 3.4, BitTorrent 7.9, KTorrent 3 and 5. */
function readAzureusShort(id: string): Claim | undefined {
  const [, code = '', digits = ''] = /^-([!-~]{2})([0-9A-Za-z]{3})-/.exec(id) ?? []
  const known = AZUREUS_CLIENTS.get(code)
  if (known === undefined) return undefined
  return { style: 'azureus', code, client: known.client, version: readShortVersion(known.version, digits) }
}

function readOldBitComet(id: string, bytes: Uint8Array): Claim | undefined {
  if (!/^(?:exbc|FUTB|xUTB)/.test(id)) return undefined
  const [major, minor] = bytes.subarray(4, 6)
  const isBitLord = id.startsWith('LORD', 6)
  const modified = id.startsWith('exbc') ? 'BitComet' : 'BitComet (modified)'
  return {
    style: 'bitcomet-old',
    code: id.slice(0, 4),
    client: isBitLord ? 'BitLord' : modified,
    // from 1.0 on, BitLord versions are x.y
    version: `${major}.${String(minor).padStart(isBitLord && major !== 0 ? 1 : 2, '0')}`,
  }
}

/** In one mode BitSpirit copies the first bytes of the other side's id; the end still identifies it. */
function readBitSpirit(id: string, bytes: Uint8Array): Claim | undefined {
  const claim = { style: 'bitspirit', code: 'BS', client: 'BitSpirit' } as const
  if (bytes[0] === 0 && id.startsWith('BS', 2)) return { ...claim, version: `${bytes[1] || 1}.x` }
  return /(?:UDP0|HTTPBT)$/.test(id) ? { ...claim, version: null } : undefined
}

/** BitMagnet became Rufus. The two version bytes must be small; without that bound one in 32768 random ids would match. */
function readRufus(id: string, bytes: Uint8Array): Claim | undefined {
  const code = id.slice(2, 4)
  const client = RUFUS_CLIENTS.get(code)
  const [major = 0, minor = 0] = bytes
  if (client === undefined || major > 31 || minor > 31) return undefined
  return { style: 'rufus', code, client, version: `${major}.${minor}` }
}

const RUFUS_CLIENTS: ReadonlyMap<string, string> = new Map([
  ['RS', 'Rufus'],
  ['BM', 'BitMagnet'],
])

/** Early mainline versions sent twelve zero bytes and eight random ones. */
function readMainline(id: string): Claim | undefined {
  if (/^\0{12}[^\0]/.test(id)) {
    return { ...NO_CLAIM, style: 'mainline', client: MAINLINE }
  }
  const match = /^([MQ])(\d)-(\d{1,2})-(\d{1,2})-/.exec(id)
  if (match === null) return undefined
  const [, code = '', major, minor, patch] = match
  const client = code === 'M' ? MAINLINE : 'Queen Bee'
  return { style: 'mainline', code, client, version: `${major}.${minor}.${patch}` }
}

const MAINLINE = 'BitTorrent mainline'

/** Bytes 1 to 5 are the version, padded with dashes. Three more dashes should follow; if they do not, the padding identifies the style. */
function readShadow(id: string, bytes: Uint8Array): Claim | undefined {
  const code = id.slice(0, 1)
  const client = SHADOW_CLIENTS.get(code)
  if (client === undefined) return undefined
  const isDashed = /^[0-9A-Za-z.]*-*$/.test(id.slice(1, 6)) && id.slice(6, 9) === '---'
  const isShort = /^\d[0-9A-Za-z.]{0,3}-+$/.test(id.slice(1, 6))
  if (isDashed || isShort) {
    return { style: 'shadow', code, client, version: readShadowVersion(id.slice(1, 6)) }
  }
  const version = readBinaryShadowVersion(bytes)
  return version === null ? undefined : { style: 'shadow', code, client, version }
}

/** The first ids of this style had three version bytes, and a zero at 8. Small numbers only: a random id must not pass. */
function readBinaryShadowVersion(bytes: Uint8Array): string | null {
  const numbers = bytes.subarray(1, 4)
  return bytes[8] === 0 && numbers.every((number) => number <= 31) ? numbers.join('.') : null
}

/** Shareaza has no name, only a checksum: each of the last four bytes is the XOR of two of the others, none of which is zero. */
function readShareaza(_id: string, bytes: Uint8Array): Claim | undefined {
  const head = bytes.subarray(0, 16)
  if (head.includes(0)) return undefined
  const sum = [0, 1, 2, 3].every((i) => bytes[16 + i] === ((head[i] as number) ^ (head[15 - i] as number)))
  return sum ? { ...NO_CLAIM, style: 'shareaza', client: 'Shareaza' } : undefined
}

/** Looks like a code and a version, but without the closing dash: the code is shown, but no client. */
function readUnclosedAzureus(id: string): Claim | undefined {
  return /^-[!-~]{2}[0-9A-Za-z-]{4}/.test(id)
    ? { ...NO_CLAIM, style: 'azureus', code: id.slice(1, 3) }
    : undefined
}

function escapeBytes(text: string): string {
  return text.replace(/[^ -[\]-~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
