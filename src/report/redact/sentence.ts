import { fromHex, toHex } from '../../base/bytes.ts'
import { parseIpAddress, renderIpAddress } from '../../wire/address.ts'
import { IPV4_TOKEN, IPV6_TOKEN, type KnownText } from './known-text.ts'
import { maskText } from './mask.ts'
import type { Pseudonyms } from './pseudonyms.ts'

const HASH = /(?<![0-9a-f])(?:[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-f])/g

/** The start of a member of an extension handshake that has the wrong length. */
const MEMBER_BYTES = /(?<=\d bytes, expected [\d or]+: )(?:[0-9a-f]{2})+/g

/** What comes before a version of four parts, which looks like an address: the name of a client. */
const BEFORE_VERSION = /(?:\/|[a-z]*[A-Z]\w* |libtorrent |aria2 |peerwire |version )$/

/** Replaces what a sentence of a report names, also what nothing else in the run names: addresses and hashes. */
export function redactSentence(text: string, names: Pseudonyms, known: KnownText): string {
  return known.replace(
    text
      .replace(MEMBER_BYTES, maskedHex)
      .replace(IPV6_TOKEN, (token) => redactedToken(token, names))
      .replace(IPV4_TOKEN, (token, at: number) =>
        isVersion(text, token, at) ? token : redactedToken(token, names),
      )
      .replace(HASH, (hex) => names.hexHash(hex)),
  )
}

function isVersion(text: string, token: string, at: number): boolean {
  return BEFORE_VERSION.test(text.slice(0, at)) && !/^:\d/.test(text.slice(at + token.length))
}

function redactedToken(token: string, names: Pseudonyms): string {
  const bytes = parseIpAddress(token)
  return bytes === undefined ? token : renderIpAddress(names.address(bytes))
}

function maskedHex(hex: string): string {
  const bytes = fromHex(hex)
  maskText(bytes)
  return toHex(bytes)
}
