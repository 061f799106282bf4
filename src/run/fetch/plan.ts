import { setImmediate } from 'node:timers/promises'
import { PeerError } from '../../base/errors.ts'
import { randomFraction } from '../../base/random.ts'
import type { Clock } from '../../net/clock.ts'
import type { PieceStore } from '../../net/files/download-folder.ts'
import { Bitfield } from '../../wire/bitfield.ts'
import { fetchedLengthAt } from '../../wire/torrent/file-layout.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { longestPieceLength, pieceLengthAt } from '../../wire/torrent/piece-layout.ts'
import type { FetchOptions } from '../options.ts'
import { type FileRoots, verifyPiece } from './piece-verifier.ts'

/** Bytes to hash before yielding to the event loop. */
const BYTES_A_TURN = 16 * 1024 * 1024

/** Interval between progress reports, in milliseconds. */
const PROGRESS_MS = 250

/**
 * The pieces that the options select.
 * @throws PeerError E_BAD_RANGE for a piece that the torrent does not have
 */
export function wantedPieces({ pieces }: Pick<FetchOptions, 'pieces'>, { pieceCount }: Metainfo): Bitfield {
  if (pieces === undefined) return Bitfield.full(pieceCount)
  const wanted = new Bitfield(pieceCount)
  for (const [first, last] of pieces) {
    if (first > last || last >= pieceCount)
      throw new PeerError(
        'E_BAD_RANGE',
        `there are no pieces ${first}-${last}: the torrent has ${pieceCount}, numbered from 0`,
        {
          hint: 'choose --pieces within the torrent',
        },
      )
    for (let piece = first; piece <= last; piece++) wanted.set(piece)
  }
  return wanted
}

/**
 * The wanted pieces that are already on disk. Data on disk is hashed, not trusted. Pieces that consist of pad files
 * only always count as present: peers need not send them, and hashing up to 512 MiB of zeros for each would prove
 * nothing.
 * @param roots receives each piece that was found
 * @param signal aborts between two pieces, throwing its reason
 * @throws PeerError E_HASHES_CONTRADICT
 */
export async function piecesOnDisk(
  metainfo: Metainfo,
  wanted: Bitfield,
  store: PieceStore | undefined,
  {
    clock,
    signal,
    progress,
    roots,
  }: Pick<FetchOptions, 'progress'> & {
    readonly clock: Clock
    readonly signal?: AbortSignal | undefined
    readonly roots: FileRoots
  },
): Promise<Bitfield> {
  const found = new Bitfield(metainfo.pieceCount)
  // without a store only pad files are present, and they do not need a buffer
  const buffer = new Uint8Array(store === undefined ? 0 : longestPieceLength(metainfo))
  const startedAt = clock.now()
  let reportedAt = startedAt
  let hashed = 0
  let done = 0
  let doneBytes = 0
  for (const piece of wanted) {
    const length = pieceLengthAt(metainfo, piece)
    const whole = buffer.subarray(0, length)
    const fetchedLength = fetchedLengthAt(metainfo, piece)
    const isPad = fetchedLength === 0
    const bytes = isPad ? undefined : readPiece(store, piece * metainfo.pieceLength, whole, fetchedLength)
    const isGood = bytes !== undefined && verifyPiece(metainfo, piece, bytes)
    if (isGood) roots.add(piece, bytes)
    if (isPad || isGood) found.set(piece)
    hashed += bytes?.length ?? 0
    doneBytes += length
    if (++done % 1024 !== 0 && hashed < BYTES_A_TURN) continue
    hashed = 0
    await setImmediate()
    signal?.throwIfAborted()
    const at = clock.now()
    if (at - reportedAt < PROGRESS_MS) continue
    reportedAt = at
    progress?.({
      stage: 'checking',
      elapsedMs: at - startedAt,
      transferMs: 0,
      choked: false,
      donePieces: done,
      pieces: wanted.count,
      doneBytes,
      totalBytes: metainfo.totalLength,
    })
  }
  return found
}

/** Fills `whole`, with zeros after `length`. Undefined if the store does not have all of it. */
function readPiece(
  store: PieceStore | undefined,
  offset: number,
  whole: Uint8Array,
  length: number,
): Uint8Array | undefined {
  if (store?.read(offset, whole.subarray(0, length)) !== true) return undefined
  whole.fill(0, length)
  return whole
}

/** Runs of pieces that follow each other, each of at most `limit` pieces. */
export function* runsOf(
  pieces: Bitfield,
  limit: number,
): Generator<readonly [first: number, last: number], void, undefined> {
  let run: [first: number, last: number] | undefined
  for (const piece of pieces) {
    if (run !== undefined && piece === run[1] + 1 && piece - run[0] < limit) {
      run[1] = piece
      continue
    }
    if (run !== undefined) yield run
    run = [piece, piece]
  }
  if (run !== undefined) yield run
}

/** Chooses `count` of the pieces at random, or all of them if there are fewer. */
export function samplePieces(
  pieces: Bitfield,
  count: number,
  random: (length: number) => Uint8Array,
): Bitfield {
  const all = [...pieces]
  const chosen = new Bitfield(pieces.pieceCount)
  for (let rest = all.length; rest > 0 && chosen.count < count; rest--) {
    const at = Math.floor(randomFraction(random) * rest)
    chosen.set(all[at] as number)
    all[at] = all[rest - 1] as number
  }
  return chosen
}
