import { createHash } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'

const BLOCK = 16_384
const DEPTH = 256

/**
 * The least that a download costs in Node: it requests blocks, copies each into its piece, hashes the piece and writes it. It
 * trusts the peer, and checks nothing but the hashes: the yardstick of the benchmark, not a client. The process ends with the
 * last piece.
 * @param work what to download: {"infoHash","file","length","pieceLength","hashes"}
 * @param send writes bytes to the peer
 * @returns takes the bytes from the peer, which it does not keep
 */
export function startLeecher({ infoHash, file, length, pieceLength, hashes }, send) {
  const output = openSync(file, 'w')
  const blockCount = Math.ceil(length / BLOCK)
  const blocksPerPiece = pieceLength / BLOCK
  const pieces = new Map()
  // memory that was just freed would have to come from the kernel again
  const free = []
  const held = Buffer.allocUnsafe(4 + 9 + BLOCK)
  let heldLength = 0
  let isShaken = false
  let requested = 0
  let received = 0

  const hello = Buffer.alloc(68)
  hello.write('\x13BitTorrent protocol', 'latin1')
  hello.write(infoHash, 28, 'hex')
  hello.write('-XX0001-yardstick000', 48, 'latin1')
  send(Buffer.concat([hello, Buffer.from([0, 0, 0, 1, 2])]))
  return take

  function take(chunk) {
    let at = 0
    while (at < chunk.length) {
      const wanted = isShaken ? (heldLength < 4 ? 4 : 4 + held.readUInt32BE(0)) : 68
      // a whole message is read in place
      if (isShaken && heldLength === 0 && chunk.length - at >= 4) {
        const size = 4 + chunk.readUInt32BE(at)
        if (chunk.length - at >= size) {
          message(chunk.subarray(at, at + size))
          at += size
          continue
        }
      }
      const taken = Math.min(wanted - heldLength, chunk.length - at)
      chunk.copy(held, heldLength, at, at + taken)
      heldLength += taken
      at += taken
      if (heldLength < wanted) continue
      if (!isShaken) isShaken = true
      else if (wanted === 4 && held.readUInt32BE(0) > 0) continue
      else message(held.subarray(0, wanted))
      heldLength = 0
    }
  }

  function message(bytes) {
    if (bytes[4] === 1) request()
    if (bytes[4] !== 7) return
    const index = bytes.readUInt32BE(5)
    const begin = bytes.readUInt32BE(9)
    let piece = pieces.get(index)
    if (piece === undefined) {
      const memory = free.pop() ?? Buffer.allocUnsafeSlow(pieceLength)
      const pieceBytes = memory.subarray(0, Math.min(pieceLength, length - index * pieceLength))
      piece = { memory, bytes: pieceBytes, left: Math.ceil(pieceBytes.length / BLOCK) }
      pieces.set(index, piece)
    }
    bytes.copy(piece.bytes, begin, 13)
    received++
    if (--piece.left === 0) {
      if (createHash('sha1').update(piece.bytes).digest('hex') !== hashes.slice(40 * index, 40 * index + 40))
        throw new Error('wrong data')
      for (let at = 0; at < piece.bytes.length; at += 32_768)
        writeSync(
          output,
          piece.bytes,
          at,
          Math.min(32_768, piece.bytes.length - at),
          index * pieceLength + at,
        )
      pieces.delete(index)
      free.push(piece.memory)
    }
    if (received === blockCount) process.exit(0)
    if (requested - received < DEPTH / 2) request()
  }

  function request() {
    const count = Math.min(DEPTH - (requested - received), blockCount - requested)
    if (count <= 0) return
    const bytes = Buffer.alloc(17 * count)
    for (let i = 0; i < count; i++, requested++) {
      const at = 17 * i
      const begin = requested * BLOCK
      bytes[at + 3] = 13
      bytes[at + 4] = 6
      bytes.writeUInt32BE(Math.floor(requested / blocksPerPiece), at + 5)
      bytes.writeUInt32BE((requested % blocksPerPiece) * BLOCK, at + 9)
      bytes.writeUInt32BE(Math.min(BLOCK, length - begin), at + 13)
    }
    send(bytes)
  }
}
