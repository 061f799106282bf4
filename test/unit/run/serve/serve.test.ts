import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { publishedSchemas } from '../../../support/reports/published-schemas.ts'
import { renderServeEvent } from '../../../../src/report/text/serve/serve.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import type { Message } from '../../../../src/wire/message/message.ts'
import { Leecher, settle, TORRENT } from '../../../support/peers/seeder.ts'
import { MemoryPeer } from '../../../support/transports/memory-listener.ts'
import { startServing } from '../../../support/peers/serving.ts'

const INTERESTED: Message = { type: 'interested' }

const NOBODY = { input: '127.0.0.1:7001', host: '127.0.0.1', port: 7001 }

describe('the end', () => {
  test.each([
    { strict: true, exitCode: 1 },
    { strict: false, exitCode: 0 },
  ])(
    'once: after one peer, with exit code $exitCode when strict is $strict',
    async ({ strict, exitCode }) => {
      const { connect, report } = await startServing({ once: true, strict })
      const encrypted = connect()
      encrypted.sendRaw(...Array.from({ length: 96 }, () => 0xaa))
      encrypted.peer.close()
      connect().handshake([]).send({ type: 'have', piece: 99 }).peer.close()
      expect(await report).toMatchObject({
        exitCode,
        ok: exitCode === 0,
        connections: 1,
        refusedConnections: 1,
      })
    },
  )

  test('a timeout is an end like any other', async () => {
    const { report, clock } = await startServing({ timeoutMs: 5000 })
    clock.advance(5000)
    expect(await report).toMatchObject({ exitCode: 0, ok: true, error: null })
  })

  test('a signal closes all connections, and is no failure', async () => {
    const { connect, interrupt } = await startServing()
    const leecher = connect().greet()
    expect(await interrupt()).toMatchObject({ ok: true, exitCode: 0, error: null })
    expect(leecher.peer.closed).toBe('abort')
  })

  test('the report keeps to its schema', async () => {
    const { connect, interrupt } = await startServing({ faultNames: ['corrupt=3'] })
    connect().handshake([]).send({ type: 'have', piece: 99 }).peer.close()
    await settle()
    const report = await interrupt()
    const validate = new Ajv2020({ allowUnionTypes: true }).compile((await publishedSchemas())['serve'] ?? {})
    validate(JSON.parse(JSON.stringify(report)))
    expect(validate.errors).toBeNull()
    expect(report).toMatchObject({
      faults: ['corrupt=3'],
      torrent: { pieceCount: TORRENT.metainfo.pieceCount },
    })
  })

  test('every line of events keeps to its schema', async () => {
    const { connect, events, clock, interrupt } = await startServing({ connect: [NOBODY] })
    connect().sendRaw(1, 2, 3).peer.close()
    const leecher = connect().handshake([]).send({ type: 'have', piece: 99 }, INTERESTED)
    await settle()
    clock.advance(1000)
    leecher.peer.close()
    await interrupt()
    const validate = new Ajv2020({ allowUnionTypes: true }).compile(
      (await publishedSchemas())['serve-event'] ?? {},
    )
    for (const item of events) {
      validate(JSON.parse(renderServeEvent(item)))
      expect([item.type, validate.errors]).toStrictEqual([item.type, null])
    }
    const types = new Set(events.map(({ type }) => type))
    for (const type of ['listening', 'no-peer', 'dial-failed', 'violation', 'progress', 'closed', 'end'])
      expect(types).toContain(type)
  })

  test('a peer that cannot be reached is tried again, until serving ends', async () => {
    const { events, clock, interrupt } = await startServing({ connect: [NOBODY] })
    const failures = () => events.filter(({ type }) => type === 'dial-failed').length
    await settle()
    expect(failures()).toBe(1)
    clock.advance(4999)
    await settle()
    expect(failures()).toBe(1)
    clock.advance(1)
    await settle()
    expect(failures()).toBe(2)
    await interrupt()
    clock.advance(10_000)
    await settle()
    expect(failures()).toBe(2)
  })

  test('a peer that is dialled hears our handshake first, and is served', async () => {
    const dialled = new MemoryPeer({ address: '127.0.0.1', port: 7001, family: 4 })
    const traced: TraceEvent[] = []
    const { events, interrupt } = await startServing({
      connect: [NOBODY],
      trace: (event) => traced.push(event),
      dial: () => Promise.resolve(dialled.transport),
    })
    expect(events).toContainEqual(expect.objectContaining({ type: 'connected', dialled: true }))
    expect(traced).toContainEqual(expect.objectContaining({ type: 'connected', dialled: true }))
    expect(dialled.sentLength).toBe(68)
    const leecher = new Leecher(dialled)
    leecher.greet()
    await settle()
    expect(events).toContainEqual(expect.objectContaining({ type: 'unchoked' }))
    expect(await interrupt()).toMatchObject({ connections: 1, violations: 0 })
  })

  test('pieces that the torrent does not have cannot be had', async () => {
    await expect((await startServing({ have: [[0, 39]] })).interrupt()).resolves.toBeDefined()
    const { report } = await startServing({ have: [[0, 40]] })
    await expect(report).rejects.toMatchObject({ code: 'E_BAD_RANGE' })
  })
})
