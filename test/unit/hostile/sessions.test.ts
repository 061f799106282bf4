import { once } from 'node:events'
import { connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { concat } from '../../../src/base/bytes.ts'
import { systemClock } from '../../../src/net/clock.ts'
import { PeerConnection } from '../../../src/net/connection/peer-connection.ts'
import { encodeHandshake } from '../../../src/wire/handshake/handshake.ts'
import { encodeMessages, type Message } from '../../../src/wire/message/message.ts'
import { encodeFeatures } from '../../../src/wire/handshake/reserved-bits.ts'
import { FakeTransport } from '../../support/transports/fake-transport.ts'
import { sessionOptions, testPorts, withMetainfo } from '../../support/sessions/fetch-setup.ts'
import { TARGET, TARGET_HASH } from '../../support/hostile/row.ts'
import { fetchBlock, StrictServe } from '../../support/hostile/serving.ts'
import { makeV1Torrent } from '../../support/torrents/made-torrent.ts'
import { answering, startPeer } from '../../support/peers/scripted-peer.ts'
import { startSeeder, type SeederScript } from '../../support/peers/scripted-seeder.ts'
import { request } from '../../support/peers/seeder.ts'
import { theirHandshake, THEIR_ID, TORRENT } from '../../support/sessions/session.ts'
import { VirtualClock } from '../../support/transports/virtual-clock.ts'
import { connect, fetchBlock as fetchBlockCommand } from '../../support/verdicts/commands.ts'

/** Inputs that broke other clients, where it takes more than bytes made up beforehand. */

const seeder = new StrictServe()
beforeAll(() => seeder.start())
afterAll(() => seeder.stop())

const QUICK = { encryption: 'off', interested: false, settleMs: 10, waitMs: 10_000 } as const

describe('H18 peer ids', () => {
  test('our own handshake comes back when we dial', async () => {
    const echo = await startPeer((socket) => socket.pipe(socket))
    const report = await connect(
      { ...sessionOptions(echo, withMetainfo(TARGET.metainfo)), ...QUICK },
      testPorts(),
    )
    await echo.stop()
    expect(report).toMatchObject({ exitCode: 4, error: { code: 'E_SELF_CONNECTION', phase: 'handshake' } })
    expect(report.findings).toMatchObject([{ id: 'peer-id-own' }])
  })

  test('a client that gives a seeder its own id back is closed', async () => {
    const first = await seeder.connect()
    const { peerId } = first.handshake
    await first.close()
    const socket = dial(seeder.port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    const told = seeder.next(socket)
    socket.resume()
    const reserved = encodeFeatures(['fast'])
    socket.write(encodeHandshake({ reserved, infoHash: new Uint8Array(TARGET_HASH), peerId }))
    expect(await told).toMatchObject({
      report: { error: { code: 'E_SELF_CONNECTION' }, violations: [{ id: 'peer-id-own' }] },
    })
  })

  test('two clients of one id are both served', async () => {
    const twins = await Promise.all([seeder.unchoked(THEIR_ID), seeder.unchoked(THEIR_ID)])
    for (const twin of twins) await fetchBlock(twin, 3)
    for (const twin of twins) await twin.close()
  })

  test('two seeds of one id are both reported', async () => {
    const whole = concat([
      theirHandshake(['fast'], { infoHash: new Uint8Array(TARGET_HASH) }),
      encodeMessages([{ type: 'have-all' }]),
    ])
    const peer = await startPeer(answering(whole))
    const options = { ...sessionOptions(peer, withMetainfo(TARGET.metainfo)), ...QUICK }
    const reports = await Promise.all([connect(options, testPorts()), connect(options, testPorts())])
    await peer.stop()
    for (const report of reports)
      expect(report).toMatchObject({ exitCode: 0, availability: { percent: 100 } })
  })
})

describe('H22 answers out of turn', () => {
  const torrent = makeV1Torrent()

  async function fetchFrom(script: SeederScript) {
    const peer = await startSeeder(torrent, script)
    const options = {
      ...sessionOptions(peer, withMetainfo(torrent.metainfo)),
      piece: 2,
      offset: 0,
      length: 16_384,
      // nothing good comes, so nothing is written
      output: join(tmpdir(), 'peerwire-never-written'),
      force: false,
      verify: false,
      repeat: 1,
    }
    try {
      return await fetchBlockCommand(options, testPorts())
    } finally {
      await peer.stop()
    }
  }

  test('a reject twice, of what we requested', async () => {
    const report = await fetchFrom({
      onRequest: (asked, { send }) => send({ type: 'reject', ...asked }, { type: 'reject', ...asked }),
    })
    expect(report).toMatchObject({ exitCode: 8, error: { code: 'E_REQUEST_REJECTED' } })
    expect(report.findings.map(({ id }) => id)).toContain('reject-not-requested')
  })

  test('a reject, and the block after all', async () => {
    const report = await fetchFrom({
      onRequest: (asked, { send, block }) => send({ type: 'reject', ...asked }, block(asked)),
    })
    expect(report).toMatchObject({ exitCode: 5, error: { code: 'E_UNREQUESTED_BLOCK' } })
    expect(report.findings.map(({ id }) => id)).toContain('piece-not-requested')
  })

  test('a client that cancels after its block has come gets no second answer', async () => {
    const client = await seeder.unchoked()
    await fetchBlock(client, 4)
    const cancel: Message = { ...request(4), type: 'cancel' } as Message
    await client.send(cancel, cancel, request(5))
    const types: string[] = []
    for await (const message of client) {
      types.push(message.type)
      if (message.type === 'piece') break
    }
    expect(types).toStrictEqual(['piece'])
    await client.close()
  })
})

describe('shapes of connections', () => {
  test('data after a FIN of ours is not listened to, and the seeder goes on', async () => {
    const socket = dial(seeder.port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    const told = seeder.next(socket)
    socket.write(theirHandshake(['fast'], { infoHash: new Uint8Array(20) }))
    expect(await told).toMatchObject({ report: { error: { code: 'E_WRONG_INFO_HASH' }, closedBy: 'us' } })
    socket.write(encodeMessages(Array.from({ length: 1000 }, () => ({ type: 'interested' }))))
    socket.destroy()
    const next = await seeder.unchoked()
    await fetchBlock(next, 6)
    await next.close()
  })

  test('a clock that jumps an hour: one keep-alive, not eighty', async () => {
    const transport = new FakeTransport()
    const clock = new VirtualClock()
    const opening = PeerConnection.connect(transport, { torrent: TORRENT, clock })
    transport.deliver(theirHandshake())
    const connection = await opening
    const before = transport.writes.length
    clock.jump(3_600_000)
    expect(transport.writes.slice(before)).toStrictEqual([new Uint8Array(4)])
    transport.close({ by: 'peer', kind: 'fin' })
    expect(await connection.receive()).toBeUndefined()
  })

  test('the clock of the system is one that nobody sets', () => {
    const { now } = Date
    const before = systemClock.now()
    Date.now = () => 0
    try {
      expect(systemClock.now()).toBeGreaterThanOrEqual(before)
      expect(systemClock.now() - before).toBeLessThan(60_000)
    } finally {
      Date.now = now
    }
  })
})
