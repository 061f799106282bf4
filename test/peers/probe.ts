import { createSocket } from 'node:dgram'
import { randomBytes, randomInt } from 'node:crypto'
import { connect } from 'node:net'
import { encodeHandshake, HANDSHAKE_LENGTH } from '../../src/wire/handshake/handshake.ts'
import type { Endpoint } from './options.ts'

/** aria2 and Transmission take up to a second for their handshake; a uTP answer comes at once, or is asked for again. */
const TCP_ANSWER_MS = 3000
const UTP_ANSWER_MS = 1000
/** Length of an MSE public key, in bytes: an acceptor sends its own before it knows which torrent is meant. */
const MSE_KEY_LENGTH = 96
const UTP_HEADER_LENGTH = 20
const UTP_DATA = 0x01
const UTP_RESET = 0x31
const UTP_STATE = 0x21
const UTP_SYN = 0x41

/**
 * An address of its own for each probe. Most clients allow one connection per address and some refuse an early
 * reconnect; coming from another one than the test will, a probe leaves no trace that a test could run into.
 */
function probeAddress(host: string): string {
  return host === '::1' ? '::1' : `127.0.${randomInt(1, 255)}.${randomInt(1, 255)}`
}

function localHandshake(infoHash: Uint8Array): Uint8Array {
  const peerId = new Uint8Array(20)
  peerId.set(Buffer.from('-XX0000-'))
  peerId.set(randomBytes(12), 8)
  return encodeHandshake({ reserved: new Uint8Array(8), infoHash, peerId })
}

/** The 68 bytes with which a peer answers our plaintext handshake over TCP, or undefined when it does not. */
export function probeHandshake(to: Endpoint, infoHash: Uint8Array): Promise<Uint8Array | undefined> {
  return exchangeOverTcp(to, localHandshake(infoHash), HANDSHAKE_LENGTH)
}

/** The same over uTP. */
export function probeUtpHandshake(to: Endpoint, infoHash: Uint8Array): Promise<Uint8Array | undefined> {
  return exchangeOverUtp(to, localHandshake(infoHash), HANDSHAKE_LENGTH)
}

/** The public key that a peer sends for ours over TCP, or undefined: that it takes encrypted connections. */
export function probeEncryption(to: Endpoint): Promise<Uint8Array | undefined> {
  return exchangeOverTcp(to, ourPublicKey(), MSE_KEY_LENGTH)
}

/** The same over uTP. */
export function probeUtpEncryption(to: Endpoint): Promise<Uint8Array | undefined> {
  return exchangeOverUtp(to, ourPublicKey(), MSE_KEY_LENGTH)
}

function ourPublicKey(): Uint8Array {
  const key = randomBytes(MSE_KEY_LENGTH)
  // the first bit clear: a number below the prime, whose first 64 bits are set
  key[0] = 0x7f
  return key
}

/** Sends `bytes` over a new connection and returns the first `length` bytes that come back. */
function exchangeOverTcp(to: Endpoint, bytes: Uint8Array, length: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ ...to, localAddress: probeAddress(to.host) })
    let received = Buffer.alloc(0)
    const finish = (answer: Uint8Array | undefined) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(TCP_ANSWER_MS, () => finish(undefined))
    socket.on('error', () => finish(undefined))
    socket.on('close', () => finish(undefined))
    socket.on('connect', () => socket.write(bytes))
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      if (received.length >= length) finish(new Uint8Array(received.subarray(0, length)))
    })
  })
}

/**
 * The same over uTP: a SYN, then `bytes` in one packet, and the first packet that has `length` bytes for us. No
 * retransmission: the caller asks again.
 * @see https://www.bittorrent.org/beps/bep_0029.html
 */
function exchangeOverUtp(to: Endpoint, bytes: Uint8Array, length: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(to.host.includes(':') ? 'udp6' : 'udp4')
    const id = randomInt(1, 0xfffe)
    let answered = false
    const send = (packet: Uint8Array) => socket.send(packet, to.port, to.host)
    const finish = (answer: Uint8Array | undefined) => {
      clearTimeout(timer)
      if (answered) return
      answered = true
      socket.send(utpPacket(UTP_RESET, id + 1, 3, 0), to.port, to.host, () => socket.close())
      resolve(answer)
    }
    const timer = setTimeout(() => finish(undefined), UTP_ANSWER_MS)
    socket.on('error', () => finish(undefined))
    socket.on('message', (packet) => {
      const payload = packet.subarray(UTP_HEADER_LENGTH)
      const sequence = packet.readUInt16BE(16)
      if (packet[0] === UTP_STATE) {
        send(utpPacket(UTP_DATA, id + 1, 2, (sequence - 1) & 0xffff, bytes))
      } else if (packet[0] === UTP_DATA && payload.length >= length) {
        finish(new Uint8Array(payload.subarray(0, length)))
      }
    })
    socket.bind({ address: probeAddress(to.host) }, () => send(utpPacket(UTP_SYN, id, 1, 0)))
  })
}

function utpPacket(
  type: number,
  connectionId: number,
  sequence: number,
  acknowledged: number,
  payload: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const packet = Buffer.alloc(UTP_HEADER_LENGTH + payload.length)
  packet[0] = type
  packet.writeUInt16BE(connectionId, 2)
  packet.writeUInt32BE((Date.now() * 1000) % 2 ** 32, 4)
  packet.writeUInt32BE(1024 * 1024, 12)
  packet.writeUInt16BE(sequence, 16)
  packet.writeUInt16BE(acknowledged, 18)
  packet.set(payload, UTP_HEADER_LENGTH)
  return packet
}
