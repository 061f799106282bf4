import { expect, test } from 'vitest'
import { encodeUtf8, fromHex } from '../../../src/base/bytes.ts'
import type { FetchBlockOptions, FetchOptions, SessionOptions } from '../../../src/run/options.ts'
import { encodeMessage, type Message } from '../../../src/wire/message/message.ts'
import { FakePeer } from '../../support/peers/fake-peer.ts'
import { fetchOptions, sessionOptions, withMetainfo } from '../../support/sessions/fetch-setup.ts'
import { makeV1Torrent } from '../../support/torrents/made-torrent.ts'
import { blockOf } from '../../support/peers/scripted-seeder.ts'
import { connect, fetchBlock, fetch, metadata } from '../../support/verdicts/commands.ts'

/** What each use case waits for, with time that only the test moves. */

const torrent = makeV1Torrent({ pieceLength: 16_384, length: 3 * 16_384 })
const { metainfo } = torrent
const infoHash = metainfo.infoHashes.v1 ?? new Uint8Array(20)
const HAVE_ALL: Message = { type: 'have-all' }
const UNCHOKE: Message = { type: 'unchoke' }
const UNREADABLE: Message = { type: 'extended', id: 0, payload: encodeUtf8('d1:md1:ai1eex') }
const blockBytes = (piece: number) => encodeMessage(blockOf(torrent, { piece, begin: 0, length: 16_384 }))

/** A fetch that keeps nothing. */
function startFetch(peer: FakePeer, changes: Partial<FetchOptions> = {}) {
  const options = fetchOptions(peer.address, withMetainfo(metainfo), undefined, changes)
  return fetch(options, peer.ports)
}

function startFetchBlock(peer: FakePeer, changes: Partial<FetchBlockOptions> = {}) {
  const session = sessionOptions(peer.address, withMetainfo(metainfo))
  const block = { piece: 0, offset: 0, length: 16_384, verify: false, repeat: 1 }
  const output = { output: '-', force: false }
  const discard = () => Promise.resolve()
  const files = { create: () => Promise.resolve({ write: discard, commit: discard, discard }) }
  return fetchBlock({ ...session, ...block, ...output, ...changes }, { ...peer.ports, files })
}

function startConnect(peer: FakePeer, changes: Partial<SessionOptions> = {}) {
  const session = { ...sessionOptions(peer.address, withMetainfo(metainfo)), ...changes }
  return connect({ ...session, interested: false, settleMs: 300, waitMs: 5000 }, peer.ports)
}

function startMetadata(peer: FakePeer, changes: Partial<SessionOptions> = {}) {
  const { infoHashes } = metainfo
  const session = { ...sessionOptions(peer.address, { infoHashes }), ...changes }
  return metadata({ ...session, output: undefined, force: false }, peer.ports)
}

test.each([
  ['fetch', startFetch],
  ['fetch-block', startFetchBlock],
] as const)('%s asks for blocks without an extension handshake of the peer', async (_, start) => {
  const peer = new FakePeer()
  const done = start(peer)
  await peer.handshake(infoHash, 'fast', 'extension-protocol')
  await peer.say(HAVE_ALL)
  expect(peer.heard).toContain('interested')
  await peer.wait(7000)
  await peer.say(UNCHOKE)
  expect(peer.heard).toContain('request')
  for (const piece of [0, 1, 2]) await peer.bytes(blockBytes(piece))
  const { exitCode, timing } = await done
  expect(exitCode).toBe(0)
  expect(timing).toMatchObject({ interestedMs: 0, unchokeMs: 7000, extensionHandshakeMs: null })
})

test('fetch-block says that it is interested to a peer that unchokes unrequested', async () => {
  const peer = new FakePeer()
  const done = startFetchBlock(peer)
  await peer.handshake(infoHash, 'fast')
  await peer.say(HAVE_ALL, UNCHOKE)
  expect(peer.heard).toStrictEqual(['have-none', 'interested', 'request'])
  await peer.bytes(blockBytes(0))
  await done
})

test('connect --interested says so at once, and unchoke is measured from there', async () => {
  const peer = new FakePeer()
  const options = sessionOptions(peer.address, withMetainfo(metainfo))
  const done = connect({ ...options, interested: true, settleMs: 300, waitMs: 5000 }, peer.ports)
  await peer.handshake(infoHash, 'fast', 'extension-protocol')
  expect(peer.heard).toContain('interested')
  await peer.wait(20)
  await peer.say(HAVE_ALL, UNCHOKE)
  await peer.wait(5000)
  expect((await done).timing).toMatchObject({ interestedMs: 0, unchokeMs: 20 })
})

