import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectSocket, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { TcpTransport } from '../../../../src/net/tcp/transport.ts'
import { dialTcp, listenTcp } from '../../../../src/net/tcp/tcp.ts'
import type { Transport, TransportEnd } from '../../../../src/net/transport.ts'
import { startPeer, type ScriptedPeer } from '../../../support/peers/scripted-peer.ts'

const BYTES = new Uint8Array(1000).map((_, i) => i)

let peer: ScriptedPeer | undefined

afterEach(async () => {
  await peer?.stop()
  peer = undefined
})

async function dialPeer(talk: (socket: Socket) => void, timeoutMs = 5000): Promise<Transport> {
  peer = await startPeer(talk)
  return dialTcp({ address: peer.host, port: peer.port, family: 4 }, { timeoutMs })
}

interface Heard {
  readonly text: () => string
  readonly closed: Promise<TransportEnd>
}

function hear(transport: Transport, onBytes: (length: number) => void = () => {}): Heard {
  const chunks: Uint8Array[] = []
  const closed = new Promise<TransportEnd>((resolve) => {
    transport.start({
      bytes: (chunk) => {
        chunks.push(new Uint8Array(chunk))
        onBytes(chunk.length)
      },
      drained: () => {},
      closed: resolve,
    })
  })
  return { text: () => Buffer.concat(chunks).toString(), closed }
}

describe('how it ended, each way, with what had passed', () => {
  test('FIN of the peer, after its bytes', async () => {
    const transport = await dialPeer((socket) => socket.resume().end('last words'))
    const heard = hear(transport)
    expect(await heard.closed).toStrictEqual({ by: 'peer', kind: 'fin' })
    expect([heard.text(), transport.bytesReceived, transport.bytesSent]).toStrictEqual(['last words', 10, 0])
  })

  test('an abort while our FIN answers that of the peer, when the system refuses a reset', async () => {
    const server = createServer()
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const { port } = server.address() as AddressInfo
    const dialled = connectSocket(port, '127.0.0.1', () => dialled.resume().end())
    const [socket] = (await once(server, 'connection')) as [Socket]
    const transport = new TcpTransport(socket)
    // behind the listener of Node's own that sends the FIN
    socket.once('end', () => queueMicrotask(() => transport.abort()))
    const heard = hear(transport)
    expect(await heard.closed).toStrictEqual({ by: 'peer', kind: 'fin' })
    await new Promise((closed) => server.close(closed))
  })

  test('reset of the peer', async () => {
    const transport = await dialPeer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const heard = hear(transport)
    transport.write(BYTES)
    expect(await heard.closed).toStrictEqual({ by: 'peer', kind: 'rst' })
    expect(transport.bytesSent).toBe(1000)
  })

  test('our FIN reaches the peer behind our bytes, although it was still sending', async () => {
    let came = 0
    const there = new Promise<string>((resolve) => {
      void dialPeer((socket) => {
        socket.on('data', (chunk) => (came += chunk.length))
        socket.on('end', () => resolve('fin'))
        socket.on('error', () => resolve('rst'))
        socket.write(new Uint8Array(300_000))
      }).then((transport) => {
        const heard = hear(transport, () => transport.end())
        transport.write(BYTES)
        return heard.closed
      })
    })
    expect([await there, came]).toStrictEqual(['fin', 1000])
  })

  test('our reset is one there', async () => {
    let transport: Transport | undefined
    const there = new Promise<string>((resolve) => {
      void dialPeer((socket) => {
        socket.on('error', (error) => resolve('code' in error ? String(error.code) : ''))
        socket.resume().write('x')
      }).then((dialled) => {
        transport = dialled
        hear(dialled, () => dialled.abort())
      })
    })
    expect(await there).toBe('ECONNRESET')
    expect(transport?.bytesReceived).toBe(1)
  })

  test('a peer that never reads cannot keep us from closing', async () => {
    const transport = await dialPeer(() => {})
    const heard = hear(transport)
    expect(transport.write(new Uint8Array(64 << 20))).toBe(false)
    transport.end()
    expect(await heard.closed).toStrictEqual({ by: 'us', kind: 'rst' })
  })

  test('a second end, an abort after it and writes after it change nothing', async () => {
    const transport = await dialPeer((socket) => socket.resume())
    const heard = hear(transport)
    transport.end()
    transport.end()
    expect(await heard.closed).toStrictEqual({ by: 'us', kind: 'fin' })
    transport.abort()
    expect(transport.write(BYTES)).toBe(true)
  })
})

