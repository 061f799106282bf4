import { concat } from '../../../src/base/bytes.ts'
import { encodeExtensionHandshake } from '../../../src/wire/extension/handshake.ts'
import { encodeMessages, type Message } from '../../../src/wire/message/message.ts'
import { captureOf, type WrittenConnection } from '../sessions/observed.ts'
import { OUR_ID, theirHandshake } from '../sessions/session.ts'

const extended = (client: string): Message => ({
  type: 'extended',
  id: 0,
  payload: encodeExtensionHandshake({ client, extensions: new Map([['ut_metadata', 3]]) }),
})

const block = (piece: number): Message => ({ type: 'piece', piece, begin: 0, block: new Uint8Array(16_384) })

/**
 * A capture of two sessions, in which one of eight pieces and two of them are fetched, of a connection to a web server, and
 * of an encrypted one.
 */
export function capturedSessions(
  ways: readonly WrittenConnection[] = [{}, { transport: 'utp' }],
  infoHash?: Uint8Array,
): Uint8Array {
  const torrent = infoHash && { infoHash }
  return captureOf((open) => {
    for (const [index, way] of ways.entries()) {
      const connection = open(way)
      connection.data(1010, 'local', theirHandshake(undefined, { ...torrent, peerId: OUR_ID }))
      const greeting = encodeMessages([extended('peer 1'), { type: 'have-all' }, { type: 'unchoke' }])
      connection.data(1020, 'remote', concat([theirHandshake(undefined, torrent), greeting]))
      const pieces = Array.from({ length: index + 1 }, (_, piece) => piece)
      const requests = pieces.map((piece): Message => ({ type: 'request', piece, begin: 0, length: 16_384 }))
      connection.data(1030, 'local', encodeMessages([extended('us'), { type: 'interested' }, ...requests]))
      connection.data(1040, 'remote', encodeMessages(pieces.map(block)))
      connection.closed(1050, { by: 'us', kind: 'fin' })
    }
    const web = open({
      ends: { local: { address: '192.0.2.1', port: 50_001 }, remote: { address: '198.51.100.9', port: 80 } },
    })
    web.data(1010, 'local', new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'.repeat(10)))
    web.data(1020, 'remote', new TextEncoder().encode('HTTP/1.1 404 Not Found\r\n\r\n'.repeat(10)))
    const encrypted = open({
      ends: {
        local: { address: '192.0.2.1', port: 50_002 },
        remote: { address: '198.51.100.9', port: 6881 },
      },
    })
    encrypted.data(1010, 'local', randomLooking(1, 200))
    encrypted.data(1020, 'remote', randomLooking(2, 200))
  })
}

/** The same numbers for a seed. */
export function randomLooking(seed: number, length: number): Uint8Array {
  let state = seed
  return Uint8Array.from({ length }, () => (state = (state * 48_271) % 0x7fff_ffff) >> 8)
}