test('the limit of the whole command ends any wait, with a reset and the phase in which it struck', async () => {
  const peer = new FakePeer()
  const done = startConnect(peer, { totalTimeoutMs: 50 })
  await peer.handshake(infoHash, 'fast', 'extension-protocol')
  await peer.wait(50)
  const phase = 'extension-handshake'
  expect(await done).toMatchObject({
    exitCode: 6,
    error: { code: 'E_TIMEOUT', phase },
    attempts: [{ outcome: 'timeout', phase, closedBy: 'us', closeKind: 'rst' }],
    timing: { totalMs: 50 },
  })
})

test('connect --interested gives up after the time-out, however long it listens', async () => {
  const peer = new FakePeer()
  const options = { ...sessionOptions(peer.address, withMetainfo(metainfo)), unchokeTimeoutMs: 1000 }
  const done = connect({ ...options, interested: true, settleMs: 300, waitMs: 5000 }, peer.ports)
  await peer.handshake(infoHash, 'fast', 'extension-protocol')
  await peer.wait(1000)
  expect(await done).toMatchObject({ error: { code: 'E_UNCHOKE_TIMEOUT' }, timing: { totalMs: 1000 } })
})

test('the rate of fetch counts from the first request, and the wait for unchoke is apart', async () => {
  const peer = new FakePeer()
  const rates: number[] = []
  const done = startFetch(peer, {
    sample: undefined,
    progress: ({ stage, transferMs }) => {
      if (stage === 'fetching') rates.push(transferMs)
    },
  })
  await peer.handshake(infoHash, 'fast')
  await peer.say(HAVE_ALL)
  await peer.wait(6750)
  await peer.say(UNCHOKE)
  await peer.wait(200)
  await peer.bytes(blockBytes(0))
  await peer.wait(200)
  await peer.bytes(blockBytes(1))
  await peer.bytes(blockBytes(2))
  const { fetch: result } = await done
  const bytesPerSecond = Math.round((3 * 16_384) / 0.4)
  expect(result).toMatchObject({ unchokeWaitMs: 6750, transferMs: 400, bytesPerSecond })
  expect(rates.at(-1)).toBe(400)
})

test.each([
  ['connect', startConnect],
  ['metadata', startMetadata],
  ['fetch', startFetch],
  ['fetch-block', startFetchBlock],
] as const)('%s leaves no timer behind, however it ends', async (_, start) => {
  const peer = new FakePeer()
  const done = start(peer, { totalTimeoutMs: 60_000 })
  await peer.handshake(infoHash, 'fast', 'extension-protocol')
  expect(peer.clock.pending).toBeGreaterThan(0)
  peer.transport.close({ by: 'peer', kind: 'fin' })
  await done
  expect(peer.clock.pending).toBe(0)
})

test.each([
  ['fetch', startFetch, 'no whole block came in 10000 ms of waiting for requests; 8000 bytes had come,'],
  [
    'fetch-block',
    startFetchBlock,
    'no whole block of piece 0 came in 10000 ms of waiting for requests; 8000 of 16384 bytes had come,',
  ],
] as const)('%s counts the bytes of a block that comes in part', async (_, start, message) => {
  const peer = new FakePeer()
  const done = start(peer, { blockTimeoutMs: 10_000 })
  await peer.handshake(infoHash, 'fast')
  await peer.say(HAVE_ALL, UNCHOKE)
  await peer.bytes(blockBytes(0).subarray(0, 13 + 8000))
  while (!peer.transport.isEnded) await peer.wait(250)
  const { error } = await done
  expect(error).toMatchObject({
    code: 'E_BLOCK_TIMEOUT',
    message: `${message} 8000 of the 16384 of its unfinished block at 800 B/s`,
  })
  expect(error?.hint).not.toContain('ignores')
})

