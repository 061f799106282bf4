import { createServer as createHttp } from 'node:http'
import { createServer as createHttp2 } from 'node:http2'
import { createServer as createTls } from 'node:tls'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import type { CauseCode } from '../../../../src/diagnose/cause/causes.ts'
import { reservePort } from '../../../peers/ports.ts'
import { byFile } from '../../world.ts'
import { selfSigned } from '../../set/certificate.ts'
import { running, startService } from '../../set/scripted.ts'
import type { SetSituation } from '../../set/situation.ts'

/** Nothing in the bytes says what it is: closing without a word is what a client without the torrent does as well. */
const CLOSES_LIKE_A_CLIENT: readonly CauseCode[] = [
  'torrent-unknown',
  'torrent-inactive',
  'no-active-torrent',
  'connection-limit',
  'address-filtered',
  'encryption-required',
  'no-backend',
]

/** How a service answers: called with all bytes of a connection so far, whenever there are more. */
type Talk = (received: Buffer, socket: Socket) => void

function service(
  name: string,
  truth: Pick<SetSituation, 'causes' | 'also' | 'ambiguous' | 'note'>,
  talk: Talk,
  greet: (socket: Socket) => void = () => undefined,
): SetSituation {
  return {
    name,
    isOneOf: true,
    ...truth,
    make: async (world, starting) => {
      const { peer } = starting.keep(
        await startService((socket) => {
          let received = Buffer.alloc(0)
          greet(socket)
          socket.on('data', (chunk) => {
            received = Buffer.concat([received, chunk])
            talk(received, socket)
          })
        }),
      )
      return { peer, target: byFile(await world.torrent('usual')) }
    },
  }
}

function afterwards(socket: Socket, ms: number, act: () => void): void {
  const timer = setTimeout(act, ms)
  socket.on('close', () => clearTimeout(timer))
}

