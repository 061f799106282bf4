import { connect, type Server, type Socket } from 'node:net'
import { createServer as createTls, type TLSSocket } from 'node:tls'
import { UTP_ONLY } from '../../clients/libtorrent-host.ts'
import { startRelay, type Path } from '../../network/relay.ts'
import { selfSigned } from '../../set/certificate.ts'
import { afterwards } from '../../set/habit.ts'
import { running } from '../../set/scripted.ts'
import { libtorrent } from '../../set/seeders.ts'
import { service } from '../../set/service.ts'
import type { SetSituation } from '../../set/situation.ts'
import { NO_PROOF_AT_ALL } from '../../truths.ts'
import { byFile } from '../../world.ts'

const UNAUTHORIZED =
  'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
const PROXY_DENIED =
  'HTTP/1.1 407 Proxy Authentication Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
const NOT_A_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'
const TO_THE_LOGIN =
  'HTTP/1.1 302 Found\r\nLocation: http://login.hotel.example/\r\nContent-Length: 0\r\n\r\n'

const isWholeRequest = (received: Buffer): boolean => /^[A-Z]+ .*\r\n\r\n/s.test(received.toString('latin1'))

/** Answers every line as a web server that wants a password. */
function webServer({ visitor, peer }: Path): void {
  peer.destroy()
  visitor.once('data', () => visitor.end(UNAUTHORIZED))
}

const IMITATED: readonly SetSituation[] = [
  service({
    name: 'an HTTP proxy that wants a password',
    causes: ['http-server'],
    excluded: ['encryption-required', 'torrent-unknown'],
    note: '407 to a whole request, 400 to 64 bytes that are none',
    talks: (received, socket) => {
      if (isWholeRequest(received)) socket.end(PROXY_DENIED)
      else if (received.length >= 64 && !/^[A-Z]+ /.test(received.toString('latin1')))
        socket.end(NOT_A_REQUEST)
    },
  }),
  service({
    name: 'the captive portal of a hotel',
    causes: ['http-server'],
    excluded: ['nothing-listens'],
    note: 'it accepts for every address, redirects HTTP, resets TLS, and keeps silent on all else; the real peer is never reached',
    talks: (received, socket) => {
      if (isWholeRequest(received)) socket.end(TO_THE_LOGIN)
      else if (received[0] === 0x16) socket.resetAndDestroy()
    },
  }),
  service({
    name: 'the port of an HTTP tracker',
    causes: ['http-server'],
    excluded: ['torrent-unknown'],
    note: 'bencode inside HTTP to a request, closed on all else',
    talks: (received, socket) => {
      const failure = 'd14:failure reason15:invalid requeste'
      if (isWholeRequest(received)) socket.end(`HTTP/1.0 200 OK\r\nContent-Length: 38\r\n\r\n${failure}`)
      else if (!/^[A-Z]/.test(received.toString('latin1'))) socket.end()
    },
  }),
  service({
    name: 'SIP over TCP',
    causes: ['other-service', 'not-bittorrent'],
    excluded: ['http-server', 'torrent-unknown', 'encryption-required'],
    note: 'SIP/2.0 400 to what ends with two line ends, silence on all else',
    talks: (received, socket) => {
      if (received.includes('\r\n\r\n')) socket.end('SIP/2.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
    },
  }),
  service({
    name: 'a remote desktop',
    causes: ['other-service', 'not-bittorrent'],
    ambiguous: [...NO_PROOF_AT_ALL, 'encryption-required', 'plaintext-filtered'],
    note: 'as RDP: resets as soon as the first byte is not 3',
    talks: (received, socket) => {
      if (received[0] !== 3) socket.resetAndDestroy()
    },
  }),
  service({
    name: 'a DNS server',
    causes: ['silent-service', 'not-bittorrent', 'other-service'],
    ambiguous: ['silent-service', 'frozen', 'no-backend'],
    excluded: ['torrent-unknown', 'encryption-required', 'http-server'],
    note: 'the first two bytes are a length, and it waits for so many; closes after 10 s without a whole query',
    greets: (socket) => afterwards(socket, 10_000, () => socket.end()),
  }),
  service({
    name: 'a service that tells the time of day',
    causes: ['not-bittorrent', 'other-service'],
    excluded: ['torrent-unknown', 'no-active-torrent', 'http-server'],
    note: 'as RFC 867: a line at once, and a close',
    greets: (socket) => socket.end('Sunday, November 29, 2026 02:00:00-UTC\r\n'),
  }),
]

/** Passes the clear text of a TLS connection to a port, and the answers back. */
function terminating(port: number): (secure: TLSSocket) => void {
  return (secure) => {
    const behind: Socket = connect(port, '127.0.0.1')
    for (const one of [secure, behind]) one.on('error', () => undefined)
    secure.pipe(behind).pipe(secure)
  }
}

/** Real clients and servers. */
const REAL: readonly SetSituation[] = [
  {
    name: 'libtorrent behind a terminator of TLS',
    causes: ['tls-service'],
    excluded: ['encryption-required', 'torrent-unknown'],
    note: 'as stunnel on a seedbox; inside of TLS libtorrent seeds, TCP only',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const session = await libtorrent(starting)
      await session.seed(torrent)
      const server: Server = createTls(await selfSigned(world), terminating(session.port))
      server.on('tlsClientError', () => undefined)
      const { peer } = starting.keep(await running(server))
      return { peer, target: byFile(torrent) }
    },
  },
  {
    name: 'Syncthing',
    causes: ['tls-service'],
    excluded: ['encryption-required', 'torrent-unknown'],
    note: 'TLS 1.3 alone, and only for visitors with a certificate',
    make: async (world, starting) => {
      const options = { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' } as const
      const server = createTls({ ...(await selfSigned(world)), ...options, ALPNProtocols: ['bep/1.0'] })
      server.on('tlsClientError', () => undefined)
      const { peer } = starting.keep(await running(server))
      return { peer, target: byFile(await world.torrent('usual')) }
    },
  },
  {
    name: 'libtorrent takes uTP only, and a web server has the TCP port of that number',
    causes: ['utp-only', 'http-server'],
    excluded: ['not-bittorrent', 'torrent-unknown', 'tls-service'],
    note: 'a web interface on TCP, the client on UDP: 401 to whatever comes over TCP',
    make: async (world, starting) => {
      const torrent = await world.torrent('usual')
      const session = await libtorrent(starting, { settings: UTP_ONLY })
      await session.seed(torrent)
      const relay = starting.keep(await startRelay(session.port, webServer, { passesUdp: true }))
      return { peer: relay.peer, target: byFile(torrent) }
    },
  },
]

export const SERVICES: readonly SetSituation[] = [...IMITATED, ...REAL]
