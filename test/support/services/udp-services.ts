import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** What a UDP port answers to each datagram; undefined for nothing. */
const ANSWERS = {
  mute: () => undefined,
  echo: (datagram: Buffer) => datagram,
  garbage: () => randomBytes(40),
  text: () => Buffer.from('ERROR\r\n'),
} as const satisfies { readonly [name: string]: (datagram: Buffer) => Uint8Array | undefined }

export type UdpServiceName = keyof typeof ANSWERS

export const UDP_SERVICE_NAMES = Object.keys(ANSWERS) as readonly UdpServiceName[]

export interface UdpService {
  readonly host: '127.0.0.1'
  readonly port: number
  stop(): Promise<void>
}

/**
 * Starts a UDP service that is not uTP on 127.0.0.1.
 * @param port default: a free one
 */
export async function startUdpService(name: UdpServiceName, port = 0): Promise<UdpService> {
  const socket = createSocket('udp4')
  socket.on('message', (datagram, from) => {
    const answer = ANSWERS[name](datagram)
    if (answer !== undefined) socket.send(answer, from.port, from.address)
  })
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  return {
    host: '127.0.0.1',
    port: socket.address().port,
    stop: async () => {
      const closed = once(socket, 'close')
      socket.close()
      await closed
    },
  }
}
