import { fromHex } from '../../base/bytes.ts'
import type { Pseudonyms } from '../../report/redact/pseudonyms.ts'
import { parseInfoHash } from '../../wire/torrent/info-hash.ts'
import { type Flags, longName } from '../command/flag.ts'

/** What the value of a flag is, by its name, where its type does not say it. */
const PLACES: ReadonlySet<string> = new Set(['source', 'listen', 'connect', 'proxy'])

/**
 * Learns what a command line names, even if it cannot be parsed: error messages repeat parts of it.
 * @param args without the name of the command
 */
export function learnArguments(args: readonly string[], flags: Flags, names: Pseudonyms): void {
  for (const [i, arg] of args.entries()) {
    const before = args[i - 1] ?? ''
    const [, long, attached] = /^(--[a-z0-9-]+)=(.*)$/s.exec(arg) ?? []
    const [, short, joined] = long === undefined ? (/^(-[a-z])(.+)$/is.exec(arg) ?? []) : []
    if (attached !== undefined) learnValue(attached, flagOf(long ?? '', flags), names)
    else if (arg.startsWith('-') && arg.length > 1) {
      if (joined !== undefined) learnValue(joined, flagOf(short ?? '', flags), names)
    } else learnValue(arg, flagOf(before, flags), names)
  }
}

/** Learns what a line of a list names: a peer, perhaps a hash, and a label. */
export function learnLine(line: string, names: Pseudonyms): void {
  const [peer, second, ...rest] = line.replace(/#.*/, '').trim().split(/\s+/)
  if (peer !== undefined && peer !== '') learnPlace(peer, names)
  const hasHash = second !== undefined && (isHash(second) || /^magnet:/i.test(second))
  if (hasHash) learnValue(second, undefined, names)
  names.name([...(hasHash || second === undefined ? [] : [second]), ...rest].join(' '))
}

interface KnownFlag {
  readonly key: string
  readonly isPath: boolean
}

/** The flag whose value comes next; undefined for a flag without one, and for a word. */
function flagOf(arg: string, flags: Flags): KnownFlag | undefined {
  for (const [key, flag] of Object.entries(flags)) {
    if (flag.type === undefined || (arg !== longName(key, flag) && arg !== `-${flag.short ?? ''}`)) continue
    const { completion } = flag.type
    return { key, isPath: completion === 'file' || completion === 'folder' }
  }
  return undefined
}

function learnValue(value: string, flag: KnownFlag | undefined, names: Pseudonyms): void {
  if (/magnet:/i.test(value)) learnLink(value, names)
  else if (isHash(value)) learnHash(value, names)
  else if (flag === undefined) learnWord(value, names)
  else if (flag.isPath) names.path(value)
  else if (flag.key === 'peerId' && value.length >= 20) learnPeerId(value, names)
  else if (PLACES.has(flag.key)) learnPlace(value, names)
}

/** A positional argument: a peer, a hash, a file, or something that is none of them. */
function learnWord(word: string, names: Pseudonyms): void {
  if (/^\d{1,5}$/.test(word)) return
  if (/\.(?:torrent|pcap|pcapng|ndjson|txt|bin)$|[/\\]/i.test(word) && !word.includes('://')) names.path(word)
  else learnPlace(word, names)
}

/** `[user:password@]host[:port]`, perhaps with a scheme before it and a path behind. */
function learnPlace(text: string, names: Pseudonyms): void {
  const [, login, place = '', rest = ''] =
    /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:([^@/]*)@)?([^/?#]*)(.*)$/is.exec(text.trim()) ?? []
  for (const secret of login?.split(':') ?? []) names.name(secret)
  if (place !== '') names.place(place)
  if (rest.length > 1) names.name(rest)
}

function learnLink(link: string, names: Pseudonyms): void {
  for (const [, key = '', encoded = ''] of link.matchAll(/[?&]([^=&]+)=([^&]*)/g)) {
    const value = decoded(encoded)
    const kind = key.toLowerCase().replace(/\.\d+$/, '')
    if (kind === 'xt') learnHash(value, names)
    else if (kind === 'x.pe') names.place(value)
    else if (kind === 'dn') names.name(value)
    else learnAddress(value, names)
  }
}

/** Of a tracker or a web seed: its host, and its path and query, which can contain a passkey. */
function learnAddress(url: string, names: Pseudonyms): void {
  const [, place = '', path = ''] = /^[a-z]+:\/\/([^/?#]*)(.*)$/is.exec(url) ?? []
  if (place !== '') learnPlace(place, names)
  for (const part of path.split(/[/?&=#]/)) if (part.length >= SECRET_LENGTH) names.name(part)
}

/** Parts of a URL from this length on can be a passkey; shorter ones are words as `announce`. */
const SECRET_LENGTH = 12

function isHash(text: string): boolean {
  return /^(?:(?:urn:)?bt[im]h:)?(?:[0-9a-f]{40}|[0-9a-f]{64}|1220[0-9a-f]{64}|[a-z2-7]{32})$/i.test(text)
}

function learnHash(text: string, names: Pseudonyms): void {
  try {
    const { v1, v2 } = parseInfoHash(text.replace(/^(?:urn:)?bt[im]h:/i, ''))
    for (const hash of [v1, v2?.subarray(0, 20), v2]) if (hash !== undefined) names.hash(hash)
  } catch {
    names.name(text)
  }
}

function learnPeerId(value: string, names: Pseudonyms): void {
  const bytes = /^[0-9a-f]{40}$/i.test(value) ? fromHex(value) : new TextEncoder().encode(value)
  if (bytes.length === 20) names.peerId(bytes)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
