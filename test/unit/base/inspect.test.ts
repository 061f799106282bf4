import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { PeerError } from '../../../src/base/errors.ts'
import { PeerConnection } from '../../../src/net/connection/peer-connection.ts'
import { SessionState } from '../../../src/session/peer/state.ts'
import { Bitfield } from '../../../src/wire/bitfield.ts'
import { decodeHandshake, encodeHandshake } from '../../../src/wire/handshake/handshake.ts'
import { encodeFeatures } from '../../../src/wire/handshake/reserved-bits.ts'
import { memoryTransports } from '../../support/transports/memory-transport.ts'

const infoHash = new Uint8Array(20).fill(0xab)
const peerId = new TextEncoder().encode('-TR3000-abcdefghijk\u001b')
const handshake = decodeHandshake(
  encodeHandshake({ reserved: encodeFeatures(['fast', 'extension-protocol']), infoHash, peerId }),
)
const print = (value: unknown): string => inspect(value, { breakLength: Infinity })

test('a handshake prints its hashes as hex and its peer id as text', () => {
  expect(print(handshake)).toBe(
    `Handshake { reserved: '0000000000100004', features: [ 'extension-protocol', 'fast' ], infoHash: '${'ab'.repeat(20)}', peerId: '-TR3000-abcdefghijk\\x1B' }`,
  )
  expect(Object.keys({ ...handshake })).toStrictEqual(['reserved', 'features', 'infoHash', 'peerId'])
})

test('a bitfield prints how many pieces it has, and which', () => {
  const bitfield = new Bitfield(1000)
  for (const piece of [0, 1, 2, 7]) bitfield.set(piece)
  expect(print(bitfield)).toBe("Bitfield { pieceCount: 1000, count: 4, pieces: '0-2,7', spareBits: 0 }")
})

test('a state prints what is known of the peer', () => {
  const state = new SessionState(['fast', 'extension-protocol'], 9)
  state.handshakeReceived(handshake)
  state.received({ type: 'have-all' })
  state.received({ type: 'unchoke' })
  const text = print(state)
  expect(text).toContain("SessionState { phase: 'extension-handshake', handshake: Handshake {")
  expect(text).toContain("PeerAvailability { source: 'have-all', pieceCount: 9, count: 9 }")
  expect(text).toContain('ChokingState { amChoking: true, amInterested: false, peerChoking: false')
  expect(text).toContain("received: Map(2) { 'have-all' => 1, 'unchoke' => 1 }")
  expect(text).not.toContain('undefined')
})

test('an error prints its stack, and of its details those that are known', () => {
  const error = new PeerError('E_HANDSHAKE_TIMEOUT', 'nothing came', { phase: 'handshake' })
  expect(print(error)).toMatch(
    /^PeerError: nothing came\n {4}at [\s\S]+ \{ code: 'E_HANDSHAKE_TIMEOUT', phase: 'handshake' \}$/,
  )
})

test('a connection prints where it leads and its state', async () => {
  const [ours, theirs] = memoryTransports()
  const accepting = PeerConnection.accept(theirs, { find: () => ({ infoHash }) })
  const connection = await PeerConnection.connect(ours, { torrent: { infoHash } })
  const text = print(connection)
  expect(text).toContain("transport: 'memory', encryption: 'plaintext', bytesSent: ")
  expect(text).toContain('state: SessionState { phase: ')
  await connection.close()
  expect(print(connection)).toContain('end: { ')
  await accepting
})
