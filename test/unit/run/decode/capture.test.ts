import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat } from '../../../../src/base/bytes.ts'
import { PeerError } from '../../../../src/base/errors.ts'
import { targetOfTorrent } from '../../../../src/run/torrent-target.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import { encodeExtensionHandshake } from '../../../../src/wire/extension/handshake.ts'
import { encodeMessages, type Message } from '../../../../src/wire/message/message.ts'
import { ORDERS, pcapFile, withoutPackets } from '../../../support/captures/capture-files.ts'
import { capturedSessions } from '../../../support/captures/captured-session.ts'
import { decodeBytes } from '../../../support/captures/decoded.ts'
import { captureOf } from '../../../support/sessions/observed.ts'
import { SERVED } from '../../../support/peers/library-serving.ts'
import { OUR_ID, theirHandshake } from '../../../support/sessions/session.ts'

const file = capturedSessions()
const PCAP_HEADER = pcapFile(ORDERS['little-endian'], { linkType: 101 }, [])

test('all connections are listed, with what they are', async () => {
  const report = await decodeBytes(file)
  expect(report).toMatchObject({
    ok: true,
    verdict: '4 connections, 2 of them BitTorrent',
    input: { format: 'pcapng', bytes: file.length },
    connection: null,
    report: null,
    client: null,
  })
  expect(report.capture?.connections).toMatchObject([
    {
      number: 1,
      transport: 'tcp',
      initiator: '192.0.2.1:50000',
      responder: '198.51.100.9:6881',
      whole: true,
      protocol: 'bittorrent',
      durationMs: 50,
      messages: { sent: { request: 1 }, received: { piece: 1 } },
      closedBy: 'us',
      closeKind: 'fin',
      losses: 0,
      lostBytes: 0,
    },
    { number: 2, transport: 'utp', messages: { received: { piece: 2 } } },
    { number: 3, protocol: 'other', closedBy: null },
    { number: 4, protocol: 'encrypted' },
  ])
})

describe('a connection is chosen', () => {
  test.each([
    ['by its number', { connection: 2 }, 2],
    [
      'as the only one of BitTorrent with that end',
      { connection: 1, filter: { address: '192.0.2.1', port: 50_000 } },
      1,
    ],
    ['unless several match', { filter: { address: '198.51.100.9', port: 6881 } }, null],
    ['unless no BitTorrent matches', { filter: { address: '198.51.100.9', port: 80 } }, null],
    ['unless it is not BitTorrent', { connection: 3 }, null],
  ])('%s', async (_, options, number) => {
    const { connection, report } = await decodeBytes(file, options)
    expect(connection).toBe(number)
    expect(report === null).toBe(number === null)
  })

  test('a number that is not there is a wrong command line', async () => {
    await expect(decodeBytes(file, { connection: 5 })).rejects.toMatchObject({
      code: 'E_USAGE',
      hint: expect.stringContaining('1 to 4'),
    })
  })

  test('an end that no connection has is a wrong command line', async () => {
    await expect(decodeBytes(file, { filter: { address: '2001:db8::1', port: 1 } })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('[2001:db8::1]:1'),
    })
  })

  test('only connections with the end of the filter are listed', async () => {
    const { capture, verdict } = await decodeBytes(file, { filter: { address: '198.51.100.9', port: 6881 } })
    expect(verdict).toBe('3 connections, 2 of them BitTorrent')
    expect(capture?.connections.map(({ number }) => number)).toStrictEqual([1, 2, 4])
  })

  test('the only one of BitTorrent is chosen without a flag', async () => {
    const report = await decodeBytes(capturedSessions([{}]))
    expect(report).toMatchObject({
      connection: 1,
      client: 'peer 1',
      report: { session: { transport: 'tcp' } },
    })
  })
})

test('only the events of connections that match are traced', async () => {
  const events: TraceEvent[] = []
  await decodeBytes(file, { connection: 2, trace: (event) => events.push(event) })
  const pieces = events.filter(
    (event) => 'what' in event && event.what === 'message' && event.message.type === 'piece',
  )
  expect(pieces).toHaveLength(2)
})

