import { describe, expect, test } from 'vitest'
import { concat, fromHex } from '../../../../src/base/bytes.ts'
import {
  bigintDiffieHellman,
  createMseCipher,
  deriveKeys,
  maskTorrentHash,
  secretHash,
  torrentHash,
} from '../../../../src/wire/mse/keys.ts'
import {
  INFO_HASH,
  initiator,
  INITIATOR_KEY,
  responder,
  RESPONDER_KEY,
  Side,
  STEP_TIMEOUT_MS,
} from '../../../support/mse/mse-pair.ts'
import { mseVectors } from '../../../support/mse/mse-vectors.ts'

const OUR_KEY = bigintDiffieHellman.publicKey(INITIATOR_KEY)
const THEIR_KEY = bigintDiffieHellman.publicKey(RESPONDER_KEY)
const SECRET = bigintDiffieHellman.sharedSecret(INITIATOR_KEY, THEIR_KEY)
const KEYS = deriveKeys(SECRET, INFO_HASH)

const connected = (): Side => {
  const side = new Side(initiator({ provide: ['rc4'] }))
  side.step({ type: 'connected', at: 0 })
  return side
}

/** Public key and encrypted answer of a responder, as it likes. */
const answer = (clear: string, padLength = 0): Uint8Array =>
  concat([
    THEIR_KEY,
    new Uint8Array(padLength).fill(1),
    createMseCipher(KEYS.responderToInitiator).apply(fromHex(clear)),
  ])

/** Public key and request of an initiator, as it likes. */
const request = (clear: string, padLength = 0): Uint8Array =>
  concat([
    OUR_KEY,
    new Uint8Array(padLength).fill(1),
    secretHash(SECRET),
    maskTorrentHash(torrentHash(INFO_HASH), SECRET),
    createMseCipher(KEYS.initiatorToResponder).apply(fromHex(clear)),
  ])

const VC = '00'.repeat(8)

describe.each([
  ...mseVectors.filter(({ name }) => name.startsWith('DH public key')).map(({ input }) => String(input.Y)),
  'ff'.repeat(96),
])('the public key %s', (key) => {
  test.each([
    ['an initiator', connected],
    ['a responder', () => new Side(responder())],
  ])('is refused by %s', (_, make) => {
    const side = make()
    const before = side.sent.length
    side.bytes(fromHex(key))
    expect(side.failed).toMatchObject({
      failure: 'degenerate-public-key',
      step: 'public-key',
      error: { offset: 0 },
    })
    expect(side.sent).toHaveLength(before)
  })
})

describe('answers to an initiator that offers RC4', () => {
  test.each([
    { name: 'PadB of 511', bytes: answer(`${VC}000000020000`, 511), failure: undefined },
    { name: 'PadB of 512', bytes: answer(`${VC}000000020000`, 512), failure: undefined },
    {
      name: 'PadB of 513',
      bytes: answer(`${VC}000000020000`, 513),
      failure: 'not-synchronised',
      offset: 616,
    },
    { name: 'PadD of 511', bytes: answer(`${VC}0000000201ff${'00'.repeat(511)}`), failure: undefined },
    { name: 'PadD of 512', bytes: answer(`${VC}000000020200${'00'.repeat(512)}`), failure: undefined },
    {
      name: 'PadD of 513',
      bytes: answer(`${VC}000000020201${'00'.repeat(513)}`),
      failure: 'pad-too-long',
      offset: 108,
    },
    {
      name: 'nothing selected',
      bytes: answer(`${VC}000000000000`),
      failure: 'method-not-offered',
      offset: 104,
    },
    { name: 'both selected', bytes: answer(`${VC}000000030000`), failure: 'method-not-offered', offset: 104 },
    {
      name: 'plaintext, which was not offered',
      bytes: answer(`${VC}000000010000`),
      failure: 'method-not-offered',
      offset: 104,
    },
    {
      name: 'RC4 and an unused bit',
      bytes: answer(`${VC}800000020000`),
      failure: 'method-not-offered',
      offset: 104,
    },
  ])('$name: $failure', ({ bytes, failure, offset }) => {
    const side = connected()
    side.bytes(bytes)
    expect(side.failed?.failure).toBe(failure)
    expect(side.failed?.error.offset).toBe(offset)
    expect(side.established === undefined).toBe(failure !== undefined)
  })
})

