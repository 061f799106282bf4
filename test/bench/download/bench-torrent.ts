import { createHash } from 'node:crypto'
import { mkdir, open, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  makeSyntheticTorrent,
  type SyntheticTorrent,
  type SyntheticTorrentOptions,
} from '../../../src/session/upload/synthetic-torrent.ts'
import { pieceLengthAt } from '../../../src/wire/torrent/piece-layout.ts'

/** The torrent of a comparison: made up, and on disk for who reads it there. */
export interface BenchTorrent extends SyntheticTorrent {
  /** Of its one file. */
  readonly fileName: string
  /** Bytes of its one file. */
  readonly length: number
  readonly torrentPath: string
  readonly dataFolder: string
}

/** Writes the .torrent and its data into `folder`: byte for byte the one of `serve --synthetic` with the same options. */
export async function writeBenchTorrent(
  folder: string,
  options: Omit<SyntheticTorrentOptions, 'sha1'>,
): Promise<BenchTorrent> {
  const made = makeSyntheticTorrent({
    ...options,
    sha1: (bytes) => createHash('sha1').update(bytes).digest(),
  })
  const fileName = new TextDecoder().decode(made.metainfo.name)
  const torrentPath = join(folder, 'bench.torrent')
  await writeFile(torrentPath, made.torrentBytes)
  const dataFolder = join(folder, 'data')
  await mkdir(dataFolder)
  const torrent: BenchTorrent = { ...made, fileName, length: options.length, torrentPath, dataFolder }
  const file = await open(join(dataFolder, fileName), 'w')
  try {
    for (const piece of pieces(torrent)) await file.write(await piece.bytes(), 0, piece.length, piece.offset)
  } finally {
    await file.close()
  }
  return torrent
}

/**
 * Compares what a client wrote into `folder` with the torrent: who ends before all is written and right did less work
 * than the others.
 * @throws Error when it is something else
 */
export async function checkDownload(name: string, torrent: BenchTorrent, folder: string): Promise<void> {
  const path = join(folder, torrent.fileName)
  const { size } = await stat(path)
  const file = await open(path)
  try {
    for (const piece of pieces(torrent)) {
      const found = Buffer.alloc(piece.length)
      await file.read(found, 0, piece.length, piece.offset)
      if (size !== torrent.length || !found.equals(await piece.bytes()))
        throw new Error(`${name} wrote something else at ${piece.offset}`)
    }
  } finally {
    await file.close()
  }
}

function* pieces({ metainfo, store }: BenchTorrent) {
  for (let piece = 0; piece < metainfo.pieceCount; piece++) {
    const length = pieceLengthAt(metainfo, piece)
    yield { offset: piece * metainfo.pieceLength, length, bytes: () => store.read(piece, 0, length) }
  }
}
