import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  connect,
  decode,
  demo,
  explain,
  fetchBlock,
  fetchTorrent,
  metadata,
  reach,
  renderReport,
  serve,
  toHex,
  why,
  type ConnectOptions,
  type FetchBlockOptions,
  type ReachProgress,
  type ServeOptions,
  type TraceEvent,
  type TorrentSource,
} from '../../../src/index.ts'
import { nobody } from '../../support/peers/bad-peers.ts'
import {
  type LibraryServing,
  SERVED,
  SERVED_LENGTH,
  serveSynthetic,
} from '../../support/peers/library-serving.ts'

const host = '127.0.0.1'
const { metainfo, torrentBytes } = SERVED
const infoHash = metainfo.infoHashes.v1 ?? new Uint8Array(20)
const hex = toHex(infoHash)
let folder = ''
let serving: LibraryServing | undefined
let port = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerwire-library-'))
  await writeFile(join(folder, 'x.torrent'), torrentBytes)
  serving = await serveSynthetic()
  port = serving.port
})

afterAll(async () => {
  await serving?.stop()
  await rm(folder, { recursive: true, force: true })
})

describe('a torrent in each of its forms', () => {
  const sources: readonly (readonly [name: string, source: () => TorrentSource])[] = [
    ['40 hex digits', () => ({ infoHash: hex })],
    ['20 bytes', () => ({ infoHash })],
    ['info hashes', () => ({ infoHash: metainfo.infoHashes })],
    ['a magnet link', () => ({ infoHash: `magnet:?xt=urn:btih:${hex}` })],
    ['the path of a .torrent', () => ({ torrent: join(folder, 'x.torrent') })],
    ['the URL of a .torrent', () => ({ torrent: pathToFileURL(join(folder, 'x.torrent')) })],
    ['the bytes of a .torrent', () => ({ torrent: torrentBytes })],
    ['a .torrent that was read', () => ({ torrent: metainfo })],
  ]
  test.each(sources)('connect takes %s', async (_, source) => {
    const report = await connect({ host, port, ...source() })
    expect(report).toMatchObject({ ok: true, error: null, torrent: { infoHashV1: hex } })
    expect(report.torrent.pieceCount).toBe(source().torrent === undefined ? null : metainfo.pieceCount)
  })

  test('a magnet link that names a peer needs no host', async () => {
    const link = `magnet:?xt=urn:btih:${hex}&x.pe=${host}:${port}`
    expect(await connect({ infoHash: link })).toMatchObject({ ok: true, target: { host, port } })
  })
})

test('connect prints as the command does', async () => {
  const report = await connect({ host, port, torrent: metainfo, interested: true })
  expect(report.choking).toMatchObject({ peerChoking: false })
  expect(renderReport(report)).toContain(`${host}:${port}`)
  expect(JSON.parse(renderReport(report, { format: 'json' }))).toStrictEqual(
    JSON.parse(JSON.stringify(report)),
  )
})

test('undefined options are as those left out', async () => {
  const report = await connect({
    host,
    port,
    infoHash,
    connectTimeoutMs: undefined,
    totalTimeoutMs: undefined,
    features: { fast: undefined, extensions: false },
  })
  expect(report).toMatchObject({ ok: true })
  expect(report.extensionHandshake).toBeNull()
})

test('fetchBlock has the bytes, which are not part of the document', async () => {
  const report = await fetchBlock({ host, port, torrent: metainfo, piece: 1, verify: true })
  expect(report).toMatchObject({ ok: true, block: { bytes: 16_384, verified: 'piece-sha1' } })
  expect(report.data).toStrictEqual(await SERVED.store.read(1, 0, 16_384))
  expect(Object.keys(report)).not.toContain('data')
})

test('fetchBlock without a block has no bytes', async () => {
  const report = await fetchBlock({ host, port, infoHash: new Uint8Array(20).fill(9), piece: 0 })
  expect(report).toMatchObject({ ok: false, block: null, error: { phase: 'handshake' } })
  expect(report.data).toBeUndefined()
})

