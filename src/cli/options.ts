import { encodeUtf8, fromHex } from '../base/bytes.ts'
import { PeerError } from '../base/errors.ts'
import { parseSize as parseBytes } from '../base/size.ts'
import type { Proxy } from '../net/transport.ts'
import { MAX_CONCURRENCY, MAX_DURATION_MS, MAX_RATE, MAX_REPEAT } from '../run/defaults.ts'

/** Parsers of flag values: each returns the value or throws a PeerError with a hint about the expected form. */

const MS_PER_UNIT: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, '': 1000 }

/** `500ms`, `5s`, `2m`, or plain seconds, as milliseconds. */
export function parseDuration(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m)?$/.exec(text.trim()) ?? []
  const ms = Number(digits) * (MS_PER_UNIT[unit] ?? Number.NaN)
  if (ms >= 0 && ms <= MAX_DURATION_MS) return ms
  throw usage(`"${shorten(text)}" is not a duration`, 'use 500ms, 5s, 2m, or seconds, at most 24 hours')
}

/** Like `parseDuration`, but not 0: with a limit of zero, every session would fail before it starts. */
export function parseTimeout(text: string): number {
  const ms = parseDuration(text)
  if (ms > 0) return ms
  throw usage('a time-out of 0 leaves no time at all', 'use a longer one, such as 5s')
}

/** Like `parseTimeout`, or `none`, which is infinity, because commander cannot store undefined. */
export function parseTotalTimeout(text: string): number {
  return text === 'none' ? Number.POSITIVE_INFINITY : parseTimeout(text)
}

/** `16384`, `16KiB`, `1MiB`, as bytes. */
export function parseSize(text: string): number {
  const bytes = parseBytes(text.trim())
  if (bytes !== undefined) return bytes
  const [, number, letter] = /^(\d{1,9})\s*([kmg])(?:i?b)?$/i.exec(text.trim()) ?? []
  if (number !== undefined && letter !== undefined) {
    const size = `${number}${letter.toUpperCase()}iB`
    throw usage(
      `"${shorten(text)}" could be a multiple of 1000 or of 1024`,
      `use ${size}, which is ${parseBytes(size)} bytes, or a number of bytes`,
    )
  }
  throw usage(`"${shorten(text)}" is not a size`, 'use 16384, 16KiB or 1MiB')
}

/** A size that is not 0. */
export function parseLength(text: string): number {
  const bytes = parseSize(text)
  if (bytes > 0) return bytes
  throw usage('a length of 0 is nothing to fetch', 'use 1 or more, such as 16KiB')
}

/** A piece index. */
export function parsePiece(text: string): number {
  const piece = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (piece <= 0xffff_ffff) return piece
  throw usage(`"${shorten(text)}" is not a piece`, 'use its index: 0, 1, 2 and so on')
}

/** Pieces as `0-9,17`: first and last of each range. */
export function parsePieceRanges(text: string): readonly (readonly [first: number, last: number])[] {
  return text.split(',').map((part) => {
    const [, first = '', last = first] = /^(\d{1,8})(?:-(\d{1,8}))?$/.exec(part.trim()) ?? []
    if (first !== '' && Number(first) <= Number(last)) return [Number(first), Number(last)] as const
    if (/^all$/i.test(text)) throw usage('--pieces takes indexes', 'leave it out for all pieces')
    throw usage(`"${shorten(text)}" are not pieces`, 'use indexes and ranges, such as 0-9,17')
  })
}

/** The seed of a random generator, a whole number. */
export function parseSeed(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw usage(`"${shorten(text)}" is not a seed`, 'use a whole number of at most nine digits')
}

export function parseSample(text: string): number {
  const count = /^\d{1,8}$/.test(text) ? Number(text) : 0
  if (count >= 1) return count
  throw usage(`"${shorten(text)}" is not a number of pieces`, 'use the number of pieces to try, such as 20')
}

/** The number of a connection of a capture. */
export function parseConnection(text: string): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (number >= 1) return number
  throw usage(`"${shorten(text)}" is not the number of a connection`, 'use a number from 1 on')
}

export function parseRepeat(text: string): number {
  return parseWhole(text, 'a number of times', MAX_REPEAT)
}

/** How many peers at once. */
export function parseConcurrency(text: string): number {
  return parseWhole(text, 'a number of peers', MAX_CONCURRENCY)
}

/** Connections per second. */
export function parseRate(text: string): number {
  return parseWhole(text, 'a number of connections per second', MAX_RATE)
}

function parseWhole(text: string, what: string, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (number >= 1 && number <= most) return number
  throw usage(`"${shorten(text)}" is not ${what}`, `use a number from 1 to ${most}`)
}

/** 20 bytes as text or 40 hex digits, or a prefix such as `-XX0000-`, which is completed with random bytes. */
export function parsePeerId(text: string): Uint8Array {
  if (/^[0-9a-f]{40}$/i.test(text)) return fromHex(text)
  const bytes = encodeUtf8(text)
  if (bytes.length === 20 || /^-[!-~]{2}[0-9A-Za-z]{4}-$/.test(text)) return bytes
  throw usage(
    `"${shorten(text)}" is not a peer id: it has ${bytes.length} bytes`,
    'use 20 bytes, 40 hex digits, or a prefix such as -XX0000-',
  )
}

/** `socks5://[user:pass@]host:port`. Errors do not repeat the value, because it may contain a password. */
export function parseProxy(text: string): Proxy {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? ''
  const isBare = url !== undefined && /^\/?$/.test(url.pathname) && url.search === '' && url.hash === ''
  const port = Number(url?.port)
  const credentials = [url?.username ?? '', url?.password ?? ''].map(decodeCredential)
  const fits = credentials.every((part) => part !== undefined && encodeUtf8(part).length <= 255)
  if (!isBare || !/^socks5h?:$/.test(url.protocol) || host === '' || host.length > 255 || port < 1 || !fits) {
    throw usage(
      'the value of --proxy is not a SOCKS5 proxy',
      'use socks5://host:port or socks5://user:pass@host:port',
    )
  }
  const [username, password] = credentials
  return { host, port, ...(username === '' && password === '' ? {} : { username, password }) }
}

/** Decodes percent escapes; undefined if they are invalid. */
function decodeCredential(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

export function usage(message: string, hint: string): PeerError {
  return new PeerError('E_USAGE', message, { hint })
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
