import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { reservePort } from '../../../peers/ports.ts'
import { startServe } from '../../clients/serve.ts'
import { passThrough, startRelay, type Path } from '../../network/relay.ts'
import { byFile } from '../../world.ts'
import { byBeginning } from '../../set/path.ts'
import { every, service } from '../../set/service.ts'
import { NO_PROOF_AT_ALL } from '../../truths.ts'
import type { SetSituation, Truth } from '../../set/situation.ts'

/** TCP is refused, and a service over UDP answers what is sent. */
function udpService(
  truth: Truth & { readonly name: string },
  answer: (datagram: Buffer) => Buffer,
): SetSituation {
  return {
    isOneOf: true,
    ...truth,
    make: async (world, starting) => {
      const reserved = await reservePort('127.0.0.1')
      starting.keep({ stop: () => reserved.release() })
      const socket = createSocket('udp4').bind(reserved.port, '127.0.0.1')
      await once(socket, 'listening')
      starting.keep({ stop: () => socket.close() })
      socket.on('message', (datagram, from) => socket.send(answer(datagram), from.port, from.address))
      return { peer: `127.0.0.1:${reserved.port}`, target: byFile(await world.torrent('usual')) }
    },
  }
}

const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

/** What is not a plaintext handshake goes to a web server. */
const webServer = ({ visitor, peer }: Path): void => {
  peer.destroy()
  visitor.end(BAD_REQUEST)
}

/** A port where a multiplexer gives plaintext BitTorrent to a client, and all else to a web server. */
const shared = (asked: 'usual' | 'other'): SetSituation['make'] => {
  return async (world, starting) => {
    const { peer } = starting.keep(await startServe(world, await world.torrent('usual'), []))
    const port = Number(peer.split(':').at(-1))
    const relay = starting.keep(await startRelay(port, byBeginning(passThrough, webServer)))
    return { peer: relay.peer, target: byFile(await world.torrent(asked)) }
  }
}

/** What is met where a client was expected. */
export const SERVICES: readonly SetSituation[] = [
  service({
    name: 'an SSH tarpit',
    causes: ['not-bittorrent', 'other-service'],
    ambiguous: ['silent-service'],
    note: 'as endlessh: a line of random text every 7 s, never a version, never a close',
    greets: (socket) => every(socket, 7000, () => socket.write('x3Nq0aYwZ8\r\n')),
  }),
  service({
    name: 'an SSH server that is overrun',
    causes: ['other-service', 'not-bittorrent'],
    note: 'MaxStartups of OpenSSH: one line in place of its version, and a close',
    greets: (socket) => socket.end('Exceeded MaxStartups\r\n'),
  }),
  service({
    name: 'Redis in protected mode',
    causes: ['other-service', 'not-bittorrent'],
    note: 'an error at once, and a close',
    greets: (socket) =>
      socket.end('-DENIED Redis is running in protected mode because protected mode is enabled.\r\n'),
  }),
  service({
    name: 'an HTTP load balancer that waits for a request',
    causes: ['http-server'],
    note: '408 after 4 s without a whole request, whatever came; 503 to a request',
    greets: (socket) =>
      every(socket, 4000, () => socket.end('HTTP/1.0 408 Request Time-out\r\nConnection: close\r\n\r\n')),
    talks: (received, socket) => {
      if (/^[A-Z]+ .*\r\n\r\n/s.test(received.toString('latin1')))
        socket.end('HTTP/1.0 503 Service Unavailable\r\nConnection: close\r\n\r\n')
    },
  }),
  service({
    name: 'a device that answers with bare HTML',
    causes: ['http-server', 'not-bittorrent', 'other-service'],
    note: 'no status line and no header, as HTTP 0.9, to whatever it is sent',
    talks: (_, socket) => socket.end('<html><head><title>Router</title></head><body>Login</body></html>\n'),
  }),
  service({
    name: 'the SOCKS port of Tor',
    causes: ['socks-proxy'],
    also: ['http-server'],
    ambiguous: ['torrent-unknown', 'no-backend'],
    note: 'answers SOCKS4 and SOCKS5, has a page of HTTP for browsers, closes on anything else',
    talks: (received, socket) => {
      const [first = 0] = received
      if (first === 5) socket.write(Buffer.from('0500', 'hex'))
      else if (first === 4) socket.end(Buffer.from('005b000000000000', 'hex'))
      else if (/^[A-Z]/.test(received.toString('latin1')))
        socket.end('HTTP/1.0 501 Tor is not an HTTP Proxy\r\nContent-Type: text/html\r\n\r\n<html></html>')
      else socket.end()
    },
  }),
  service({
    name: 'a SOCKS5 proxy that wants a password',
    causes: ['socks-proxy'],
    note: 'answers 05 FF to a greeting without one, and closes; closes on anything else',
    talks: (received, socket) => {
      if (received[0] === 5) socket.end(Buffer.from('05ff', 'hex'))
      else socket.end()
    },
  }),
  service({
    name: 'a Bitcoin node',
    causes: ['other-service', 'not-bittorrent'],
    ambiguous: [...NO_PROOF_AT_ALL, 'encryption-required', 'no-active-torrent', 'silent-service'],
    note: 'closes without a byte when a header of 24 bytes does not begin with its magic',
    talks: (received, socket) => {
      if (received.length >= 24 && received.readUInt32BE(0) !== 0xf9beb4d9) socket.end()
    },
  }),
  udpService(
    {
      name: 'the port of a UDP tracker',
      causes: ['other-service', 'not-bittorrent', 'nothing-listens'],
      ambiguous: ['utp-only', 'firewall-rejects', 'tcp-filtered'],
      excluded: ['filtered'],
      note: 'TCP is refused; over UDP it answers everything of 16 bytes with an error of BEP 15',
    },
    (datagram) =>
      Buffer.concat([
        Buffer.from('00000003', 'hex'),
        datagram.subarray(12, 16),
        Buffer.from('Connection ID mismatch.\0'),
      ]),
  ),
  udpService(
    {
      name: 'a DHT node without a listening client',
      causes: ['nothing-listens', 'not-bittorrent', 'unexplained'],
      ambiguous: ['utp-only', 'firewall-rejects', 'tcp-filtered', 'other-service'],
      excluded: ['filtered'],
      note: 'TCP is refused; over UDP it answers what it cannot read with error 203 of BEP 5',
    },
    () => Buffer.from('d1:eli203e14:Protocol Errore1:t0:1:y1:ee'),
  ),
  {
    name: 'BitTorrent and a web server on one port',
    causes: ['works'],
    excluded: ['other-torrent'],
    note: 'plaintext handshakes reach a seeder, everything else gets HTTP 400',
    make: shared('usual'),
  },
  {
    name: 'BitTorrent and a web server on one port, another torrent',
    causes: ['torrent-unknown', 'http-server'],
    isOneOf: true,
    ambiguous: NO_PROOF_AT_ALL,
    note: 'a client that does not know the torrent closes without a byte; MSE and HTTP get HTTP 400',
    make: shared('other'),
  },
]