describe('how the session ended', () => {
  const ending = (act: Parameters<typeof captureOf>[0]) => decodeBytes(captureOf(act))

  test.each([
    ['the peer closed without a handshake', 'peer', 'fin', 'E_HANDSHAKE_CLOSED', 4],
    ['the peer reset', 'peer', 'rst', 'E_HANDSHAKE_RESET', 4],
    ['the initiator closed without a handshake of the peer', 'us', 'fin', 'E_HANDSHAKE_TIMEOUT', 4],
  ] as const)('%s', async (_, by, kind, code, exitCode) => {
    const report = await ending((open) => {
      const connection = open()
      connection.data(1010, 'local', theirHandshake())
      connection.closed(3010, { by, kind })
    })
    expect(report).toMatchObject({
      exitCode,
      error: { code },
      report: { attempts: [{ closedBy: by, closeKind: kind }] },
    })
  })

  test('the answer is not BitTorrent', async () => {
    const report = await ending((open) => {
      const connection = open()
      connection.data(1010, 'local', theirHandshake())
      connection.data(1020, 'remote', new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n\r\n'))
    })
    expect(report).toMatchObject({ exitCode: 4, error: { code: 'E_NOT_BITTORRENT_HTTP' } })
  })
})

test('an extension has the id that the initiator announced, whichever client that is', async () => {
  const infoHash = SERVED.metainfo.infoHashes.v1
  const { report } = await decodeBytes(
    captureOf((open) => {
      const connection = open()
      const extended = (id: number, payload: Uint8Array): Message => ({ type: 'extended', id, payload })
      const announced = encodeExtensionHandshake({ client: 'x', extensions: new Map([['lt_donthave', 33]]) })
      connection.data(1010, 'local', theirHandshake(undefined, { infoHash, peerId: OUR_ID }))
      connection.data(1020, 'remote', theirHandshake(undefined, { infoHash }))
      connection.data(1030, 'local', encodeMessages([extended(0, announced)]))
      const lost = extended(33, Uint8Array.of(0, 0, 0, 3))
      connection.data(1040, 'remote', encodeMessages([{ type: 'have-all' }, lost]))
    }),
    { torrent: targetOfTorrent(SERVED.torrentBytes).torrent },
  )
  const { pieceCount } = SERVED.metainfo
  expect(report?.availability).toMatchObject({ pieceCount, have: pieceCount - 1 })
})

describe('a .torrent that is not the one of a connection', () => {
  const { torrent } = targetOfTorrent(SERVED.torrentBytes)
  const far: Message = { type: 'have', piece: SERVED.metainfo.pieceCount }
  const session = captureOf((open) => {
    const connection = open()
    connection.data(1010, 'local', theirHandshake(undefined, { peerId: OUR_ID }))
    connection.data(1020, 'remote', concat([theirHandshake(), encodeMessages([far])]))
    connection.closed(1050, { by: 'us', kind: 'fin' })
  })

  test('is a wrong command line where the report would be about it', async () => {
    await expect(decodeBytes(session, { torrent })).rejects.toMatchObject({
      code: 'E_USAGE',
      message: 'connection 1 is about another torrent than the .torrent',
    })
  })

  test('says nothing of the messages', async () => {
    const events: TraceEvent[] = []
    await decodeBytes(file, { torrent, trace: (event) => events.push(event) })
    expect(events.length).toBeGreaterThan(10)
    expect(events.filter(({ type }) => type === 'target')).toStrictEqual([])
  })

  test('a hash alone may be the other one of a hybrid torrent', async () => {
    const { report } = await decodeBytes(session, { torrent: { ...torrent, metainfo: undefined } })
    expect(report?.torrent).toMatchObject({ infoHashV1: null, pieceCount: null })
    expect(report?.findings).toStrictEqual([])
  })
})

test('nothing is held against a peer whose messages are missing in the capture', async () => {
  const whole = capturedSessions([{}])
  const packets = await decodeBytes(whole)
  expect(packets.report?.identity.byBehaviour).not.toBeUndefined()
  // the same, from the first data of the peer on: our requests and handshakes are not in it
  const { capture, report } = await decodeBytes(withoutPackets(whole, (index) => index < 8))
  expect(capture?.connections[0]).toMatchObject({ whole: false, protocol: 'bittorrent' })
  expect(report?.findings).toStrictEqual([])
  expect(report?.identity).toMatchObject({ byBehaviour: null, conflict: false })
})

test('a capture that is cut has what comes before, and the place', async () => {
  const report = await decodeBytes(capturedSessions([{}]).subarray(0, -10))
  expect(report).toMatchObject({
    exitCode: 2,
    error: { code: 'E_BAD_CAPTURE', message: expect.stringMatching(/cut.* at byte \d+/) },
    connection: 1,
    report: { messages: { received: { piece: 1 } } },
  })
})

test('a reading that is stopped has what was read', async () => {
  const whole = capturedSessions([{}])
  const stop = new PeerError('E_INTERRUPTED', 'stopped by SIGINT')
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(whole.subarray(0, whole.length - 500))
    throw stop
  }
  const report = await decodeBytes(whole, { chunks: chunks() })
  expect(report).toMatchObject({
    exitCode: 130,
    error: { code: 'E_INTERRUPTED' },
    connection: 1,
    report: { messages: { received: { piece: 1 } } },
  })
  const several = await decodeBytes(file, {
    chunks: chunks(),
    filter: { address: '192.0.2.1', port: 50_001 },
  })
  expect(several).toMatchObject({ exitCode: 130, report: null, capture: { connections: [{ number: 2 }] } })
  const later = await decodeBytes(whole, { chunks: chunks(), connection: 9 })
  expect(later).toMatchObject({ exitCode: 130, report: null })
})

test('progress is reported now and then, with the length where it is known', async () => {
  const megabyte = new Uint8Array(1024 * 1024)
  const long = concat([PCAP_HEADER, ...Array.from({ length: 20 }, () => megabyte)])
  const seen: unknown[] = []
  // zeros are records without a packet
  await decodeBytes(long, { totalBytes: long.length, progress: (step) => seen.push(step) }, megabyte.length)
  expect(seen).toStrictEqual([
    { doneBytes: 8 * 1024 * 1024, totalBytes: long.length },
    { doneBytes: 16 * 1024 * 1024, totalBytes: long.length },
  ])
})

test('a damaged capture gives a report or an error, never a crash', async () => {
  const small = capturedSessions([{}])
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 }),
      async (faults) => {
        const damaged = small.slice()
        for (const [at, byte] of faults) damaged[at % damaged.length] = byte
        try {
          await decodeBytes(damaged, {}, 4096)
        } catch (error) {
          expect(error).toBeInstanceOf(PeerError)
        }
      },
    ),
    { numRuns: 60 },
  )
})
