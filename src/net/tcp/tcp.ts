import { connect, createServer, isIP, type Server, Socket, type TcpNetConnectOpts } from 'node:net'
import { PeerError } from '../../base/errors.ts'
import { familyOf } from '../address-family.ts'
import { systemClock } from '../clock.ts'
import { renderEndpoint } from '../../wire/address.ts'
import { connectTimeout, dialError, bindHint, systemCode } from '../socket-errors.ts'
import { type Inlet, TcpTransport } from './transport.ts'
import type { Dial, DialOptions, Endpoint, Listen } from '../transport.ts'

/**
 * Size of the read buffer of dialled connections, in bytes. From a fast peer, a download with 256 KiB took a third more CPU time.
 * Pages that are never used do not take memory.
 */
const READ_BUFFER_LENGTH = 2_097_152

/**
 * One buffer for all connections: Node fills it and delivers it in one go, and nobody keeps what a transport delivers. Not a
 * Buffer: its `slice` does not copy, and readers that keep chunks copy them.
 */
const readBuffer = new Uint8Array(READ_BUFFER_LENGTH)

/** @see Dial */
export const dialTcp: Dial = async (to, options) => {
  const inlet: Inlet = { bufferLength: READ_BUFFER_LENGTH, read: undefined }
  const socket = await connectSocket(to, options, readingInto(inlet))
  return new TcpTransport(socket, { inlet })
}

/** Apart from `dialTcp`, so that a socket that is still closing does not keep the options of its session in memory. */
function readingInto(inlet: Inlet): NonNullable<TcpNetConnectOpts['onread']> {
  return {
    buffer: readBuffer,
    callback: (length, buffer) => inlet.read?.(buffer.subarray(0, length)) ?? false,
  }
}

/**
 * Connects a socket and leaves it paused, so that no bytes are lost before there is a listener.
 * @param onread where the socket reads to; without it, the socket emits its bytes
 * @throws as `Dial`
 */
export function connectSocket(
  to: Pick<Endpoint, 'address' | 'port'>,
  { timeoutMs, source, signal, onConnected, onDialling }: DialOptions,
  onread?: TcpNetConnectOpts['onread'],
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const address = renderEndpoint(to)
    if (source !== undefined && isIP(source) === 0) throw badSource(source)
    const socket = connect({
      host: to.address,
      port: to.port,
      localAddress: source,
      noDelay: true,
      onread,
    })
    // Node asks the system in the next tick; after a refusal the socket has no end any more
    if (onDialling !== undefined) process.nextTick(() => reportLocalEnd(socket, onDialling))
    const startedAt = systemClock.now()
    const cancelTimer = systemClock.schedule(startedAt + timeoutMs, () =>
      fail(connectTimeout(address, timeoutMs)),
    )
    const onError = (error: unknown) =>
      fail(dialError(error, { address, source, elapsedMs: systemClock.now() - startedAt }))
    const onAbort = () => fail(signal?.reason)
    const settle = () => {
      cancelTimer()
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', onError)
    }
    const fail = (reason: unknown) => {
      settle()
      socket.on('error', () => {})
      socket.destroy()
      reject(reason)
    }
    socket.once('error', onError)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', () => {
      onConnected?.()
      settle()
      socket.pause()
      resolve(socket)
    })
  })
}

function reportLocalEnd({ localAddress, localPort }: Socket, report: (local: Endpoint) => void): void {
  if (localAddress === undefined || localPort === undefined || localPort === 0) return
  report({ address: localAddress, port: localPort, family: familyOf(localAddress) })
}

function badSource(source: string): PeerError {
  return new PeerError('E_BIND', `${source} is not a valid source address`, {
    phase: 'connect',
    hint: 'use an IPv4 or IPv6 address of this machine with --source',
  })
}

/** @see Listen */
export const listenTcp: Listen = (at, accepted) =>
  new Promise((resolve, reject) => {
    const server: Server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
      // a socket that closed while it was in the backlog no longer has an address
      if (socket.remoteAddress === undefined) socket.destroy()
      else accepted(new TcpTransport(socket))
    })
    // kept for errors of later accepts, which have no other listener
    server.on('error', (cause) => {
      const message = `cannot listen on ${renderEndpoint(at)} (${systemCode(cause) ?? String(cause)})`
      reject(
        new PeerError('E_BIND', message, {
          hint: bindHint(cause),
          cause,
        }),
      )
    })
    server.listen({ host: at.address, port: at.port }, () => {
      const address = server.address()
      const port = address !== null && typeof address === 'object' ? address.port : at.port
      const close = () => new Promise<void>((closed) => server.close(() => closed()))
      resolve({ address: { ...at, port }, close })
    })
  })

/**
 * Runs the code that Node loads for the first socket of a process, so that the time to connect does not include it. What Node
 * does once for the first connection itself, some milliseconds, is still in that time.
 */
export function warmUpTcp(): void {
  new Socket().destroy()
}
