import { createServer, type Server } from 'node:net'
import { inspect } from 'node:util'
import { SocksClient } from 'socks'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { dialSocks } from '../../../../src/net/tcp/socks.ts'
import { listenTcp } from '../../../../src/net/tcp/tcp.ts'
import { startSocksServer, type SocksServerOptions } from '../../../support/transports/socks-server.ts'
import { probe } from '../../../support/sessions/probe.ts'
import { watchTimers } from '../../../support/processes/watch-timers.ts'
import { TransportRecorder } from '../../../support/transports/transport-recorder.ts'

const cleanUps: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const PASSWORD = 'hunter2-secret'

async function proxyOf(options: SocksServerOptions = {}) {
  const server = await startSocksServer(options)
  cleanUps.push(() => server.close())
  return { proxy: { host: '127.0.0.1', port: server.port }, server }
}

/** A peer that speaks as soon as it is connected. */
async function talker(): Promise<number> {
  const listener = await listenTcp({ address: '127.0.0.1', port: 0, family: 4 }, (transport) => {
    transport.start({ bytes: () => undefined, drained: () => undefined, closed: () => undefined })
    transport.write(Uint8Array.of(1, 2, 3))
    transport.end()
  })
  cleanUps.push(() => listener.close())
  return listener.address.port
}

describe('a SOCKS5 proxy', () => {
  test.each([{ credentials: undefined }, { credentials: { username: 'user', password: PASSWORD } }])(
    'is given the name of the peer to resolve, login $credentials',
    async ({ credentials }) => {
      const port = await talker()
      const { proxy, server } = await proxyOf({
        names: { 'peer.invalid': '127.0.0.1' },
        ...(credentials === undefined ? {} : { credentials }),
      })
      const to = { address: 'peer.invalid', port }
      const transport = await dialSocks(to, { ...proxy, ...credentials }, { timeoutMs: 5000 })
      const recorder = new TransportRecorder(transport)
      expect(await recorder.closed).toStrictEqual({ by: 'peer', kind: 'fin' })
      expect([...recorder.bytes]).toStrictEqual([1, 2, 3])
      expect([transport.bytesSent, transport.bytesReceived]).toStrictEqual([0, 3])
      expect(transport.remote).toStrictEqual({ ...to, family: 4 })
      expect(server.requests).toStrictEqual([`peer.invalid:${port}`])
    },
  )

  test.each([1, 68, 5000])(
    'may send the first %i bytes of the peer with its answer: they are counted once and lost nowhere',
    async (length) => {
      const port = await talker()
      const early = new Uint8Array(length).fill(9)
      const { proxy } = await proxyOf({ early })
      const transport = await dialSocks({ address: '127.0.0.1', port }, proxy, { timeoutMs: 5000 })
      const recorder = new TransportRecorder(transport)
      await recorder.closed
      expect([...recorder.bytes]).toStrictEqual([...early, 1, 2, 3])
      expect(transport.bytesReceived).toBe(length + 3)
    },
  )

  test('is dialled from the source address, which has to be of its family', async () => {
    const port = await talker()
    const { proxy, server } = await proxyOf()
    const to = { address: '127.0.0.1', port }
    const transport = await dialSocks(to, proxy, { timeoutMs: 5000, source: '127.0.0.5' })
    expect(server.sources).toStrictEqual(['127.0.0.5'])
    transport.abort()
    await expect(dialSocks(to, proxy, { timeoutMs: 5000, source: '::1' })).rejects.toMatchObject({
      code: 'E_BIND',
    })
  })

  test.each([
    { options: { reply: 5 }, reason: 'ConnectionRefused' },
    { options: { reply: 4 }, reason: 'HostUnreachable' },
    { options: { reply: 2 }, reason: 'NotAllowed' },
    { options: { credentials: { username: 'user', password: 'other' } }, reason: 'Authentication failed' },
    { options: { isSilent: true }, reason: 'timed out' },
  ])('that does not connect is named with its reason: $reason', async ({ options, reason }) => {
    const { proxy } = await proxyOf(options)
    const login = { username: 'user', password: PASSWORD }
    const to = { address: '127.0.0.1', port: 9 }
    const dialled = dialSocks(to, { ...proxy, ...login }, { timeoutMs: 200 })
    const error: unknown = await dialled.catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'E_PROXY_FAILED', exitCode: 3, phase: 'proxy' })
    expect(String(error)).toContain(reason)
    expect(inspect(error, { depth: 9 })).not.toContain(PASSWORD)
  })

  test('that wants a login, or speaks something else, or is not there', async () => {
    const to = { address: '127.0.0.1', port: 9 }
    const { proxy } = await proxyOf({ credentials: { username: 'user', password: 'x' } })
    await expect(dialSocks(to, proxy, { timeoutMs: 5000 })).rejects.toThrow('no accepted authentication')
    const http: Server = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening))
    const address = http.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    await expect(dialSocks(to, { host: '127.0.0.1', port }, { timeoutMs: 5000 })).rejects.toThrow(
      'invalid socks version',
    )
    await new Promise((closed) => http.close(closed))
    await expect(dialSocks(to, { host: '127.0.0.1', port }, { timeoutMs: 5000 })).rejects.toMatchObject({
      code: 'E_PROXY_FAILED',
    })
  })

  test('is not blamed for a bug of ours', async () => {
    const { proxy } = await proxyOf()
    const connect = vi.spyOn(SocksClient.prototype, 'connect').mockImplementation(function () {
      throw new TypeError('a is not a constructor')
    })
    cleanUps.push(() => connect.mockRestore())
    const v1 = new Uint8Array(20)
    const report = await probe({ host: 'peer.invalid', port: 6881 }, { v1 }, { proxy })
    expect(report).toMatchObject({ exitCode: 70, error: { code: 'E_INTERNAL' } })
  })

  test.each([
    { how: 'connects', options: {} },
    { how: 'refuses', options: { reply: 5 } },
    { how: 'says nothing', options: { isSilent: true } },
  ])('that $how leaves no timer behind', async ({ options }) => {
    const timers = watchTimers()
    cleanUps.push(timers.stop)
    const port = await talker()
    const { proxy } = await proxyOf(options)
    const dialled = dialSocks({ address: '127.0.0.1', port }, proxy, { timeoutMs: 200 })
    await dialled.then(
      (transport) => transport.abort(),
      () => undefined,
    )
    expect(timers.set).toBeGreaterThan(0)
    expect(timers.waiting).toBe(0)
  })

  test('an abort ends the wait for it', async () => {
    const { proxy } = await proxyOf({ isSilent: true })
    const stop = new AbortController()
    const dialled = dialSocks({ address: '127.0.0.1', port: 9 }, proxy, {
      timeoutMs: 60_000,
      signal: stop.signal,
    })
    setImmediate(() => stop.abort(new Error('enough')))
    await expect(dialled).rejects.toThrow('enough')
  })

  test('is reported as a phase of its own, and the name stays with it', async () => {
    const { proxy, server } = await proxyOf({ reply: 4 })
    const v1 = new Uint8Array(20)
    const report = await probe({ host: 'peer.invalid', port: 6881 }, { v1 }, { proxy })
    expect(report).toMatchObject({
      exitCode: 3,
      error: { code: 'E_PROXY_FAILED', phase: 'proxy' },
      target: { host: 'peer.invalid', address: null, family: null },
      attempts: [{ outcome: 'unreachable', phase: 'proxy', address: null }],
      timing: { dnsMs: null },
    })
    expect(server.requests).toStrictEqual(['peer.invalid:6881'])
  })
})