test('bytes of a block that was not requested do not count', async () => {
  const peer = new FakePeer()
  const done = startFetch(peer, { blockTimeoutMs: 10_000 })
  await peer.handshake(infoHash, 'fast')
  await peer.say(HAVE_ALL, UNCHOKE)
  const other = encodeMessage({ type: 'piece', piece: 7, begin: 0, block: new Uint8Array(16_384) })
  await peer.bytes(other.subarray(0, 8000))
  while (!peer.transport.isEnded) await peer.wait(250)
  expect(await done).toMatchObject({ fetch: { unfinishedBytes: 0 } })
})

test('an extension handshake that cannot be read is reported at once, with its place', async () => {
  const peer = new FakePeer()
  const { infoHashes } = metainfo
  const options = { ...sessionOptions(peer.address, { infoHashes }), output: undefined, force: false }
  const done = metadata(options, peer.ports)
  await peer.handshake(infoHash, 'fast', 'extension-protocol')
  await peer.say(UNREADABLE)
  const { error, timing } = await done
  const message = 'the extension handshake of the peer cannot be read, at byte 86: not a digit'
  expect(error).toMatchObject({ code: 'E_MALFORMED_MESSAGE', phase: 'extension-handshake', message })
  expect(timing).toMatchObject({ extensionHandshakeMs: 0, totalMs: 0 })
})

test('connect does not wait for an extension handshake that came and cannot be read', async () => {
  const peer = new FakePeer()
  const options = sessionOptions(peer.address, withMetainfo(metainfo))
  const done = connect({ ...options, interested: false, settleMs: 300, waitMs: 5000 }, peer.ports)
  await peer.handshake(infoHash, 'fast', 'extension-protocol')
  await peer.say(UNREADABLE, HAVE_ALL)
  await peer.wait(300)
  const { findings, timing } = await done
  expect(timing.totalMs).toBe(300)
  expect(findings.map(({ id }) => id)).toStrictEqual(['extension-handshake-malformed'])
})

describeBitfield('of the wrong length', 'ffff', ['bitfield-length'])
describeBitfield('of no bytes', '', ['bitfield-length'])
describeBitfield('with spare bits', 'ff', ['bitfield-spare-bits'])

/** The piece count comes with the metadata, after the bitfield. */
function describeBitfield(name: string, hex: string, expected: readonly string[]): void {
  const greet = async (peer: FakePeer): Promise<void> => {
    await peer.handshake(infoHash, 'extension-protocol')
    const size = metainfo.infoBytes.length
    await peer.say(
      { type: 'extended', id: 0, payload: encodeUtf8(`d1:md11:ut_metadatai3ee13:metadata_sizei${size}ee`) },
      { type: 'bitfield', bits: fromHex(hex) },
      { type: 'have', piece: 99 },
    )
    const head = encodeUtf8(`d8:msg_typei1e5:piecei0e10:total_sizei${size}ee`)
    await peer.say({ type: 'extended', id: 2, payload: Uint8Array.of(...head, ...metainfo.infoBytes) })
    await peer.say(UNCHOKE)
    for (let i = 0; i < 8; i++) await peer.wait(250)
    for (const piece of [0, 1, 2]) await peer.bytes(blockBytes(piece))
  }
  const target = { infoHashes: metainfo.infoHashes }
  const isMisfit = expected.includes('bitfield-length')
  const commands = {
    metadata: (peer: FakePeer) =>
      metadata({ ...sessionOptions(peer.address, target), output: undefined, force: false }, peer.ports),
    fetch: (peer: FakePeer) => fetch(fetchOptions(peer.address, target, undefined, {}), peer.ports),
    'fetch-block': (peer: FakePeer) =>
      startFetchBlock(peer, { ...sessionOptions(peer.address, target), metadata: true }),
  }
  test.each(Object.entries(commands))(`a bitfield ${name} is judged by %s`, async (command, start) => {
    const peer = new FakePeer()
    const done = start(peer)
    await greet(peer)
    const { findings, error, availability } = await done
    const errors = findings.filter(({ severity }) => severity === 'error')
    expect(errors.map(({ id }) => id).sort()).toStrictEqual([...expected, 'have-out-of-range'].sort())
    expect(availability).toMatchObject({ pieceCount: 3, have: isMisfit ? null : 3 })
    if (!isMisfit || command === 'metadata') expect(error?.code ?? 'E_CHECK_FAILED').toBe('E_CHECK_FAILED')
    else {
      expect(error?.code).toBe('E_PIECE_UNAVAILABLE')
      expect(error?.message).toContain('which pieces the peer has is not known: bitfield of')
    }
  })
}
