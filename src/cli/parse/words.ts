import type { PeerError } from '../../base/errors.ts'
import type { PeerName } from '../../run/options.ts'
import { usage } from '../options.ts'
import { parsePeerName } from './peer-name.ts'

/** What the positional arguments name: the peer, and the torrent if it is given without its flag. */
export interface NamedInWords {
  readonly peer: PeerName | undefined
  /** Same syntax as `--info-hash`. */
  readonly infoHash: string | undefined
  /** Same syntax as `--torrent`. */
  readonly torrent: string | undefined
}

/**
 * Parses the positional arguments, in any order: `HOST:PORT`, `HOST PORT`, an info hash, a magnet link, a .torrent file.
 * These forms cannot be confused with each other.
 * @throws PeerError E_USAGE, E_BAD_ADDRESS with a hint about the expected form
 */
export function readWords(words: readonly string[]): NamedInWords {
  const hashes: string[] = []
  const files: string[] = []
  const others: string[] = []
  for (const word of words.map((word) => word.trim())) {
    if (isTorrentName(word)) hashes.push(word)
    else if (isTorrentFile(word)) files.push(word)
    else others.push(word)
  }
  if (hashes.length + files.length > 1) throw usage('the torrent is given twice', 'use one of them')
  return { peer: readPeer(others), infoHash: hashes[0], torrent: files[0] }
}

/** An info hash in any of its notations, or a magnet link. */
export function isTorrentName(word: string): boolean {
  return (
    /^(?:magnet:|(?:urn:)?bt[im]h:)/i.test(word) ||
    /^(?:[0-9a-f]{40}|[0-9a-f]{64}|1220[0-9a-f]{64}|[a-z2-7]{32})$/i.test(word)
  )
}

/** A file name with the extension of torrent files that is not a web address. */
export function isTorrentFile(word: string): boolean {
  return /\.torrent$/i.test(word) && !/^[a-z][a-z0-9+.-]*:\/\//i.test(word)
}

function readPeer([first, second, ...rest]: readonly string[]): PeerName | undefined {
  if (first === undefined) return undefined
  const isSplit =
    second !== undefined && /^\d{1,5}$/.test(second) && !/^(?:\[[^\]]*\]|[^:]+):\d+$/.test(first)
  const [surplus] = isSplit || second === undefined ? rest : [second]
  if (surplus !== undefined) throw surplusWord(first, surplus)
  if (!isSplit) return parsePeerName(first)
  return parsePeerName(
    first.includes(':') && !first.startsWith('[') ? `[${first}]:${second}` : `${first}:${second}`,
  )
}

function surplusWord(peer: string, word: string): PeerError {
  const shown = `"${word.length > 40 ? `${word.slice(0, 40)}…` : word}"`
  if (/:\d{1,5}$/.test(word)) {
    return usage(`two peers, ${peer.slice(0, 60)} and ${shown}`, 'use one peer, or peerwire scan')
  }
  if (/^\d+$/.test(word))
    return usage(`${shown} is one word too many`, 'use --piece for the index of a piece')
  return usage(`${shown} is one word too many`, 'use -o for where to write, and -t for a torrent file')
}
