import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { acceptPeers } from '../../../docs/examples/accept-peer.ts'
import { exchangeGreetings } from '../../../docs/examples/own-extension.ts'
import { printMessages } from '../../../docs/examples/print-messages.ts'
import { requestBlock } from '../../../docs/examples/request-block.ts'
import { recordClient } from '../../../docs/examples/test-your-client.ts'
import {
  encodeExtensionHandshake,
  encodeFeatures,
  encodeHandshake,
  encodeMessages,
  encodeUtf8,
  listenTcp,
  PeerConnection,
  type Listener,
  type Message,
  type Transport,
} from '../../../src/index.ts'

const infoHash = new Uint8Array(20).fill(0xab)
const theirs = encodeHandshake({
  reserved: encodeFeatures(['extension-protocol', 'fast']),
  infoHash,
  peerId: new Uint8Array(20).fill(1),
})
const open: { close(): unknown }[] = []

afterEach(() => Promise.all(open.splice(0).map((one) => one.close())))

/** A peer that sends its handshake and these messages, and then FIN. */
async function sayAndClose(messages: readonly Message[]): Promise<number> {
  const server: Server = createServer((socket) =>
    socket.end(Buffer.concat([theirs, encodeMessages(messages)])),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(server)
  return (server.address() as AddressInfo).port
}

test.each(readdirSync(new URL('../../../docs/examples', import.meta.url)))(
  'the guide shows %s as it is',
  (file) => {
    const example = readFileSync(new URL(`../../../docs/examples/${file}`, import.meta.url), 'utf8')
    const guide = readFileSync(new URL('../../../docs/library.md', import.meta.url), 'utf8')
    expect(guide).toContain(`\`\`\`ts\n${example}\`\`\``)
  },
)

test('print-messages prints what a peer sends', async () => {
  const port = await sayAndClose([{ type: 'have-all' }, { type: 'unchoke' }])
  const lines: string[] = []
  await printMessages('127.0.0.1', port, infoHash, (line) => lines.push(line))
  expect(lines).toEqual(['features: extension-protocol, fast', 'have-all', 'unchoke'])
})

test('request-block gets the block of the piece it asked for', async () => {
  const listener = await listenTcp(
    { address: '127.0.0.1', port: 0, family: 4 },
    (transport) => void serve(transport),
  )
  open.push(listener)
  async function serve(transport: Transport): Promise<void> {
    const peer = await PeerConnection.accept(transport, {
      find: () => ({ infoHash, pieceCount: 3, have: 'all' }),
    })
    for await (const message of peer) {
      if (message.type === 'interested') await peer.send({ type: 'unchoke' })
      if (message.type !== 'request') continue
      const block = new Uint8Array(message.length).fill(message.piece)
      await peer.send({ type: 'piece', piece: message.piece, begin: message.begin, block })
    }
  }
  const block = await requestBlock('127.0.0.1', listener.address.port, infoHash, 2)
  expect(block).toStrictEqual(new Uint8Array(16_384).fill(2))
})

test('accept-peer answers a peer of its torrent, says that it has all, and unchokes it', async () => {
  const listener: Listener = await acceptPeers(0, infoHash, 9)
  open.push(listener)
  const to = { host: '127.0.0.1', port: listener.address.port }
  const connection = await PeerConnection.connect(to, { torrent: { infoHash, pieceCount: 9 } })
  await connection.send({ type: 'interested' })
  await connection.until(() => !connection.state.choking.peerChoking)
  expect(connection.state.availability.bitfield?.count).toBe(9)
  await connection.close()
  const other = PeerConnection.connect(to, { torrent: { infoHash: new Uint8Array(20) } })
  await expect(other).rejects.toMatchObject({ code: 'E_HANDSHAKE_CLOSED' })
})

test('own-extension sends under their id and receives under its own', async () => {
  const payload = encodeExtensionHandshake({ extensions: new Map([['xx_greeting', 9]]) })
  const sent: Message[] = []
  const listener = await listenTcp(
    { address: '127.0.0.1', port: 0, family: 4 },
    (transport) => void serve(transport),
  )
  open.push(listener)
  async function serve(transport: Transport): Promise<void> {
    const peer = await PeerConnection.accept(transport, { find: () => ({ infoHash }) })
    await peer.send({ type: 'extended', id: 0, payload })
    for await (const message of peer) {
      if (message.type !== 'extended' || message.id === 0) continue
      sent.push(message)
      await peer.send({ type: 'extended', id: 20, payload: encodeUtf8('good day') })
    }
  }
  expect(await exchangeGreetings('127.0.0.1', listener.address.port, infoHash)).toBe('good day')
  expect(sent).toStrictEqual([{ type: 'extended', id: 9, payload: encodeUtf8('hello') }])
})

test('test-your-client records a client message by message, with offsets', async () => {
  const ports: ((port: number) => void)[] = []
  const port = new Promise<number>((resolve) => ports.push(resolve))
  const recorded = recordClient((listening) => ports[0]?.(listening))
  const { connect } = await import('node:net')
  connect(await port, '127.0.0.1').end(Buffer.concat([theirs, encodeMessages([{ type: 'have', piece: 5 }])]))
  expect(await recorded).toMatchObject([
    { kind: 'handshake', offset: 0 },
    { kind: 'message', offset: 68, length: 9, message: { type: 'have', piece: 5 } },
  ])
})
