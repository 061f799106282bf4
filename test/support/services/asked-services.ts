import type { Socket } from 'node:net'
import { reacting } from './service.ts'

const PAGE = `<html>\r\n<head><title>400 Bad Request</title></head>\r\n<body>\r\n${'<p>This request cannot be read.</p>\r\n'.repeat(6)}</body>\r\n</html>\r\n`

const BAD_REQUEST = [
  'HTTP/1.1 400 Bad Request',
  'Server: nginx/1.22.1',
  'Content-Type: text/html',
  `Content-Length: ${PAGE.length}`,
  'Connection: close',
  '',
  PAGE,
].join('\r\n')

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\nConnection: close\r\n\r\nhi\n'

const isHttpRequest = (received: Buffer) => /^(GET|HEAD|POST|OPTIONS) /.test(received.toString('latin1'))

const isClientHello = (received: Buffer) => received[0] === 0x16 && received[1] === 3

/** Answers a ClientHello with the start of a ServerHello (TLS 1.2), and waits. */
function serverHello(socket: Socket): void {
  socket.write(
    Buffer.concat([
      Buffer.from('160303002a', 'hex'),
      Buffer.from('020000260303', 'hex'),
      Buffer.alloc(32, 0x5a),
      Buffer.from('00c02f00', 'hex'),
    ]),
  )
}

/** Answers with a TLS alert, and closes. */
const alert = (socket: Socket, description: number) =>
  socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, description]))

/** Services that wait for the first word of a visitor. */
export const ASKED_SERVICES = {
  /** Answers anything with a page of more than 96 bytes. */
  http: reacting('HTTP', (socket, received) => {
    if (isHttpRequest(received) && !received.includes('\r\n\r\n')) return
    socket.end(isHttpRequest(received) ? OK : BAD_REQUEST)
  }),
  /** Waits for the end of a line, like many web interfaces: silent on a handshake and on a key. */
  'http-patient': reacting('HTTP', (socket, received) => {
    if (!received.includes('\r\n\r\n')) return
    socket.end(isHttpRequest(received) ? OK : BAD_REQUEST)
  }),
  /** Closes on anything but a request. */
  'http-strict': reacting('HTTP', (socket, received) => {
    if (!isHttpRequest(received)) socket.end()
    else if (received.includes('\r\n\r\n')) socket.end(OK)
  }),
  tls: reacting('TLS', (socket, received) => {
    if (isClientHello(received)) serverHello(socket)
    else alert(socket, 10)
  }),
  /** Closes without a byte on anything but a ClientHello, like the daemon of Deluge. */
  'tls-strict': reacting('TLS', (socket, received) => {
    if (isClientHello(received)) serverHello(socket)
    else socket.end()
  }),
  /** Refuses every ClientHello with an alert. */
  'tls-refusing': reacting('TLS', (socket, received) => {
    if (isClientHello(received)) alert(socket, 40)
    else socket.end()
  }),
  socks5: reacting('SOCKS', (socket, received) => {
    if (received[0] !== 5) socket.end()
    else if (received.length >= 2 && received.length >= 2 + (received[1] ?? 0))
      socket.write(Buffer.from([5, 0]))
  }),
  redis: reacting('Redis', (socket, received) => {
    if (!received.includes('\n')) return
    if (isHttpRequest(received)) socket.write("-ERR wrong number of arguments for 'get' command\r\n")
    else socket.write("-ERR unknown command 'x'\r\n")
  }),
  memcached: reacting(undefined, (socket, received) => {
    if (received.includes('\n')) socket.write('ERROR\r\n')
  }),
  /** The length in its first packet is impossible: PostgreSQL, RDP and Minecraft close without a byte. */
  postgres: reacting(undefined, (socket) => socket.end()),
}