test('what came before anybody listened is not lost', async () => {
  let wrote = () => {}
  const written = new Promise<void>((resolve) => (wrote = resolve))
  const transport = await dialPeer((socket) => socket.resume().end('early', wrote))
  await written
  await new Promise((later) => setImmediate(later))
  const heard = hear(transport)
  expect([await heard.closed, heard.text()]).toStrictEqual([{ by: 'peer', kind: 'fin' }, 'early'])
})

test('a pause stops delivery, also from inside it, and nothing is lost', async () => {
  const transport = await dialPeer((socket) => socket.resume().end(new Uint8Array(1_000_000)))
  let length = 0
  let paused = false
  const heard = hear(transport, (bytes) => {
    expect(paused).toBe(false)
    length += bytes
    paused = true
    transport.pause()
    setImmediate(() => {
      paused = false
      transport.resume()
    })
  })
  expect(await heard.closed).toStrictEqual({ by: 'peer', kind: 'fin' })
  expect(length).toBe(1_000_000)
})

describe('dialling', () => {
  test('IPv6, both ends named', async () => {
    const transports: Transport[] = []
    const listener = await listenTcp({ address: '::1', port: 0, family: 6 }, (accepted) => {
      transports.push(accepted)
      hear(accepted)
    })
    const transport = await dialTcp(listener.address, { timeoutMs: 5000, source: '::1' })
    expect(transport.remote).toStrictEqual(listener.address)
    expect(transport.local).toMatchObject({ address: '::1', family: 6 })
    const heard = hear(transport)
    transport.end()
    await heard.closed
    await listener.close()
    expect(transports[0]?.remote).toStrictEqual(transport.local)
  })

  test('a port that nobody has is refused; a source that is not ours cannot be used', async () => {
    peer = await startPeer(() => {})
    const to = { address: peer.host, port: peer.port, family: 4 } as const
    for (const source of ['192.0.2.1', '::1', 'nonsense'])
      await expect(dialTcp(to, { timeoutMs: 5000, source })).rejects.toMatchObject({
        code: 'E_BIND',
        phase: 'connect',
      })
    await peer.stop()
    await expect(dialTcp(to, { timeoutMs: 5000 })).rejects.toMatchObject({
      code: 'E_CONNECT_REFUSED',
      phase: 'connect',
    })
    await expect(listenTcp({ ...to, address: '192.0.2.1' }, () => {})).rejects.toMatchObject({
      code: 'E_BIND',
    })
  })

  test('a listener that accepts nobody looks filtered; a signal ends the wait', async () => {
    // a process that listens and does not accept: once its backlog is full, the kernel drops each SYN
    const script =
      "const s=require('net').createServer();s.listen({port:0,host:'127.0.0.1',backlog:1},()=>{require('fs').writeSync(1,String(s.address().port));Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0)})"
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })
    const fillers: Socket[] = []
    try {
      const port = await new Promise<number>((resolve) =>
        child.stdout.once('data', (text) => resolve(Number(text))),
      )
      const to = { address: '127.0.0.1', port, family: 4 } as const
      for (let i = 0; i < 4; i++) fillers.push(connectSocket(port, '127.0.0.1').on('error', () => {}))
      await new Promise((connected) => fillers[0]?.once('connect', connected))
      await new Promise((connected) => fillers[1]?.once('connect', connected))
      await expect(dialTcp(to, { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'E_CONNECT_TIMEOUT',
        phase: 'connect',
      })
      const controller = new AbortController()
      const dialling = dialTcp(to, { timeoutMs: 60_000, signal: controller.signal })
      controller.abort(new Error('enough'))
      await expect(dialling).rejects.toThrow('enough')
      await expect(dialTcp(to, { timeoutMs: 60_000, signal: controller.signal })).rejects.toThrow('enough')
    } finally {
      for (const filler of fillers) filler.destroy()
      child.kill('SIGKILL')
    }
  })
})
