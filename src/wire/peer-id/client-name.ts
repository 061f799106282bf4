import { MAX_CLIENT_NAME_LENGTH } from '../../base/limits.ts'

/** Who a peer says it is; nobody vouches for it. Text of a stranger: escape it before printing. */
export interface ClientName {
  readonly client: string
  /** As printed by the client; null when it names none. */
  readonly version: string | null
}

/**
 * Reads the `v` of an extension handshake: `qBittorrent/4.6.5`, `Transmission 3.00`, `Deluge/2.1.1 libtorrent/2.0.9.0`
 * (the first is the program, what follows its library). Only the first `MAX_CLIENT_NAME_LENGTH` characters are looked at.
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

/** Other spellings that clients print, and the name in use. rTorrent prints its library, whose capital T tells it from the other one. */
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['libTorrent', 'rTorrent'],
  ['libtorrent (Rasterbar)', 'libtorrent'],
  ['uTorrent', 'µTorrent'],
  // the Greek letter instead of the micro sign
  ['\u03bcTorrent', 'µTorrent'],
])
