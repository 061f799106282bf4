import { createHash } from 'node:crypto'
import type { HashFunctions } from '../wire/torrent/metainfo.ts'

/** The hash functions of OpenSSL, several times faster than those in plain JavaScript. */
export const NODE_HASHES: Required<HashFunctions> = {
  sha1: (bytes) => createHash('sha1').update(bytes).digest(),
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
}
