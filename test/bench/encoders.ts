import { writeUint32 } from '../../src/base/bytes.ts'
import { encodeMessage, encodeRequests, type BlockRange } from '../../src/wire/message/message.ts'
import type { WireConstructor } from './decoders.ts'
import type { Contender } from './interleaved.ts'

/** How many requests leave in one write: a peer's queue of ordinary length. */
const BATCH = 512

/** Batches of requests, `total` in all; every contender returns how many bytes it made of them. */
export function encoders(total: number, rival: WireConstructor | undefined): Contender[] {
  const batches = Array.from({ length: Math.ceil(total / BATCH) }, (_, batch) =>
    Array.from({ length: BATCH }, (_, i): BlockRange => {
      const block = batch * BATCH + i
      return { piece: block >>> 4, begin: (block & 15) * 16_384, length: 16_384 }
    }),
  )
  const encodeEach = (ranges: readonly BlockRange[]): number =>
    ranges.reduce((sum, range) => sum + encodeMessage({ type: 'request', ...range }).length, 0)
  const contenders: Contender[] = [
    { name: 'peerwire, batches', run: () => sumOf(batches, (ranges) => encodeRequests(ranges).length) },
    { name: 'peerwire, one by one', run: () => sumOf(batches, encodeEach) },
    { name: 'floor: a tight loop', run: () => sumOf(batches, writeTightly) },
  ]
  if (rival !== undefined) {
    contenders.push({ name: 'bittorrent-protocol', run: () => requestWithRival(rival, batches) })
  }
  return contenders
}

function sumOf(
  batches: readonly (readonly BlockRange[])[],
  encode: (ranges: readonly BlockRange[]) => number,
): number {
  let sum = 0
  for (const ranges of batches) sum += encode(ranges)
  return sum
}

function writeTightly(ranges: readonly BlockRange[]): number {
  const bytes = new Uint8Array(ranges.length * 17)
  let at = 0
  for (const { piece, begin, length } of ranges) {
    bytes[at + 3] = 13
    bytes[at + 4] = 6
    writeUint32(bytes, at + 5, piece)
    writeUint32(bytes, at + 9, begin)
    writeUint32(bytes, at + 13, length)
    at += 17
  }
  return at
}

async function requestWithRival(
  rival: WireConstructor,
  batches: readonly (readonly BlockRange[])[],
): Promise<number> {
  const wire = new rival()
  wire.peerChoking = false
  let length = 0
  wire.on('data', (bytes: Uint8Array) => {
    length += bytes.length
  })
  for (const ranges of batches) {
    for (const { piece, begin, length } of ranges) wire.request(piece, begin, length)
    // as if they had been answered: it keeps a list of what is outstanding
    wire.requests = []
    await new Promise((resolve) => setImmediate(resolve))
  }
  const sent = length
  wire.destroy()
  return sent
}
