import { connect, createServer, isIP, type Server, Socket, type TcpNetConnectOpts } from 'node:net'
import { PeerError } from '../../base/errors.ts'
import { familyOf } from '../address-family.ts'
import { systemClock } from '../clock.ts'
import { renderEndpoint } from '../../wire/address.ts'
import { connectTimeout, dialError, localLimit, systemCode } from '../socket-errors.ts'
import { type Inlet, TcpTransport } from './transport.ts'
import type { Dial, DialOptions, Endpoint, Listen } from '../transport.ts'

/**
 * Size of the read buffer of a dialled connection, in bytes; it is reused for the whole connection. With 64 KiB, a download
 * took 1.5 to 2 times as long: the end of the buffer cuts one block in four, which must then be reassembled. Pages that a
 * quiet connection never uses do not take memory.
 */
const READ_BUFFER_LENGTH = 262_144

/** @see Dial */
export const dialTcp: Dial = async (to, options) => {
  const inlet: Inlet = { read: undefined }
  const opened = connectSocket(to, options, (socket) => ({
    // not a Buffer: its `slice` does not copy, and readers that keep chunks copy them
    buffer: new Uint8Array(options.readBufferLength ?? READ_BUFFER_LENGTH),
    callback: (length, buffer): boolean => {
      inlet.read?.(buffer.subarray(0, length))
      return !socket().isPaused()
    },
  }))
  return new TcpTransport(await opened, { inlet })
}

/**
 * Connects a socket and leaves it paused, so that no bytes are lost before there is a listener.
 * @param read creates the buffer that the socket reads into; without it, the socket emits its bytes
 * @throws as `Dial`
 */
export function connectSocket(
  to: Pick<Endpoint, 'address' | 'port'>,
  { timeoutMs, source, signal, onConnected, onDialling }: DialOptions,
  read?: (socket: () => Socket) => NonNullable<TcpNetConnectOpts['onread']>,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const address = renderEndpoint(to)
    if (source !== undefined && isIP(source) === 0) throw badSource(source)
    const socket: Socket = connect({
      host: to.address,
      port: to.port,
      ...(source === undefined ? {} : { localAddress: source }),
      noDelay: true,
      ...(read === undefined ? {} : { onread: read(() => socket) }),
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
          hint: localLimit(cause) ?? 'use another port or address',
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
