import { describe, expect, test } from 'vitest'
import { PeerConnection } from '../../../src/net/connection/peer-connection.ts'
import { PeerWatch } from '../../../src/net/seeder/peer-watch.ts'
import { timerWheel } from '../../../src/net/seeder/timer-wheel.ts'
import { PieceTransfer } from '../../../src/run/fetch/piece-transfer.ts'
import { FileRoots } from '../../../src/run/fetch/piece-verifier.ts'
import { Bitfield } from '../../../src/wire/bitfield.ts'
import { encodeMessages } from '../../../src/wire/message/message.ts'
import { FakeTransport } from '../../support/transports/fake-transport.ts'
import { makeV1Torrent } from '../../support/torrents/made-torrent.ts'
import { ProcessTime } from '../../support/processes/process-time.ts'
import { blockOf } from '../../support/peers/scripted-seeder.ts'
import { OUR_ID, theirHandshake, TORRENT } from '../../support/sessions/session.ts'

describe('time in which the process does not run', () => {
  test('is left out, and a deadline that it skips comes later', () => {
    const time = new ProcessTime()
    const { clock } = time
    const calls: number[] = []
    clock.schedule(10_000, () => calls.push(clock.now()))
    time.run(3000)
    time.stop(32_000)
    expect([clock.now(), clock.absentMs, calls]).toStrictEqual([3000, 32_000, []])
    time.run(6999)
    expect(calls).toStrictEqual([])
    time.run(1)
    expect(calls).toStrictEqual([10_000])
  })

  test('counts when it is short, as on a busy machine', () => {
    const time = new ProcessTime()
    const { clock } = time
    const calls: number[] = []
    clock.schedule(1000, () => calls.push(clock.now()))
    time.stop(1500)
    expect([clock.absentMs, calls]).toStrictEqual([0, [1500]])
  })

  test('counts while nobody waits for a time', () => {
    const time = new ProcessTime()
    const { clock } = time
    time.stop(32_000)
    expect([clock.now(), clock.absentMs]).toStrictEqual([32_000, 0])
    const cancel = clock.schedule(33_000, () => undefined)
    cancel()
    time.run(1000)
    time.stop(10_000)
    expect([clock.now(), clock.absentMs]).toStrictEqual([43_000, 0])
  })

  test('a cancelled deadline never comes, also not after such a time', () => {
    const time = new ProcessTime()
    const { clock } = time
    const calls: number[] = []
    const cancel = clock.schedule(10_000, () => calls.push(1))
    clock.schedule(60_000, () => undefined)
    time.run(9000)
    time.stop(5000)
    cancel()
    time.run(40_000)
    expect(calls).toStrictEqual([])
  })
})

describe('a peer whose answer waits to be read when the process goes on', () => {
  test('is not late with its handshake', async () => {
    const time = new ProcessTime()
    const transport = new FakeTransport()
    const opening = PeerConnection.connect(transport, {
      torrent: TORRENT,
      peerId: OUR_ID,
      handshakeTimeoutMs: 10_000,
      clock: time.clock,
    })
    time.run(1000)
    time.stop(32_000)
    transport.deliver(theirHandshake())
    expect((await opening).handshake).toBeDefined()
  })

  test('is not late with a block', async () => {
    const torrent = makeV1Torrent({ length: 16_384 })
    const time = new ProcessTime()
    const { clock } = time
    const transport = new FakeTransport()
    const opening = PeerConnection.connect(transport, {
      torrent: { ...TORRENT, pieceCount: 1 },
      peerId: OUR_ID,
      clock,
    })
    transport.deliver(theirHandshake(['fast']))
    const connection = await opening
    transport.deliver(encodeMessages([{ type: 'have-all' }, { type: 'unchoke' }]))
    const transfer = new PieceTransfer(connection, {
      metainfo: torrent.metainfo,
      roots: new FileRoots(torrent.metainfo),
      pieces: Bitfield.full(1),
      store: undefined,
      clock,
      unchokeTimeoutMs: 35_000,
      blockTimeoutMs: 10_000,
    })
    const running = transfer.run()
    time.run(1000)
    time.stop(32_000)
    transport.deliver(encodeMessages([blockOf(torrent, { piece: 0, begin: 0, length: 16_384 })]))
    await running
    expect(transfer.verified).toStrictEqual([0])
  })

  test('was not silent at a seeder', () => {
    const time = new ProcessTime()
    const overdue: string[] = []
    const watch = new PeerWatch(timerWheel(time.clock), { idleMs: 150_000, stalledMs: 60_000 }, (what) =>
      overdue.push(what),
    )
    watch.blocked()
    time.run(30_000)
    time.stop(3_600_000)
    time.run(29_000)
    expect(overdue).toStrictEqual([])
    time.run(2000)
    expect(overdue[0]).toBe('stalled')
    watch.stop()
  })
})
