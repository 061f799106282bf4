import * as fc from 'fast-check'
import { test } from 'vitest'
import { concat, fromHex } from '../../src/base/bytes.ts'
import type { TransportEnd } from '../../src/net/transport.ts'
import type { EncryptionMode } from '../../src/run/options.ts'
import { encodeMessage, type Message } from '../../src/wire/message/message.ts'
import { encodeFeatures, type NamedFeature } from '../../src/wire/handshake/reserved-bits.ts'
import { encodeHandshake } from '../../src/wire/handshake/handshake.ts'
import { bigintDiffieHellman, type CryptoMethod } from '../../src/wire/mse/keys.ts'
import { makeV1Torrent } from '../support/torrents/made-torrent.ts'
import { EXTENSION_HANDSHAKE } from '../support/sessions/session.ts'
import { expectAgreement } from '../support/verdicts/agreed.ts'
import { type Answer, connectScripted, type Line } from '../support/verdicts/scripted.ts'

const { metainfo } = makeV1Torrent()
const PUBLIC_KEY = bigintDiffieHellman.publicKey(new Uint8Array(20).fill(9))

const MESSAGES: readonly Message[] = [
  EXTENSION_HANDSHAKE,
  { type: 'have-all' },
  { type: 'have-none' },
  { type: 'bitfield', bits: Uint8Array.of(0) },
  { type: 'bitfield', bits: new Uint8Array(Math.ceil(metainfo.pieceCount / 8)) },
  { type: 'bitfield', bits: new Uint8Array(9).fill(0xff) },
  { type: 'have', piece: 0 },
  { type: 'have', piece: 99_999 },
  { type: 'unchoke' },
  { type: 'choke' },
  { type: 'interested' },
  { type: 'keep-alive' },
  { type: 'extended', id: 77, payload: new Uint8Array(3) },
  { type: 'port', port: 6881 },
]

const frames = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...MESSAGES).map((message) => encodeMessage(message)) },
  // a message that is not whole, one that cannot be, one that nobody knows
  fc.constantFrom(fromHex('00000005'), fromHex('ffffffff07'), fromHex('00000001ee')),
)

const handshake = fc
  .record({
    features: fc.subarray<NamedFeature>(['extension-protocol', 'fast', 'dht']),
    isOther: fc.boolean(),
    odds: fc.integer({ min: 0, max: 9 }),
  })
  .map(({ features, isOther, odds }) =>
    encodeHandshake({
      reserved: encodeFeatures(features),
      infoHash:
        isOther && odds === 0 ? new Uint8Array(20).fill(3) : (metainfo.infoHashes.v1 ?? new Uint8Array(20)),
      peerId: new Uint8Array(20).fill(odds === 1 ? 0 : 0x41),
    }),
  )

const whole = fc
  .tuple(handshake, fc.array(frames, { maxLength: 5 }))
  .map(([first, rest]) => concat([first, ...rest]))

const cut = fc
  .tuple(handshake, fc.oneof(fc.integer({ min: 1, max: 67 }), fc.constantFrom(1, 19, 20, 28, 47, 48, 67)))
  .map(([first, length]) => first.subarray(0, length))

const foreign = fc.constantFrom(
  ...[
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    'HT',
    'SSH-2.0-x\r\n',
    '\u0005\u0000',
    '\u0016\u0003\u0001',
    '\u0012BitTorrent',
    '\u0013BitTorrent protocom',
  ].map((text) => new Uint8Array(Buffer.from(text, 'latin1'))),
  new Uint8Array(300).fill(0x20),
  new Uint8Array(700).fill(0x99),
)

const inside = fc.oneof(fc.constant(new Uint8Array()), cut, foreign, { weight: 3, arbitrary: whole })

const keys = fc.constantFrom(
  PUBLIC_KEY.subarray(0, 40),
  PUBLIC_KEY,
  concat([PUBLIC_KEY, new Uint8Array(200).fill(7)]),
  concat([PUBLIC_KEY, new Uint8Array(700).fill(7)]),
  new Uint8Array(96).fill(0xff),
)

const raw = (bytes: Uint8Array): Answer => ({ type: 'raw', bytes })
const echo = fc.constant<Answer>({ type: 'echo' })
const allow = fc.constantFrom<readonly CryptoMethod[]>(['rc4'], ['plaintext'], ['rc4', 'plaintext'])
const mse = fc.tuple(allow, inside).map(([allow, bytes]): Answer => ({ type: 'mse', allow, bytes }))

const ends = fc.constantFrom<TransportEnd | undefined>(
  { by: 'peer', kind: 'fin' },
  { by: 'peer', kind: 'rst' },
  {
    by: 'network',
    kind: null,
    failure: { type: 'lost', detail: 'the network dropped the connection (ENETRESET)' },
  },
  { by: 'us', kind: null, failure: { type: 'unanswered', detail: 'nothing was acknowledged' } },
  undefined,
)

const line = (answer: fc.Arbitrary<Answer>): fc.Arbitrary<Line> =>
  fc.record({ answer, end: ends, endsAfterMs: fc.constantFrom(0, 10, 1500, 9000) })

const script = fc.record({
  plaintext: line(fc.oneof(inside.map(raw), echo)),
  encrypted: line(fc.oneof(inside.map(raw), keys.map(raw), echo, { weight: 3, arbitrary: mse })),
})

const options = fc.record({
  encryption: fc.constantFrom<EncryptionMode>('auto', 'prefer', 'off', 'require'),
  interested: fc.boolean(),
  knowsMetainfo: fc.boolean(),
})

test('whatever a peer sends and however it ends, nothing is said of it that is not on record', async () => {
  await fc.assert(
    fc.asyncProperty(script, options, async (peer, how) => {
      expectAgreement(await connectScripted(peer, { ...how, metainfo }))
    }),
    { numRuns: 500 },
  )
})