test('fetchBlock writes to a file', async () => {
  const output = join(folder, 'block.bin')
  const report = await fetchBlock({ host, port, infoHash, piece: 0, length: 100, output })
  expect(report).toMatchObject({ ok: true, block: { output } })
  expect(report.data).toBeUndefined()
  expect(await readFile(output)).toHaveLength(100)
})

test('fetchTorrent writes the files, and a sample keeps nothing', async () => {
  const output = join(folder, 'downloads')
  expect(await fetchTorrent({ host, port, torrent: torrentBytes, output })).toMatchObject({ ok: true })
  expect(await readFile(join(output, new TextDecoder().decode(metainfo.name)))).toHaveLength(SERVED_LENGTH)
  expect(await fetchTorrent({ host, port, infoHash, sample: 1 })).toMatchObject({ ok: true })
})

test('metadata has the .torrent', async () => {
  const report = await metadata({ host, port, infoHash, output: '-' })
  expect(report).toMatchObject({ ok: true, metadata: { totalLength: SERVED_LENGTH } })
  const again = await connect({ host, port, torrent: report.data ?? new Uint8Array(0) })
  expect(again).toMatchObject({ ok: true, torrent: { infoHashV1: hex } })
  expect((await metadata({ host, port, infoHash })).data).toBeUndefined()
})

test('serve reports what a peer did', async () => {
  const strict = await serveSynthetic({ strict: true, once: true })
  await connect({ host, port: strict.port, infoHash })
  expect(await strict.stop()).toMatchObject({ ok: true, strict: true, violations: 0, peers: [{ peer: 1 }] })
})

test('serve takes faults as after --fault', async () => {
  const faulty = await serveSynthetic({ faults: ['corrupt=0'] })
  const report = await fetchBlock({ host, port: faulty.port, torrent: metainfo, piece: 0, verify: true })
  expect(report).toMatchObject({ ok: false, block: null, error: { code: 'E_PIECE_HASH' } })
  expect(report.data).toBeUndefined()
  await faulty.stop()
})

test('demo and explain need nothing', async () => {
  expect(await demo()).toMatchObject({ ok: true })
  expect(explain('E_HANDSHAKE_CLOSED').topics).toHaveLength(1)
})

test('a signal ends a session, and the report says so', async () => {
  const report = await connect({ host, port, infoHash, signal: AbortSignal.abort() })
  expect(report).toMatchObject({ ok: false, error: { code: 'E_INTERRUPTED' } })
})

test.each([
  ['no torrent', { host, port: 1 }, 'E_USAGE'],
  ['two torrents', { host, port: 1, infoHash, torrent: 'x.torrent' }, 'E_USAGE'],
  ['no peer', { infoHash }, 'E_USAGE'],
  ['no port', { host, infoHash }, 'E_BAD_ADDRESS'],
  ['port 0', { host, port: 0, infoHash }, 'E_BAD_ADDRESS'],
  ['port as text', { host, port: '6881', infoHash }, 'E_BAD_ADDRESS'],
  ['an empty host', { host: '', port: 1, infoHash }, 'E_BAD_ADDRESS'],
  ['a peer id of 21 bytes', { host, port: 1, infoHash, peerId: new Uint8Array(21) }, 'E_USAGE'],
  ['a time-out that no timer holds', { host, port: 1, infoHash, connectTimeoutMs: Infinity }, 'E_USAGE'],
  ['a negative time-out', { host, port: 1, infoHash, totalTimeoutMs: -1 }, 'E_USAGE'],
  ['a time-out that is not a number', { host, port: 1, infoHash, waitMs: Number.NaN }, 'E_USAGE'],
  ['a hash of 19 bytes', { host, port: 1, infoHash: new Uint8Array(19) }, 'E_BAD_HASH'],
  ['a hash of 39 digits', { host, port: 1, infoHash: hex.slice(1) }, 'E_BAD_HASH'],
  ['a file that is not there', { host, port: 1, torrent: '/nowhere/x.torrent' }, 'E_FILE_READ'],
  ['bytes that are not a .torrent', { host, port: 1, torrent: new Uint8Array(3) }, 'E_BAD_TORRENT'],
])('connect with %s throws before it dials', async (_, options, code) => {
  // as from JavaScript
  await expect(connect(options as unknown as ConnectOptions)).rejects.toMatchObject({ code })
})