describe('requests to a responder', () => {
  const rest = (padC: number, announced: number, ia: number): string =>
    `${VC}00000003${padC.toString(16).padStart(4, '0')}${'00'.repeat(padC)}${announced.toString(16).padStart(4, '0')}${'aa'.repeat(ia)}`

  test.each([
    { name: 'PadA of 511', bytes: request(rest(0, 0, 0), 511), failure: undefined },
    { name: 'PadA of 512', bytes: request(rest(0, 0, 0), 512), failure: undefined },
    { name: 'PadA of 513', bytes: request(rest(0, 0, 0), 513), failure: 'not-synchronised', offset: 628 },
    { name: 'PadC of 511', bytes: request(rest(511, 0, 0)), failure: undefined },
    { name: 'PadC of 512', bytes: request(rest(512, 0, 0)), failure: undefined },
    { name: 'PadC of 513', bytes: request(rest(513, 0, 0)), failure: 'pad-too-long', offset: 148 },
    { name: 'initial payload of 68', bytes: request(rest(0, 68, 68)), failure: undefined },
    {
      name: 'initial payload of 69',
      bytes: request(rest(0, 69, 69)),
      failure: 'initial-payload-too-long',
      offset: 150,
    },
    {
      name: 'initial payload of 65535, 68 sent',
      bytes: request(rest(0, 65_535, 68)),
      failure: 'initial-payload-too-long',
      offset: 150,
    },
    {
      name: 'nothing provided',
      bytes: request(`${VC}000000000000`),
      failure: 'no-common-method',
      offset: 144,
    },
    {
      name: 'only unused methods provided',
      bytes: request(`${VC}fffffffc0000`),
      failure: 'no-common-method',
      offset: 144,
    },
    {
      name: 'a wrong VC',
      bytes: request(`${'00'.repeat(7)}01000000030000`),
      failure: 'bad-verification-constant',
      offset: 136,
    },
    {
      name: 'another torrent',
      bytes: requestFor(new Uint8Array(20)),
      failure: 'unknown-torrent',
      offset: 116,
    },
  ])('$name: $failure', ({ bytes, failure, offset }) => {
    const side = new Side(responder())
    side.bytes(bytes)
    expect(side.failed?.failure).toBe(failure)
    expect(side.failed?.error.offset).toBe(offset)
    expect(side.established === undefined).toBe(failure !== undefined)
  })

  test('an initial payload that is announced and does not come', () => {
    const side = new Side(responder())
    side.bytes(request(rest(0, 68, 67)))
    expect(side.established).toBeUndefined()
    side.step({ type: 'end', how: 'fin', at: 1 })
    expect(side.failed).toMatchObject({ failure: 'closed', step: 'initial-payload', bytesReceived: 219 })
  })

  test('bytes beyond the announced initial payload are payload', () => {
    const side = new Side(responder())
    side.bytes(request(`${rest(0, 2, 2)}bbbb`))
    expect(side.established?.bytes).toStrictEqual(fromHex('aaaabbbb'))
  })

  function requestFor(infoHash: Uint8Array): Uint8Array {
    return concat([OUR_KEY, secretHash(SECRET), maskTorrentHash(torrentHash(infoHash), SECRET)])
  }
})

