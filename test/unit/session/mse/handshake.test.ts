import { describe, expect, test } from 'vitest'
import { concat, fromHex, toHex } from '../../../../src/base/bytes.ts'
import { bigintDiffieHellman, type CryptoMethod, indexTorrents } from '../../../../src/wire/mse/keys.ts'
import { converse, INFO_HASH, initiator, responder, Side } from '../../../support/mse/mse-pair.ts'
import { mseVector, mseVectors } from '../../../support/mse/mse-vectors.ts'

const HELLO = fromHex(
  '13426974546f7272656e742070726f746f636f6c0000000000100005' +
    '0123456789abcdef0123456789abcdef01234567' +
    'ab'.repeat(20),
)

describe.each(mseVectors.filter(({ name }) => name.startsWith('transcript')))(
  '$name',
  ({ input, expected }) => {
    const hex = (fields: Readonly<Record<string, string | number>>, name: string): Uint8Array =>
      fromHex(String(fields[name]))
    const randomness = (key: string, publicKeyPad: string, encryptedPad: string) => ({
      randomness: {
        privateKey: hex(input, key),
        publicKeyPad: hex(input, publicKeyPad),
        encryptedPad: hex(input, encryptedPad),
      },
    })
    const methods: CryptoMethod[] = input.crypto_provide === 2 ? ['rc4'] : ['plaintext', 'rc4']
    const encryption = input.crypto_select === 2 ? 'rc4' : 'mse-plaintext'

    test('initiator', () => {
      const side = new Side(
        initiator({
          ...randomness('Xa', 'padA', 'padC'),
          provide: methods,
          initialPayload: hex(input, 'IA'),
        }),
      )
      side.step({ type: 'connected', at: 0 })
      side.bytes(hex(expected, 'B_to_A_2'))
      side.bytes(hex(expected, 'B_to_A_4'))
      expect(side.sent.map(toHex)).toStrictEqual([expected.A_to_B_1, expected.A_to_B_3])
      expect(side.established?.encryption).toBe(encryption)
      expect(toHex(side.established?.bytes ?? INFO_HASH)).toBe(input.payload_from_B_after_select)
      const payload = hex(input, 'payload_from_A_after_select')
      expect(toHex(side.established?.stream.encrypt(payload) ?? payload)).toBe(expected.A_to_B_5)
      expect(toHex(payload)).toBe(input.payload_from_A_after_select)
    })

    test('responder', () => {
      const allow: CryptoMethod[] = input.crypto_select === 2 ? ['rc4'] : ['plaintext']
      const side = new Side(responder({ ...randomness('Xb', 'padB', 'padD'), allow }))
      side.step({ type: 'connected', at: 0 })
      side.bytes(hex(expected, 'A_to_B_1'))
      side.bytes(concat([hex(expected, 'A_to_B_3'), hex(expected, 'A_to_B_5')]))
      expect(toHex(side.sent[0] ?? INFO_HASH)).toBe(expected.B_to_A_2)
      expect(toHex(side.established?.bytes ?? INFO_HASH)).toBe(
        `${input.IA}${input.payload_from_A_after_select}`,
      )
      const payload = side.established?.stream.encrypt(hex(input, 'payload_from_B_after_select'))
      expect(toHex(side.sent[1] ?? INFO_HASH) + toHex(payload ?? INFO_HASH)).toBe(expected.B_to_A_4)
      expect(side.established?.infoHash).toStrictEqual(INFO_HASH)
    })
  },
)

