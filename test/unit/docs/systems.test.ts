import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  Bitfield,
  ChokingAlgorithm,
  ChokingState,
  decodeDonthaveMessage,
  decodeExtensionHandshake,
  decodeHandshake,
  decodeHolepunchMessage,
  decodeMessage,
  decodeMetadataMessage,
  decodePeerId,
  decodePexMessage,
  encodeDonthaveMessage,
  encodeExtensionHandshake,
  encodeFeatures,
  encodeHandshake,
  encodeHolepunchMessage,
  encodeMessage,
  encodeMetadataMessage,
  encodePexMessage,
  ERROR_CODES,
  ExtensionRegistry,
  EXTENSION_CODECS,
  FastExtensionState,
  fromHex,
  generateAllowedFastSet,
  generatePeerId,
  HashRequestManager,
  hashRequestToRoot,
  HashServer,
  HolepunchState,
  listenTcp,
  MessageDecoder,
  MessageId,
  metadataPieceCount,
  metadataPieceLength,
  PeerConnection,
  PeerError,
  PieceManager,
  splitIntoBlocks,
} from '../../../src/index.ts'

const infoHash = new Uint8Array(20).fill(0xaa)
const sha256 = (...parts: Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

describe('every system of a peer, through the public entry point', () => {
  test('handshake', () => {
    const reserved = encodeFeatures(['extension-protocol', 'fast', 'v2'])
    const peerId = generatePeerId('-XX0000-', new Uint8Array(12).fill(65))
    const bytes = encodeHandshake({ reserved, infoHash, peerId })
    expect(decodeHandshake(bytes)).toMatchObject({
      infoHash,
      peerId,
      features: ['extension-protocol', 'fast', 'v2'],
    })
  })

  test('messages', () => {
    const bytes = encodeMessage({ type: 'have', piece: 7 })
    expect(bytes[4]).toBe(MessageId.have)
    expect(decodeMessage(bytes.subarray(4))).toEqual({ type: 'have', piece: 7 })
    expect(new MessageDecoder({ from: 'messages' }).push(bytes)).toMatchObject([
      { kind: 'message', offset: 0, length: 9 },
    ])
    expect(decodeMessage(Uint8Array.of(99))).toMatchObject({ type: 'unknown', id: 99 })
  })

  test('bitfield', () => {
    const ours = new Bitfield(10)
    ours.set(0)
    expect([...Bitfield.full(10).missingFrom(ours)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(Bitfield.fromBytes(Uint8Array.of(0xff, 0xe0), 10)).toMatchObject({ count: 10, spareBits: [10] })
    expect(() => Bitfield.fromBytes(new Uint8Array(3), 10)).toThrow('expected 2')
  })

  test('peer id', () => {
    expect(decodePeerId(fromHex('2d5452333030302d6c3530767a76727972636c38'))).toMatchObject({
      client: 'Transmission',
      version: '3.00',
      style: 'azureus',
    })
  })

  test('transport, connection and state of a session', async () => {
    const accepted: PeerConnection[] = []
    const listener = await listenTcp({ address: '127.0.0.1', port: 0, family: 4 }, (transport) => {
      const answering = PeerConnection.accept(transport, {
        find: () => ({ infoHash, pieceCount: 9, have: 'all' }),
      })
      void answering.then((connection) => accepted.push(connection))
    })
    const to = { host: '127.0.0.1', port: listener.address.port }
    const connection = await PeerConnection.connect(to, { torrent: { infoHash, pieceCount: 9 } })
    await connection.until(() => connection.state.availability.source === 'have-all')
    expect(await connection.receive()).toMatchObject({ type: 'extended', id: 0 })
    await connection.send({ type: 'interested' })
    expect(connection.state.choking.amInterested).toBe(true)
    await expect(connection.send({ type: 'port', port: 1 })).rejects.toMatchObject({
      code: 'E_NOT_NEGOTIATED',
    })
    expect(await connection.close()).toMatchObject({ by: 'us', kind: 'fin' })
    let last: unknown
    do last = await accepted[0]?.receive()
    while (last !== undefined)
    expect(accepted[0]?.end).toMatchObject({ by: 'peer', kind: 'fin' })
    await listener.close()
  })

  test('errors', () => {
    const error = new PeerError('E_HANDSHAKE_TIMEOUT', 'nothing came', { phase: 'handshake', offset: 0 })
    expect(error).toMatchObject({
      exitCode: ERROR_CODES.E_HANDSHAKE_TIMEOUT.exitCode,
      blame: 'remote',
      phase: 'handshake',
    })
  })

  test('choke and interest flags', () => {
    const state = new ChokingState()
    state.received('unchoke')
    expect(state.canRequest).toBe(false)
    state.sent('interested')
    expect(state.canRequest).toBe(true)
  })

  test('choking algorithm', () => {
    const peers = ['a', 'b', 'c', 'd', 'e', 'f'].map((peer, i) => ({
      peer,
      interested: true,
      choked: true,
      uploadRate: i,
      downloadRate: 6 - i,
      connectedAt: 0,
    }))
    const { decisions, nextAt, optimistic } = new ChokingAlgorithm().round(100_000, 'seed', peers, () => 0)
    expect(decisions).toHaveLength(4)
    expect(decisions.map(({ peer }) => peer)).toEqual(expect.arrayContaining(['f', 'e', 'd', optimistic]))
    expect(nextAt).toBe(110_000)
  })

  test('fast extension', () => {
    expect(generateAllowedFastSet('80.4.4.200', infoHash, 1313, 7)).toEqual([
      1059, 431, 808, 1217, 287, 376, 1188,
    ])
    expect(generateAllowedFastSet('80.4.4.200', infoHash, 3, 7)).toHaveLength(3)
    expect(generateAllowedFastSet('2001:db8::7', infoHash, 1313)).toEqual([])
    const state = new FastExtensionState(10)
    expect([state.receivedAllowedFast(3), state.receivedAllowedFast(10)]).toEqual(['added', 'out-of-range'])
    expect(state.canRequestWhileChoked(3)).toBe(true)
  })

  test('extension protocol', () => {
    const extensions = new Map([['ut_metadata', 2]])
    const decoded = decodeExtensionHandshake(encodeExtensionHandshake({ extensions, client: 'x 1', reqq: 9 }))
    expect(decoded).toMatchObject({ ok: true, value: { extensions, client: 'x 1', reqq: 9, issues: [] } })
    const wrapped = decodeExtensionHandshake(new TextEncoder().encode('d1:md1:xi256eee'))
    expect(wrapped).toMatchObject({ ok: true, value: { extensions: new Map() } })
    const registry = new ExtensionRegistry([...EXTENSION_CODECS])
    expect(registry.decode(7, Uint8Array.of(0, 0, 0, 9))).toMatchObject({
      name: 'lt_donthave',
      message: { piece: 9 },
    })
  })

  test('metadata, peer exchange, holepunch and lost pieces', () => {
    const data = { type: 'data', piece: 1, totalSize: 31_235, data: new Uint8Array(14_851) } as const
    expect(decodeMetadataMessage(encodeMetadataMessage(data))).toEqual({ ok: true, value: data })
    expect([metadataPieceCount(31_235), metadataPieceLength(1, 31_235)]).toEqual([2, 14_851])
    const pex = decodePexMessage(
      new TextEncoder().encode('d5:added6:\x01\x02\x03\x04\x1a\x0a7:added.f1:\x02e'),
    )
    expect(pex.ok && decodePexMessage(encodePexMessage(pex.value))).toEqual(pex)
    const connect = fromHex('0100c6336409c8d5')
    const punched = decodeHolepunchMessage(connect)
    expect(punched.ok && encodeHolepunchMessage(punched.value)).toEqual(fromHex('0100c6336409c8d500000000'))
    const attempt = new HolepunchState()
    expect([attempt.start(0), attempt.start(1), attempt.expire(30_000), attempt.phase]).toEqual([
      true,
      false,
      true,
      'failed',
    ])
    expect(decodeDonthaveMessage(encodeDonthaveMessage({ piece: 3 }))).toEqual({
      ok: true,
      value: { piece: 3 },
    })
  })

  test('hash requests', () => {
    const blocks = [1, 2, 3, 4].map((byte) => sha256(new Uint8Array(16_384).fill(byte)))
    const [a, b, c, d] = blocks as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    const layer = [sha256(a, b), sha256(c, d)] as const
    const piecesRoot = sha256(...layer)
    const server = new HashServer([{ piecesRoot, length: 65_536, pieceLength: 32_768, pieceHashes: layer }])
    const asking = new HashRequestManager()
    const file = { piecesRoot, height: 2 }
    const request = hashRequestToRoot(file, { baseLayer: 1, index: 0, length: 2 })
    expect(asking.request(file, request, 0)).toBe(true)
    const answer = server.answer(request)
    if (answer.type !== 'hashes') throw new Error(answer.type)
    expect(asking.received(request, answer.hashes)).toMatchObject({ type: 'verified' })
    asking.request(file, request, 1)
    expect(
      asking.received(
        request,
        answer.hashes.map((byte) => byte ^ 1),
      ),
    ).toMatchObject({ type: 'wrong' })
  })

  test('blocks and pieces', () => {
    expect(splitIntoBlocks({ piece: 3, begin: 16_384, length: 40_000 }).map(({ length }) => length)).toEqual([
      16_384, 16_384, 7_232,
    ])
    const pieces = new PieceManager({ pieceCount: 2, pieceLength: () => 32_768, order: 'sequential' })
    pieces.addPeer('peer', Bitfield.full(2))
    const requests = pieces.nextRequests('peer', 3, 0, () => 0)
    expect(requests).toEqual([
      { piece: 0, begin: 0, length: 16_384 },
      { piece: 0, begin: 16_384, length: 16_384 },
      { piece: 1, begin: 0, length: 16_384 },
    ])
    expect(pieces.received('peer', { piece: 0, begin: 0, length: 16_384 })).toMatchObject({
      type: 'accepted',
      pieceComplete: false,
    })
  })
})

const ENTRY_POINTS = ['peerwire', 'peerwire/wire', 'peerwire/session'] as const

/** The rows of the table: names of functions, classes and types, and the entry points that have them. */
const ROWS = Array.from(
  readFileSync(new URL('../../../docs/systems.md', import.meta.url), 'utf8').matchAll(
    /^\| ([^|`]+?) +\| (`[^|]*?) +\| (`peerwire[^|]*?) +\|/gm,
  ),
  ([, system = '', names = '', from = '']) => ({ system, names: quoted(names), from: quoted(from) }),
)

function quoted(text: string): readonly string[] {
  return Array.from(text.matchAll(/`([\w/]+)`/g), ([, word = '']) => word)
}

test.each(ROWS)('$system is exported from $from', ({ names, from }) => {
  expect(ENTRY_POINTS).toEqual(expect.arrayContaining([...from]))
  const exported = from.map(exportsOf)
  const root = exportsOf('peerwire')
  // a name in parentheses is a method
  const missing = names.filter(
    (name) =>
      !/^(?:connect|accept)$/.test(name) && !(root.has(name) && exported.some((one) => one.has(name))),
  )
  expect(missing).toStrictEqual([])
  expect(exported.filter((one) => !names.some((name) => one.has(name)))).toStrictEqual([])
})

test('the table of systems is read', () => expect(ROWS.length).toBeGreaterThan(15))

/** Every name in the text of an entry point, types too; `peerwire` has those of the others as well. */
function exportsOf(entry: string): ReadonlySet<string> {
  const room = entry.slice('peerwire/'.length)
  const rooms = room === '' ? ['', 'wire/', 'session/'] : [`${room}/`]
  const text = rooms.map((path) =>
    readFileSync(new URL(`../../../src/${path}index.ts`, import.meta.url), 'utf8'),
  )
  return new Set(text.join('\n').match(/\w+/g))
}
