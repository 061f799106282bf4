import type { PeerName } from '../../run/options.ts'
import { usage } from '../options.ts'
import { parsePeerName } from '../parse/peer-name.ts'
import { isTorrentName } from '../parse/words.ts'

/** The longest label, in characters. */
const MAX_LABEL_LENGTH = 200

/** What a line of a list names. */
export interface PeerLine {
  readonly peer: PeerName
  /** Same syntax as `--info-hash`. */
  readonly infoHash: string | undefined
  readonly label: string | null
}

/**
 * Parses `host:port [hash] [label]`. A `#` at the start or after white space begins a comment.
 * @returns undefined for an empty line or a comment
 * @throws PeerError E_BAD_ADDRESS, E_USAGE
 */
export function parsePeerLine(text: string): PeerLine | undefined {
  const words = text
    .replace(/^\ufeff/, '')
    .replace(/(?:^|\s)#.*$/s, '')
    .trim()
    .split(/\s+/)
  const [name = '', second, ...rest] = words
  if (name === '') return undefined
  const peer = parsePeerName(name)
  const infoHash = second !== undefined && isTorrentName(second) ? second : undefined
  if (infoHash === undefined && second !== undefined) refuseBrokenHash(second)
  const label = [...(infoHash === undefined && second !== undefined ? [second] : []), ...rest].join(' ')
  return { peer, infoHash, label: label === '' ? null : label.slice(0, MAX_LABEL_LENGTH) }
}

/** A hash that lost a digit must not count as a label: the peer would be asked about another torrent. */
function refuseBrokenHash(word: string): void {
  if (!/^[0-9a-f]{30,}$/i.test(word)) return
  throw usage(`"${word.slice(0, 80)}" is not an info hash`, 'use 40 or 64 hex digits')
}
