import { createHash } from 'node:crypto'
import { encodeUtf8 } from '../../../src/base/bytes.ts'
import { encodeBencode } from '../../../src/wire/bencode.ts'
import { decodeInfo, type Metainfo } from '../../../src/wire/torrent/metainfo.ts'

/** A v1 torrent with its content, created in memory. */
export interface MadeTorrent {
  readonly metainfo: Metainfo
  readonly content: Uint8Array
}

export interface MadeFile {
  readonly path: readonly string[]
  readonly length: number
  readonly pad?: boolean
  /** Makes it a symbolic link, without a length (BEP 47). */
  readonly linkTo?: readonly string[]
}

/** The same arguments give the same bytes. Without `files` there is one file of `length` bytes. */
export function makeV1Torrent({
  pieceLength = 32_768,
  length = 10 * 32_768 + 5000,
  files,
  name = 'content',
}: {
  readonly pieceLength?: number
  readonly length?: number
  readonly files?: readonly MadeFile[]
  readonly name?: string
} = {}): MadeTorrent {
  const list = files ?? [{ path: [], length }]
  const content = new Uint8Array(list.reduce((sum, file) => sum + file.length, 0))
  let at = 0
  for (const file of list) {
    const end = at + file.length
    for (; at < end; at++)
      content[at] = file.pad === true ? 0 : (at * 31 + (at >>> 8) * 7 + (at >>> 14)) & 0xff
  }
  const pieces: Uint8Array[] = []
  for (let start = 0; start < content.length; start += pieceLength) {
    const piece = content.subarray(start, start + pieceLength)
    pieces.push(createHash('sha1').update(piece).digest())
  }
  const layout =
    files === undefined
      ? { length }
      : {
          files: files.map((file) => ({
            ...(file.pad === true ? { attr: encodeUtf8('p') } : {}),
            ...(file.linkTo === undefined
              ? { length: file.length }
              : { attr: encodeUtf8('l'), 'symlink path': file.linkTo.map(encodeUtf8) }),
            path: file.path.map(encodeUtf8),
          })),
        }
  const info = encodeBencode({
    ...layout,
    name: encodeUtf8(name),
    'piece length': pieceLength,
    pieces: new Uint8Array(Buffer.concat(pieces)),
  })
  return { metainfo: decodeInfo(info), content }
}