describe('methods', () => {
  const PLAIN: CryptoMethod[] = ['plaintext']
  const RC4: CryptoMethod[] = ['rc4']
  const BOTH: CryptoMethod[] = ['plaintext', 'rc4']
  test.each([
    { provide: PLAIN, allow: PLAIN, encryption: 'mse-plaintext' },
    { provide: PLAIN, allow: BOTH, encryption: 'mse-plaintext' },
    { provide: RC4, allow: RC4, encryption: 'rc4' },
    { provide: RC4, allow: BOTH, encryption: 'rc4' },
    { provide: BOTH, allow: PLAIN, encryption: 'mse-plaintext' },
    { provide: BOTH, allow: RC4, encryption: 'rc4' },
    { provide: BOTH, allow: BOTH, encryption: 'mse-plaintext' },
    { provide: BOTH, allow: ['rc4', 'plaintext'] as CryptoMethod[], encryption: 'rc4' },
  ])('$provide offered to $allow gives $encryption', ({ provide, allow, encryption }) => {
    const { a, b } = converse(initiator({ provide, initialPayload: HELLO }), responder({ allow }))
    expect([a.established?.encryption, b.established?.encryption]).toStrictEqual([encryption, encryption])
    expect(b.established?.bytes).toStrictEqual(HELLO)
    const sent = Uint8Array.of(1, 2, 3, 4)
    const wire = a.established?.stream.encrypt(sent) ?? HELLO
    expect(toHex(wire) === '01020304').toBe(encryption === 'mse-plaintext')
    expect(b.established?.stream.decrypt(wire)).toStrictEqual(sent)
    const answer = b.established?.stream.encrypt(sent) ?? HELLO
    expect(a.established?.stream.decrypt(answer)).toStrictEqual(sent)
  })

  test.each([
    { provide: PLAIN, allow: RC4, bits: 1 },
    { provide: RC4, allow: PLAIN, bits: 2 },
  ])('$provide offered to $allow is refused', ({ provide, allow, bits }) => {
    const { a, b } = converse(initiator({ provide }), responder({ allow }))
    expect(b.failed).toMatchObject({ failure: 'no-common-method', step: 'provide' })
    expect(b.failed?.error.message).toBe(`crypto_provide is ${bits}, but only ${allow.join()} is allowed`)
    expect(b.failed?.error).toMatchObject({
      code: 'E_ENCRYPTION_FAILED',
      phase: 'encryption',
      reference: 'MSE',
    })
    a.step({ type: 'end', how: 'fin', at: 9 })
    expect(a.failed).toMatchObject({ failure: 'closed', step: 'synchronisation', bytesReceived: 96, at: 9 })
    expect(a.failed?.error.message).toBe(
      'the peer closed after 96 bytes that can be a public key, without a proof that it knows the torrent (VC)',
    )
  })
})

test('with no method allowed five bytes tell a plaintext handshake from all else, and nothing is answered', () => {
  const side = new Side(responder({ allow: [] }))
  side.bytes(Uint8Array.of(19, 66, 105, 116))
  expect(side.events).toStrictEqual([])
  side.bytes(Uint8Array.of(117))
  expect(side.failed).toMatchObject({ failure: 'encrypted', step: 'public-key', bytesReceived: 5 })
  expect(side.failed?.error).toMatchObject({ code: 'E_ENCRYPTION_FAILED', phase: 'encryption', offset: 0 })
  expect(side.sent).toStrictEqual([])
  const plain = new Side(responder({ allow: [] }))
  plain.bytes(Uint8Array.of(19, 66, 105, 116, 84))
  expect(plain.events.map(({ type }) => type)).toStrictEqual(['plaintext'])
})

test('the trace of both sides names each step with its sizes', () => {
  const { a, b } = converse(initiator({ initialPayload: HELLO }, [3, 5]), responder({}, [7, 11]))
  expect(a.events).toMatchObject([
    { type: 'public-key-sent', padLength: 3 },
    { type: 'public-key-received' },
    { type: 'provide-sent', methods: ['plaintext', 'rc4'], padLength: 5, initialPayloadLength: 68 },
    { type: 'synchronised', offset: 103, padLength: 7 },
    { type: 'select-received', method: 'rc4', padLength: 11 },
    { type: 'established', encryption: 'rc4', bytes: new Uint8Array() },
  ])
  expect(b.events).toMatchObject([
    { type: 'public-key-received' },
    { type: 'public-key-sent', padLength: 7 },
    { type: 'synchronised', offset: 99, padLength: 3 },
    { type: 'torrent-found', infoHash: INFO_HASH },
    { type: 'provide-received', bits: 3, methods: ['plaintext', 'rc4'], padLength: 5 },
    { type: 'initial-payload-received', length: 68 },
    { type: 'select-sent', method: 'rc4', padLength: 11 },
    { type: 'established', encryption: 'rc4', bytes: HELLO },
  ])
  expect([a.wakeAt, b.wakeAt]).toStrictEqual([undefined, undefined])
})

