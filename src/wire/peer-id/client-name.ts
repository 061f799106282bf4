import { MAX_CLIENT_NAME_LENGTH } from '../../base/limits.ts'

/** The client that a peer claims to be; not verified. Untrusted text: escape it before you print it. */
export interface ClientName {
  readonly client: string
  /** As written by the client; null when there is none. */
  readonly version: string | null
}

/**
 * Reads the `v` of an extension handshake: `qBittorrent/4.6.5`, `Transmission 3.00`, `Deluge/2.1.1 libtorrent/2.0.9.0`
 * (the program first, then its library). Only the first `MAX_CLIENT_NAME_LENGTH` characters are read.
 * @returns undefined when there is nothing but white space
 * @see https://www.bittorrent.org/beps/bep_0010.html "v"
 */
export function parseClientName(text: string): ClientName | undefined {
  const name = text.slice(0, MAX_CLIENT_NAME_LENGTH).trim()
  if (name === '') return undefined
  const [, client, version] = /^(.+?)[ /]+v?(\d\S*)/s.exec(name) ?? []
  if (client === undefined || version === undefined)
    return { client: SHORT_NAMES.get(name) ?? name, version: null }
  return { client: SHORT_NAMES.get(client) ?? client, version }
}

/** Other spellings that clients use, and the usual name. rTorrent sends the name of its library, whose capital T distinguishes it from the other one. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['libTorrent', 'rTorrent'],
  ['libtorrent (Rasterbar)', 'libtorrent'],
  ['uTorrent', 'µTorrent'],
  // the Greek letter instead of the micro sign
  ['\u03bcTorrent', 'µTorrent'],
])
