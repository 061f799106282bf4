import type { Socket } from 'node:dgram'
import { PeerError } from '../../base/errors.ts'
import { isLoopback, renderEndpoint } from '../../wire/address.ts'
import type { DialOptions, Endpoint, Listener, ListenOptions, Transport } from '../transport.ts'
import { systemClock } from '../clock.ts'
import { connectRefused, connectTimeout, dialError, localLimit, systemCode } from '../socket-errors.ts'
import { createUtpUdpSocket, UtpSocket } from './socket.ts'
import type { UtpTransport } from './transport.ts'

/**
 * Opens a uTP connection (BEP 29) from its own UDP socket. A port without uTP is silent, which is a timeout. If the UDP port is
 * not in use at all, the error is E_CONNECT_REFUSED.
 * @throws PeerError E_CONNECT_REFUSED, E_CONNECT_UNREACHABLE, E_CONNECT_TIMEOUT, E_BIND, or the signal's reason
 */
export async function dialUtp(to: Endpoint, options: DialOptions): Promise<UtpTransport> {
  options.signal?.throwIfAborted()
  const udp = createUtpUdpSocket(to.family)
  try {
    await bind(udp, options.source, 0)
    await connectUdp(udp, to, options.source)
    // the signal had no listener in the meantime
    options.signal?.throwIfAborted()
  } catch (error) {
    udp.close()
    throw error
  }
  return await connect(new UtpSocket(udp, { peer: to }), to, options)
}

/**
 * Accepts uTP connections. Each is passed on after its peer has proved its address.
 * @throws PeerError E_BIND
 */
export async function listenUtp(
  at: Endpoint,
  accepted: (transport: Transport) => void,
  options: ListenOptions = {},
): Promise<Listener> {
  const udp = createUtpUdpSocket(at.family)
  try {
    await bind(udp, at.address, at.port)
  } catch (error) {
    udp.close()
    throw error
  }
  const socket = new UtpSocket(udp, { ...options, accepted })
  return {
    address: socket.local,
    close: () => {
      socket.stopAccepting()
      return Promise.resolve()
    },
  }
}

function connect(
  socket: UtpSocket,
  to: Endpoint,
  { timeoutMs, signal, source, onDialling }: DialOptions,
): Promise<UtpTransport> {
  return new Promise((resolve, reject) => {
    onDialling?.(socket.local)
    const startedAt = systemClock.now()
    const giveUp = (reason: unknown) => {
      settle()
      cancel()
      reject(reason)
    }
    const onAbort = () => giveUp(signal?.reason)
    const cancelTimer = systemClock.schedule(startedAt + timeoutMs, () =>
      giveUp(noAnswer(to, socket, timeoutMs)),
    )
    const settle = () => {
      cancelTimer()
      signal?.removeEventListener('abort', onAbort)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    const cancel = socket.connect(to, (result) => {
      settle()
      if (result.type === 'connected') resolve(result.transport)
      else if (result.type === 'timeout') reject(noAnswer(to, socket, undefined))
      else if (result.type === 'port-closed') reject(portClosed(to))
      else if (result.type === 'unsent') {
        const elapsedMs = systemClock.now() - startedAt
        reject(dialError(result.cause, { address: renderEndpoint(to), source, elapsedMs }))
      } else reject(refused(to, result.detail))
    })
  })
}

/** What the system reports on a connected UDP socket when the peer's system answers with ICMP "port unreachable". */
const PORT_UNREACHABLE = Object.assign(new Error('the port is unreachable'), { code: 'ECONNREFUSED' })

/** The port of UDP is not in use. A client that listens on TCP alone is not found here. */
function portClosed(to: Endpoint): PeerError {
  return connectRefused(renderEndpoint(to), PORT_UNREACHABLE).with({
    hint: isLoopback(to.address)
      ? 'a client without uTP and one that is not running look the same: try --transport tcp'
      : 'a client without uTP, one that is not running and a firewall that rejects look the same: try --transport tcp',
  })
}

/** The peer was silent, or answered with something other than uTP packets. */
function noAnswer(to: Endpoint, { foreign }: UtpSocket, timeoutMs: number | undefined): PeerError {
  if (foreign === undefined) {
    return connectTimeout(renderEndpoint(to), timeoutMs).with({
      hint: 'a client without uTP, one without an active torrent, one that hangs, a firewall and a machine that is down look the same: try --transport tcp',
    })
  }
  const { count, reason } = foreign
  const datagrams = count === 1 ? 'a datagram' : `${count} datagrams`
  const message = `${renderEndpoint(to)} answers with ${datagrams} that cannot be used as uTP: ${reason}`
  return new PeerError('E_NOT_BITTORRENT', message, { phase: 'connect', reference: 'BEP 29' })
}

function refused(to: Endpoint, detail: string): PeerError {
  const message = `${renderEndpoint(to)} refused the uTP connection: ${detail}`
  return new PeerError('E_CONNECT_REFUSED', message, { phase: 'connect', reference: 'BEP 29' })
}

function bind(udp: Socket, address: string | undefined, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: Error) => {
      const limit = localLimit(cause)
      reject(
        new PeerError(
          'E_BIND',
          `cannot use UDP ${address ?? '*'}:${port} (${systemCode(cause) ?? cause.message})`,
          {
            phase: 'connect',
            cause,
            hint: limit,
          },
        ),
      )
    }
    udp.once('error', onError)
    udp.bind({ port, exclusive: true, ...(address === undefined ? {} : { address }) }, () => {
      udp.off('error', onError)
      resolve()
    })
  })
}

/** Connects the UDP socket to the peer: the kernel then drops datagrams from others and reports ICMP errors. */
function connectUdp(udp: Socket, to: Endpoint, source: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    udp.connect(to.port, to.address, (cause?: Error) => {
      if (cause === undefined || cause === null) resolve()
      else reject(dialError(cause, { address: renderEndpoint(to), source, elapsedMs: 0 }))
    })
  })
}