describe('several torrents', () => {
  const others = [1, 2, 3].map((fill) => new Uint8Array(20).fill(fill))

  test.each([INFO_HASH, ...others])('the one that is asked for is found: %s', (infoHash) => {
    const { a, b } = converse(
      initiator({ infoHash }),
      responder({ findTorrent: indexTorrents([...others, INFO_HASH]) }),
    )
    expect(b.established?.infoHash).toStrictEqual(infoHash)
    expect(a.established).toBeDefined()
  })

  test('a torrent that was removed before the request comes is unknown', () => {
    const known = [INFO_HASH]
    const machine = responder({ findTorrent: (hash) => indexTorrents(known)(hash) })
    const [a, b] = [new Side(initiator()), new Side(machine)]
    const [answer] = b.bytes(a.step({ type: 'connected', at: 0 })[0] ?? INFO_HASH)
    known.pop()
    b.bytes(a.bytes(answer ?? INFO_HASH)[0] ?? INFO_HASH)
    expect(b.failed).toMatchObject({ failure: 'unknown-torrent', step: 'torrent', error: { offset: 116 } })
  })
})

describe('plaintext', () => {
  const prefix = fromHex(
    String(mseVector('20 bytes that are a plaintext handshake, not Ya').input.first_20_bytes),
  )

  test('is handed back whole, whatever the chunks', () => {
    const side = new Side(responder())
    side.bytes(HELLO.subarray(0, 3))
    expect(side.events).toStrictEqual([])
    side.bytes(HELLO.subarray(3, 30), 5)
    expect(side.events).toStrictEqual([{ type: 'plaintext', at: 5, bytes: HELLO.subarray(0, 30) }])
    expect(side.bytes(HELLO.subarray(30), 6)).toStrictEqual([])
    expect(side.events).toHaveLength(1)
  })

  test('is refused when encryption is required', () => {
    const side = new Side(responder({ plaintext: 'refuse' }))
    side.bytes(prefix)
    expect(side.failed).toMatchObject({ failure: 'plaintext', step: 'public-key', error: { offset: 0 } })
    expect(side.sent).toStrictEqual([])
  })

  test('is no answer to a public key', () => {
    const side = new Side(initiator())
    side.step({ type: 'connected', at: 0 })
    side.bytes(prefix)
    expect(side.failed).toMatchObject({ failure: 'plaintext', step: 'public-key' })
  })
})

describe('options out of bounds are refused', () => {
  const randomness = {
    privateKey: new Uint8Array(20).fill(1),
    publicKeyPad: new Uint8Array(),
    encryptedPad: new Uint8Array(),
  }
  test.each<[string, () => unknown]>([
    [
      'private key of 15 bytes',
      () => responder({ randomness: { ...randomness, privateKey: new Uint8Array(15).fill(1) } }),
    ],
    [
      'private key of zeros',
      () => initiator({ randomness: { ...randomness, privateKey: new Uint8Array(20) } }),
    ],
    ['PadA of 513', () => initiator({}, [513, 0])],
    ['PadD of 513', () => responder({}, [0, 513])],
    ['initial payload of 69', () => initiator({ initialPayload: new Uint8Array(69) })],
    ['no method to provide', () => initiator({ provide: [] })],
    ['no method allowed', () => responder({ allow: [], plaintext: 'refuse' })],
    ['info hash of 19', () => initiator({ infoHash: new Uint8Array(19) })],
  ])('%s', (_, make) => {
    expect(make).toThrow(RangeError)
  })
})

test('keys are exchanged by what is given for it', () => {
  const asked: string[] = []
  const diffieHellman: typeof bigintDiffieHellman = {
    publicKey: (x) => {
      asked.push('public')
      return bigintDiffieHellman.publicKey(x)
    },
    sharedSecret: (x, y) => {
      asked.push('secret')
      return bigintDiffieHellman.sharedSecret(x, y)
    },
  }
  const { a } = converse(initiator({ diffieHellman }), responder())
  expect(a.established).toBeDefined()
  expect(asked).toStrictEqual(['public', 'secret'])
})
