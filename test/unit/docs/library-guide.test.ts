import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import '../../../docs/examples/judge-client.ts'
import { acceptPeers } from '../../../docs/examples/accept-peer.ts'
import { captureSession, readCapture } from '../../../docs/examples/capture-session.ts'
import { checkSeed } from '../../../docs/examples/check-expectations.ts'
import { diagnoseTrace, recordTrace } from '../../../docs/examples/diagnose-trace.ts'
import { findCause } from '../../../docs/examples/find-cause.ts'
import { fetchVerifiedBlock } from '../../../docs/examples/fetch-block.ts'
import { torrentOfMagnet } from '../../../docs/examples/fetch-metadata.ts'
import { download } from '../../../docs/examples/fetch-torrent.ts'
import { exchangeGreetings } from '../../../docs/examples/own-extension.ts'
import { printMessages } from '../../../docs/examples/print-messages.ts'
import { reportPeer } from '../../../docs/examples/report-peer.ts'
import { requestBlock } from '../../../docs/examples/request-block.ts'
import { findSeeds } from '../../../docs/examples/scan-peers.ts'
import { seed } from '../../../docs/examples/serve-torrent.ts'
import { recordClient } from '../../../docs/examples/test-your-client.ts'
import {
  connect,
  decodeMetainfo,
  encodeExtensionHandshake,
  encodeFeatures,
  encodeHandshake,
  encodeMessages,
  encodeUtf8,
  listenTcp,
  PeerConnection,
  toHex,
  type Listener,
  type Message,
  type Transport,
} from '../../../src/index.ts'
import { NODE_HASHES } from '../../../src/net/node-hashes.ts'
import { SERVED, SERVED_LENGTH, serveSynthetic } from '../../support/peers/library-serving.ts'

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

test('find-cause names the cause, and what to do', async () => {
  const listener = await listenTcp({ address: '127.0.0.1', port: 0, family: 4 }, (transport) =>
    transport.end(),
  )
  await listener.close()
  const hash = toHex(infoHash)
  expect(await findCause('127.0.0.1', listener.address.port, hash)).toStrictEqual([
    'certain: Nothing listens on this port. Try: is the client running, and is this its listening port?',
  ])
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

describe('the use cases', () => {
  const host = '127.0.0.1'
  const hex = toHex(SERVED.metainfo.infoHashes.v1 ?? new Uint8Array(0))
  const signal = new AbortController().signal
  let folder = ''
  let torrent = ''
  let port = 0
  let stop = (): Promise<unknown> => Promise.resolve()

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'peerwire-guide-'))
    torrent = join(folder, 'x.torrent')
    writeFileSync(torrent, SERVED.torrentBytes)
    ;({ port, stop } = await serveSynthetic())
  })
  afterAll(async () => {
    await stop()
    rmSync(folder, { recursive: true })
  })

  test('report-peer returns the report, or what went wrong', async () => {
    expect(await reportPeer(host, port, hex)).toContain(`${host}:${port}`)
    expect(await reportPeer(host, port, 'ab'.repeat(20))).toMatch(/^E_HANDSHAKE_CLOSED: /)
  })

  test('scan-peers returns the seeds, and ends', async () => {
    const peers = [
      { host, port },
      { host, port: 1, label: 'closed' },
    ]
    expect(await findSeeds(peers, hex)).toStrictEqual([`${host}:${port}`])
  })

  test('fetch-block returns the bytes', async () => {
    expect(await fetchVerifiedBlock(host, port, torrent, 2)).toStrictEqual(
      await SERVED.store.read(2, 0, 16_384),
    )
    await expect(fetchVerifiedBlock(host, 1, torrent, 2)).rejects.toThrow(/refused/)
  })

  test('fetch-torrent downloads, and serve-torrent serves it again', async () => {
    const output = join(folder, 'downloads')
    expect(await download(host, port, torrent, output, signal)).toBe(true)
    const serving = new AbortController()
    const again = new Promise<string>((resolve) => {
      open.push({ close: () => served })
      const served = seed(torrent, output, serving.signal, resolve)
    })
    const [, seedPort] = (await again).split(':')
    expect(await download(host, Number(seedPort), torrent, join(folder, 'again'), signal)).toBe(true)
    serving.abort()
  })

  test('fetch-metadata makes a .torrent of a magnet link', async () => {
    const bytes = await torrentOfMagnet(`magnet:?xt=urn:btih:${hex}&x.pe=${host}:${port}`)
    const { infoHashes, totalLength } = decodeMetainfo(bytes ?? new Uint8Array(0), NODE_HASHES)
    expect([infoHashes.v1, totalLength]).toStrictEqual([SERVED.metainfo.infoHashes.v1, SERVED_LENGTH])
  })

  test('diagnose-trace finds in a stored trace what the live session found', async () => {
    const serving = await serveSynthetic({ faults: ['spare-bits'] })
    const text = await recordTrace(host, serving.port, hex)
    const live = await connect({ host, port: serving.port, infoHash: hex })
    await serving.stop()
    expect(diagnoseTrace(text)).toStrictEqual(live.findings)
    expect(() => diagnoseTrace(`${text}{}\n`)).toThrow(/^line \d+: /)
  })

  test('capture-session writes what the session was', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'peerwire-'))
    try {
      const path = join(folder, 'session.pcapng')
      const live = await captureSession(host, port, hex, path)
      const { report } = await readCapture(path)
      expect(report).toMatchObject({ handshake: live.handshake, messages: live.messages })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('check-expectations returns what does not hold', async () => {
    expect(await checkSeed(host, port, torrent)).toStrictEqual([])
    expect(await checkSeed(host, 1, torrent)).toStrictEqual([
      'exitCode=0',
      'availability.percent=100',
      'handshake.features~fast',
    ])
  })
})
