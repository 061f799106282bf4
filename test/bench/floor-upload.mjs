// The least that an upload costs in Node: node floor-upload.mjs {"file","pieceLength","pieceCount"}
// Reads each run of requested blocks into one buffer, with the headers between them, and writes that. It trusts the peer: the
// yardstick of the benchmark, not a client.
import { openSync, readvSync } from 'node:fs'
import { createServer } from 'node:net'

const HANDSHAKE = 68
const HEADER = 13
const BLOCK = 16_384
const MOST_BLOCKS = 16

const { file, pieceLength, pieceCount } = JSON.parse(process.argv[2])
const input = openSync(file)
// memory that was just freed would have to come from the kernel again
const free = []

const server = createServer({ noDelay: true }, (socket) => {
  let held = Buffer.alloc(0)
  let isShaken = false
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    // an encrypted handshake is refused, so that the peer comes again without
    if (!isShaken && bytes[0] !== 19) socket.destroy()
    const start = isShaken ? 0 : HANDSHAKE
    if (bytes.length < start) {
      held = bytes
      return
    }
    if (!isShaken) answer(socket, bytes)
    isShaken = true
    held = take(socket, bytes.subarray(start))
  })
})
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`))

/** @returns the begin of a message, for when the rest of it comes */
function take(socket, bytes) {
  const requests = []
  let at = 0
  while (bytes.length - at >= 4) {
    const size = 4 + bytes.readUInt32BE(at)
    if (bytes.length - at < size) break
    if (size > 4 && bytes[at + 4] === 2) socket.write(Buffer.from([0, 0, 0, 1, 1]))
    if (size === 17 && bytes[at + 4] === 6) requests.push(bytes.subarray(at + 5, at + 17))
    at += size
  }
  for (let i = 0; i < requests.length; i += MOST_BLOCKS) serve(socket, requests.slice(i, i + MOST_BLOCKS))
  return Buffer.from(bytes.subarray(at))
}

function answer(socket, hello) {
  const handshake = Buffer.from(hello.subarray(0, HANDSHAKE))
  handshake.fill(0, 20, 28)
  handshake.write('-XX0001-yardstick000', 48, 'latin1')
  const bits = Buffer.alloc(Math.ceil(pieceCount / 8), 0xff)
  if (pieceCount % 8 !== 0) bits[bits.length - 1] = 0xff << (8 - (pieceCount % 8))
  const head = Buffer.alloc(5)
  head.writeUInt32BE(1 + bits.length)
  head[4] = 5
  socket.write(Buffer.concat([handshake, head, bits]))
}

function serve(socket, requests) {
  const buffer = free.pop() ?? Buffer.allocUnsafeSlow(MOST_BLOCKS * (HEADER + BLOCK))
  let at = 0
  // blocks that follow each other in the file are read by one call
  let run = []
  let start = 0
  let end = -1
  const read = () => {
    if (run.length > 0) readvSync(input, run, start)
    run = []
  }
  for (const request of requests) {
    const length = request.readUInt32BE(8)
    const offset = request.readUInt32BE(0) * pieceLength + request.readUInt32BE(4)
    buffer.writeUInt32BE(9 + length, at)
    buffer[at + 4] = 7
    request.copy(buffer, at + 5, 0, 8)
    if (offset !== end) {
      read()
      start = offset
    }
    run.push(buffer.subarray(at + HEADER, at + HEADER + length))
    end = offset + length
    at += HEADER + length
  }
  read()
  socket.write(buffer.subarray(0, at), () => free.push(buffer))
}
