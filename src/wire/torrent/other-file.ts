import { toByteString } from '../../base/bytes.ts'

/** What a file is that is not a .torrent, and what to do about it. */
export interface OtherFile {
  /** Completes "this is ...". */
  readonly what: string
  readonly hint: string
}

/** How much of a file is read to recognise it, in bytes. */
const LOOKED_AT = 1024

const FETCH_AGAIN = 'download the .torrent again, with a login if it needs one, or use -i HASH'

/** How a text file begins, after white space and a byte order mark, and what it is then. */
const BEGINNINGS: readonly (readonly [RegExp, what: string, hint: string])[] = [
  [/^$/, 'an empty file', FETCH_AGAIN],
  [/^<(?:!doctype html|html|head|body)/i, 'a web page', FETCH_AGAIN],
  [/^<[?!a-z]/i, 'XML or HTML', FETCH_AGAIN],
  [/^magnet:\?/i, 'a magnet link', 'give the link itself: -i "$(cat FILE)"'],
  [/^(?:[0-9a-f]{40}|[0-9a-f]{64}|[a-z2-7]{32})\s*$/i, 'an info hash', 'give it with -i'],
  [/^https?:\/\//i, 'a web address', 'download what is there, and give the file with -t'],
  [/^[{[]/, 'JSON', FETCH_AGAIN],
]

/** The first bytes of formats that are not text, as byte strings. */
const SIGNATURES: readonly (readonly [string, what: string, hint: string])[] = [
  ['\x1f\x8b', 'gzip data', 'decompress it first: gunzip < FILE > x.torrent'],
  ['PK\x03\x04', 'a zip archive', 'unpack it first'],
  ['BZh', 'bzip2 data', 'decompress it first'],
  ['\xfd7zXZ', 'xz data', 'decompress it first'],
  ['\x28\xb5\x2f\xfd', 'zstd data', 'decompress it first'],
  ['7z\xbc\xaf', 'a 7z archive', 'unpack it first'],
  ['Rar!', 'a rar archive', 'unpack it first'],
]

/** Recognises a file that is not bencode by its beginning. */
export function recogniseOther(bytes: Uint8Array): OtherFile | undefined {
  const start = toByteString(bytes.subarray(0, LOOKED_AT))
  for (const [signature, what, hint] of SIGNATURES) if (start.startsWith(signature)) return { what, hint }
  const text = start.replace(/^\xef\xbb\xbf/, '').trimStart()
  for (const [beginning, what, hint] of BEGINNINGS) if (beginning.test(text)) return { what, hint }
  return undefined
}

/** Recognises a bencoded dictionary without an info dictionary by its keys. */
export function recogniseDictionary(keys: ReadonlySet<string>): OtherFile | undefined {
  if (keys.has('piece length') && keys.has('name'))
    return {
      what: 'an info dictionary without the .torrent around it',
      hint: 'write "d4:info", its bytes and "e" to a file, and give that with -t',
    }
  if (keys.has('file-format') || keys.has('qBt-savePath'))
    return {
      what: 'the resume data of a client',
      hint: 'give the .torrent that the client keeps beside it',
    }
  if (keys.has('failure reason') || keys.has('interval'))
    return { what: 'the answer of a tracker', hint: FETCH_AGAIN }
  return undefined
}
