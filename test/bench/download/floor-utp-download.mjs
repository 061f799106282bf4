// The least that a download costs in Node over uTP (BEP 29): node floor-utp-download.mjs {"host","port",...}, see
// floor-leecher.mjs. Takes packets in order, drops all others, and acknowledges every 16th, and the last after a pause. It never
// sends anything twice, so it is of use on the loopback interface only.
import { createSocket } from 'node:dgram'
import { startLeecher } from './floor-leecher.mjs'

const DATA = 0x01
const STATE = 0x21
const SYN = 0x41
const HEADER = 20
const WINDOW = 1_048_576
const MOST_PAYLOAD = 1400
const PACKETS_PER_ACK = 16
const PAUSE_MS = 1

const work = JSON.parse(process.argv[2])
const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * WINDOW })
const connectionId = 4711
let sequence = 1
let acknowledged = 0
let theirDelay = 0
let unacknowledged = 0
let timer
let take

socket.on('message', (packet) => {
  const kind = packet[0]
  const number = packet.readUInt16BE(16)
  theirDelay = (micros() - packet.readUInt32BE(4)) >>> 0
  if (take === undefined) {
    // the next packet with data has this number
    acknowledged = (number - 1) & 0xffff
    take = startLeecher(work, sendData)
    return
  }
  if (kind !== DATA) return
  if (number === ((acknowledged + 1) & 0xffff)) {
    acknowledged = number
    take(packet.subarray(payloadStart(packet)))
  }
  if (++unacknowledged >= PACKETS_PER_ACK) acknowledge()
  else timer ??= setTimeout(acknowledge, PAUSE_MS)
})
socket.connect(work.port, work.host, () => socket.send(header(SYN, connectionId, sequence++)))

function acknowledge() {
  clearTimeout(timer)
  timer = undefined
  unacknowledged = 0
  socket.send(header(STATE, connectionId + 1, sequence))
}

function sendData(bytes) {
  for (let at = 0; at < bytes.length; at += MOST_PAYLOAD)
    socket.send([header(DATA, connectionId + 1, sequence++), bytes.subarray(at, at + MOST_PAYLOAD)])
}

function header(kind, id, number) {
  const bytes = Buffer.alloc(HEADER)
  bytes[0] = kind
  bytes.writeUInt16BE(id, 2)
  bytes.writeUInt32BE(micros(), 4)
  bytes.writeUInt32BE(theirDelay, 8)
  bytes.writeUInt32BE(WINDOW, 12)
  bytes.writeUInt16BE(number & 0xffff, 16)
  bytes.writeUInt16BE(acknowledged, 18)
  return bytes
}

/** Extensions are a list: each has the kind of the next one, and its length. */
function payloadStart(packet) {
  let at = HEADER
  for (let kind = packet[1]; kind !== 0; at += 2 + packet[at + 1]) kind = packet[at]
  return at
}

function micros() {
  return Math.floor(performance.now() * 1000) >>> 0
}
