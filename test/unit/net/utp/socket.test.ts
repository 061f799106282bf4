import { createSocket, type Socket } from 'node:dgram'
import { afterEach, describe, expect, test } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import { createUtpUdpSocket, UtpSocket } from '../../../../src/net/utp/socket.ts'
import type { UtpConnectionTransport } from '../../../../src/net/utp/transport.ts'
import { decodeUtpPacket, encodeUtpPacket, type UtpPacket } from '../../../../src/wire/utp/packet.ts'
import { utpPacket } from '../../../support/utp/utp-states.ts'

const open: Socket[] = []

afterEach(() => {
  for (const socket of open.splice(0)) socket.close()
})

async function bound(socket: Socket): Promise<Socket> {
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return socket
}

/** A peer with a connection to a socket of ours, whose next packet has number 11. */
async function connected() {
  const peer = await bound(createSocket('udp4'))
  open.push(peer)
  const ours = await bound(createUtpUdpSocket(4))
  const answers: UtpPacket[] = []
  const waiting: { readonly is: (answer: UtpPacket) => boolean; readonly done: () => void }[] = []
  peer.on('message', (datagram) => {
    const result = decodeUtpPacket(datagram)
    if (!result.ok) return
    answers.push(result.packet)
    for (const { is, done } of waiting) if (is(result.packet)) done()
  })
  const until = (is: (answer: UtpPacket) => boolean) =>
    new Promise<void>((done) => waiting.push({ is, done }))
  const accepted = new Promise<UtpConnectionTransport>((resolve) => {
    const socket = new UtpSocket(ours, {
      accepted: (transport) => {
        // nobody else is let in, so that the socket closes with this connection
        socket.stopAccepting()
        resolve(transport)
      },
    })
  })
  const from = peer.address()
  /** As if the socket had read these packets in one turn of the event loop. */
  const arrive = (packets: readonly Partial<UtpPacket>[]) => {
    for (const packet of packets) {
      const bytes = Buffer.from(encodeUtpPacket(utpPacket(packet)))
      ours.emit('message', bytes, { ...from, size: bytes.length })
    }
  }
  const answered = until(({ type }) => type === 'state')
  arrive([{ type: 'syn', sequenceNumber: 9 }])
  await answered
  const acknowledged = ((answers[0]?.sequenceNumber ?? 0) - 1) & 0xffff
  const data = (sequenceNumber: number): Partial<UtpPacket> => ({
    connectionId: 8,
    sequenceNumber,
    acknowledged,
    payload: Uint8Array.of(sequenceNumber),
  })
  const first = until((answer) => answer.acknowledged === 10)
  arrive([data(10)])
  const transport = await accepted
  await first
  answers.length = 0
  return { transport, answers, until, arrive, data }
}

function numbers(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => from + index)
}

describe('datagrams of one turn of the event loop', () => {
  test('reach the sink as one chunk, and get one acknowledgement', async () => {
    const { transport, answers, until, arrive, data } = await connected()
    const chunks: Uint8Array[] = []
    transport.start({
      bytes: (chunk) => chunks.push(chunk.slice()),
      drained: () => undefined,
      closed: () => undefined,
    })
    // what had come before the start
    await new Promise((resolve) => setImmediate(resolve))
    expect(chunks.splice(0)).toStrictEqual([Uint8Array.of(10)])
    const last = until(({ acknowledged }) => acknowledged === 60)
    arrive(numbers(11, 50).map((number) => data(number)))
    await last
    expect(chunks).toStrictEqual([Uint8Array.from(numbers(11, 50))])
    expect(answers.map(({ acknowledged }) => acknowledged)).toStrictEqual([60])
    transport.abort()
  })

  test('reach a sink that pauses between them when it resumes, the rest in order', async () => {
    const { transport, until, arrive, data } = await connected()
    const chunks: Uint8Array[] = []
    const big = (number: number) => ({ ...data(number), payload: new Uint8Array(60_000).fill(number) })
    let onPause: () => void = () => undefined
    const paused = new Promise<void>((resolve) => (onPause = resolve))
    transport.start({
      bytes: (chunk) => {
        chunks.push(chunk.slice())
        if (chunk.length === 1) return
        transport.pause()
        onPause()
      },
      drained: () => undefined,
      closed: () => undefined,
    })
    const last = until(({ acknowledged }) => acknowledged === 16)
    arrive(numbers(11, 6).map((number) => big(number)))
    await paused
    await last
    // four of them fit into one chunk
    expect(chunks.map(({ length }) => length)).toStrictEqual([1, 240_000])
    transport.resume()
    await new Promise((resolve) => setImmediate(resolve))
    expect(chunks.map(({ length }) => length)).toStrictEqual([1, 240_000, 120_000])
    const expected = concat([Uint8Array.of(10), ...numbers(11, 6).map((number) => big(number).payload)])
    expect(Buffer.compare(concat(chunks), expected)).toBe(0)
    transport.abort()
  })
})