/** Other services, where a client was expected. */
export const SERVICES: readonly SetSituation[] = [
  {
    name: 'a web interface that redirects to its login',
    causes: ['http-server'],
    note: '303 to /login on every request, 400 on anything else, as Node answers it',
    make: async (world, starting) => {
      const server = createHttp((_, response) => response.writeHead(303, { location: '/login' }).end())
      const { peer } = starting.keep(await running(server))
      return { peer, target: byFile(await world.torrent('usual')) }
    },
  },
  service(
    'a web server that closes on what is not HTTP',
    { causes: ['http-server'], note: 'answers a whole HTTP request, and closes on anything else' },
    (received, socket) => {
      if (!/^[A-Z]{3,8} /.test(received.toString('latin1'))) socket.end()
      else if (received.includes('\r\n\r\n'))
        socket.end('HTTP/1.1 301 Moved\r\nLocation: https://example/\r\n\r\n')
    },
  ),
  {
    name: 'HTTP/2 without TLS',
    causes: ['http-server', 'other-service', 'not-bittorrent'],
    isOneOf: true,
    note: 'Node with prior knowledge: SETTINGS, then GOAWAY',
    make: async (world, starting) => {
      const { peer } = starting.keep(await running(createHttp2() as unknown as Server))
      return { peer, target: byFile(await world.torrent('usual')) }
    },
  },
  {
    name: 'a reverse proxy with TLS that requires a name',
    causes: ['tls-service'],
    note: 'without a known SNI it answers a ClientHello with a fatal alert',
    make: async (world, starting) => {
      const server = createTls({
        ...(await selfSigned(world)),
        SNICallback: (_, done) => done(new Error('unrecognized name')),
      })
      server.on('tlsClientError', () => undefined)
      const { peer } = starting.keep(await running(server))
      return { peer, target: byFile(await world.torrent('usual')) }
    },
  },
  service(
    'Memcached',
    {
      causes: ['other-service', 'not-bittorrent', 'silent-service'],
      note: 'ERROR for each line, nothing without a line feed, closes after 2 KiB without one',
    },
    (received, socket) => {
      const lines = received.toString('latin1').split('\n')
      if (lines.length > 1 && !socket.writableEnded) socket.write('ERROR\r\n'.repeat(lines.length - 1))
      else if (received.length > 2048) socket.end()
    },
  ),
  service(
    'PostgreSQL',
    {
      causes: ['other-service', 'not-bittorrent'],
      ambiguous: CLOSES_LIKE_A_CLIENT,
      note: 'closes on an invalid length of the first packet, without a byte',
    },
    (received, socket) => {
      if (received.length >= 4 && received.readUInt32BE(0) > 10_000) socket.end()
      else if (received.length >= 8 && received.readUInt32BE(4) === 80_877_103) socket.write('N')
    },
  ),
  service(
    'RTMP',
    {
      causes: ['other-service', 'not-bittorrent', 'silent-service'],
      note: 'answers S0 and S1 once 1537 bytes have come, of any content',
    },
    (received, socket) => {
      if (received.length >= 1537 && socket.bytesWritten === 0)
        socket.write(Buffer.concat([Buffer.of(3), Buffer.alloc(1536, 0x5a)]))
    },
  ),
  service(
    'a server like that of Minecraft',
    {
      causes: ['other-service', 'not-bittorrent'],
      ambiguous: CLOSES_LIKE_A_CLIENT,
      note: 'a length of one byte, then a packet; closes on an unknown number of a packet',
    },
    (received, socket) => {
      const length = received[0] ?? 0
      if (length === 0xfe) socket.end(Buffer.from('ff0000', 'hex'))
      else if (received.length > 1 && (length > 127 || received[1] !== 0)) socket.end()
    },
  ),
  service(
    'a game server that waits and then throws out',
    {
      causes: ['other-service', 'not-bittorrent', 'silent-service'],
      note: 'nothing for 15 s, then a line and a close',
    },
    () => undefined,
    (socket) => afterwards(socket, 15_000, () => socket.end('Timed out\n')),
  ),
  service(
    'an SMTP server that waits 8 s before its banner',
    {
      causes: ['other-service'],
      also: ['not-bittorrent'],
      note: 'who speaks first gets 554 instead of 220, and a close',
    },
    () => undefined,
    (socket) =>
      afterwards(socket, 8000, () => {
        if (socket.bytesRead > 0) socket.end('554 SMTP synchronization error\r\n')
        else socket.write('220 mail.example ESMTP Exim 4.96\r\n')
      }),
  ),
  {
    name: 'SSH that opens after three knocks',
    causes: ['other-service', 'changed'],
    isOneOf: true,
    ambiguous: CLOSES_LIKE_A_CLIENT,
    note: 'the first three connections are closed without a byte, later ones get the banner',
    make: async (world, starting) => {
      let knocks = 0
      const { peer } = starting.keep(
        await startService((socket) => {
          if (knocks++ < 3) socket.end()
          else socket.write('SSH-2.0-OpenSSH_9.6\r\n')
          socket.resume()
        }),
      )
      return { peer, target: byFile(await world.torrent('usual')) }
    },
  },
  service(
    'VNC',
    { causes: ['other-service', 'not-bittorrent'], note: 'RFB banner at once' },
    () => undefined,
    (socket) => socket.write('RFB 003.008\n'),
  ),
  service(
    'AMQP',
    {
      causes: ['other-service', 'not-bittorrent'],
      note: 'answers 8 bytes that are not its header with its own header, and closes',
    },
    (received, socket) => {
      if (received.length >= 8 && !socket.writableEnded) socket.end(Buffer.from('AMQP\0\0\x09\x01', 'latin1'))
    },
  ),
  service(
    'HTTP and SSH on one port, told apart by the first bytes',
    {
      causes: ['other-service', 'http-server'],
      also: ['not-bittorrent'],
      note: 'as sslh: what is not HTTP is handed to SSH, which answers with its banner',
    },
    (received, socket) => {
      if (/^[A-Z]{3,8} /.test(received.toString('latin1'))) socket.end('HTTP/1.1 302 Found\r\n\r\n')
      else if (socket.bytesWritten === 0) socket.write('SSH-2.0-OpenSSH_9.6\r\n')
    },
  ),
  {
    name: 'a silent UDP service, and nothing on TCP',
    causes: ['nothing-listens'],
    ambiguous: ['filtered', 'firewall-rejects', 'utp-only'],
    isOneOf: true,
    note: 'as WireGuard: TCP is refused, UDP never answered',
    make: async (world, starting) => {
      const reserved = await reservePort('127.0.0.1')
      starting.keep({ stop: () => reserved.release() })
      const socket = createSocket('udp4').bind(reserved.port, '127.0.0.1')
      await once(socket, 'listening')
      starting.keep({ stop: () => socket.close() })
      return { peer: `127.0.0.1:${reserved.port}`, target: byFile(await world.torrent('usual')) }
    },
  },
]