describe('a stream that never synchronises ends at the limit, not one byte before', () => {
  test.each([
    { name: 'initiator', make: connected, key: THEIR_KEY, limit: 616 },
    { name: 'responder', make: () => new Side(responder()), key: OUR_KEY, limit: 628 },
  ])('$name', ({ make, key, limit }) => {
    const side = make()
    side.bytes(key)
    for (let at = 96; at < limit - 1; at++) side.bytes(Uint8Array.of(at))
    expect(side.failed).toBeUndefined()
    side.bytes(Uint8Array.of(0))
    expect(side.failed).toMatchObject({
      failure: 'not-synchronised',
      step: 'synchronisation',
      bytesReceived: limit,
    })

    const flooded = make()
    flooded.bytes(concat([key, new Uint8Array(1 << 20).fill(9)]))
    expect(flooded.failed?.failure).toBe('not-synchronised')
    expect(flooded.failed?.error.offset).toBe(limit)
  })
})

describe('a peer that closes, by how much came before', () => {
  const whole = answer(`${VC}000000020004`)
  test.each([
    { length: 0, step: 'public-key', text: '0 bytes' },
    { length: 95, step: 'public-key', text: '95 bytes, fewer than the 96 of a public key' },
    { length: 96, step: 'synchronisation', text: '96 bytes that can be a public key, without a proof' },
    { length: 103, step: 'synchronisation', text: '103 bytes that can be a public key, without a proof' },
    { length: 104, step: 'select', text: 'VC, before the end of crypto_select' },
    { length: 110, step: 'padding', text: 'crypto_select, before the end of PadD' },
  ])('$length bytes: $step', ({ length, step, text }) => {
    const side = connected()
    side.bytes(whole.subarray(0, length))
    side.step({ type: 'end', how: 'rst', at: 3 })
    expect(side.failed).toMatchObject({ failure: 'reset', step, bytesReceived: length, at: 3 })
    expect(side.failed?.error.message).toContain(`the connection was reset after ${text}`)
    expect(side.failed?.error.hint === undefined).toBe(length >= 104)
    const events = side.events.length
    side.step({ type: 'end', how: 'fin', at: 4 })
    side.bytes(whole)
    expect(side.events).toHaveLength(events)
  })
})

describe('deadlines', () => {
  test('each step has the whole time, and bytes in between do not prolong it', () => {
    const side = connected()
    expect(side.wakeAt).toBe(STEP_TIMEOUT_MS)
    side.bytes(THEIR_KEY.subarray(0, 50), 4000)
    expect(side.wakeAt).toBe(STEP_TIMEOUT_MS)
    side.bytes(THEIR_KEY.subarray(50), 4900)
    expect(side.wakeAt).toBe(4900 + STEP_TIMEOUT_MS)
    side.step({ type: 'tick', at: 4900 + STEP_TIMEOUT_MS - 1 })
    expect(side.failed).toBeUndefined()
    side.step({ type: 'tick', at: 4900 + STEP_TIMEOUT_MS })
    expect(side.failed).toMatchObject({ failure: 'timeout', step: 'synchronisation' })
    expect(side.failed?.error.message).toBe(
      `we closed after ${STEP_TIMEOUT_MS} ms and 96 bytes that can be a public key, without a proof that it knows the torrent (VC)`,
    )
    expect(side.wakeAt).toBeUndefined()
  })

  test('a byte now and then does not outlive the deadline when no tick comes', () => {
    const side = connected()
    side.bytes(THEIR_KEY.subarray(0, 1), STEP_TIMEOUT_MS)
    expect(side.failed).toMatchObject({ failure: 'timeout', step: 'public-key' })
  })

  test('a responder waits for a silent peer no longer', () => {
    const side = new Side(responder())
    side.step({ type: 'connected', at: 100 })
    expect(side.wakeAt).toBe(100 + STEP_TIMEOUT_MS)
    side.step({ type: 'tick', at: 100 + STEP_TIMEOUT_MS })
    expect(side.failed?.failure).toBe('timeout')
  })
})

test('a caller may reuse its buffer between steps', () => {
  const side = connected()
  const buffer = new Uint8Array(1)
  for (const byte of answer(`${VC}000000020003aabbcc13426974`)) {
    buffer[0] = byte
    side.bytes(buffer)
  }
  expect(side.established).toBeDefined()
})