test.each([
  ['no piece', { piece: undefined }],
  ['piece -1', { piece: -1 }],
  ['half a piece', { piece: 0.5 }],
  ['offset -1', { piece: 0, offset: -1 }],
  ['length 0', { piece: 0, length: 0 }],
  ['repeat 0', { piece: 0, repeat: 0 }],
])('fetchBlock with %s throws before it dials', async (_, wrong) => {
  const options = { host, port: 1, infoHash, ...wrong } as unknown as FetchBlockOptions
  await expect(fetchBlock(options)).rejects.toMatchObject({ code: 'E_USAGE' })
})

test('serve refuses a torrent of no bytes, and an address that is not one', async () => {
  await expect(serve({ synthetic: 0 })).rejects.toMatchObject({ code: 'E_USAGE' })
  const named = { synthetic: 1, listen: { address: 'localhost' } }
  await expect(serve(named)).rejects.toMatchObject({ code: 'E_USAGE' })
})

describe('reach', () => {
  test('needs no torrent, and prints as the command does', async () => {
    const closed = await nobody()
    const [, closedPort] = closed.address.split(':')
    const report = await reach({ host, port: Number(closedPort) })
    expect(report).toMatchObject({ exitCode: 3, error: { code: 'E_CONNECT_REFUSED' } })
    expect(report.paths.map(({ transport }) => transport)).toStrictEqual(['tcp', 'utp'])
    expect(renderReport(report)).toContain(report.verdict)
  })

  test('says each connection before it is made', async () => {
    const hows: string[] = []
    const progress = ({ probe }: ReachProgress) => hows.push(`${probe.transport} ${probe.how}`)
    const report = await reach({ host, port, progress })
    expect(report).toMatchObject({ ok: true, paths: [{ proof: 'key' }, {}] })
    expect(hows).toStrictEqual(['tcp key', 'tcp key', 'utp silence'])
  })

  test('a port that is none is refused before anything is sent', async () => {
    await expect(reach({ host, port: 70_000 })).rejects.toMatchObject({ code: 'E_BAD_ADDRESS' })
  })
})

describe('a capture', () => {
  const peer = { host, infoHash: hex }
  test.each<[string, (capture: (bytes: Uint8Array) => void) => Promise<unknown>]>([
    ['connect', (capture) => connect({ ...peer, port, capture })],
    ['fetchBlock', (capture) => fetchBlock({ ...peer, port, piece: 0, length: 16_384, capture })],
    ['fetchTorrent', (capture) => fetchTorrent({ host, port, torrent: torrentBytes, sample: 1, capture })],
    ['metadata', (capture) => metadata({ ...peer, port, capture })],
    ['why', (capture) => why({ ...peer, port, capture })],
    ['reach', (capture) => reach({ host, port, capture })],
    ['demo', (capture) => demo({ capture })],
    ['serve', (capture) => serveOnce({ capture })],
  ])('of %s has its connections, and ends before the report', async (_, run) => {
    const blocks: Uint8Array[] = []
    let isOver = false
    await run((bytes) => {
      expect(isOver).toBe(false)
      blocks.push(bytes)
    })
    isOver = true
    const { capture } = await decode(concatBytes(blocks))
    expect(capture?.connections[0]).toMatchObject({ whole: true })
  })

  test('of serve has a trace beside it', async () => {
    const events: TraceEvent[] = []
    await serveOnce({ trace: (event) => events.push(event) })
    expect(events.map(({ type }) => type)).toStrictEqual(
      expect.arrayContaining(['serving', 'connected', 'closed', 'ended']),
    )
  })
})

/** Serves one peer, which is one of ours. */
async function serveOnce(options: Pick<ServeOptions, 'trace' | 'capture'>): Promise<void> {
  const visited: Promise<unknown>[] = []
  await serve({
    synthetic: 65_536,
    listen: { port: 0 },
    once: true,
    ...options,
    onEvent: (event) => {
      if (event.type !== 'listening') return
      const { infoHashV1 } = event.torrent
      visited.push(connect({ host, port: Number(event.address.split(':')[1]), infoHash: infoHashV1 ?? '' }))
    },
  })
  await Promise.all(visited)
}

function concatBytes(blocks: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(blocks))
}
