import { fromHex, toHex } from '../../../src/base/bytes.ts'
import type {
  MseEstablished,
  MseEvent,
  MseHandshake,
  MseInput,
  MseOptions,
} from '../../../src/session/mse/machine.ts'
import { MseInitiator, type MseInitiatorOptions } from '../../../src/session/mse/initiator.ts'
import { MseResponder, type MseResponderOptions } from '../../../src/session/mse/responder.ts'
import { bigintDiffieHellman, type DiffieHellman, indexTorrents } from '../../../src/wire/mse/keys.ts'

export const INFO_HASH = fromHex('0123456789abcdef0123456789abcdef01234567')
export const INITIATOR_KEY = fromHex('0102030405060708090a0b0c0d0e0f1011121314')
export const RESPONDER_KEY = fromHex('a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4')
export const STEP_TIMEOUT_MS = 5000

/** A key exchange that caches its results, so that tests of a thousand handshakes are fast. */
export function rememberingDiffieHellman(): DiffieHellman {
  const known = new Map<string, Uint8Array>()
  const remember = (key: string, make: () => Uint8Array): Uint8Array => {
    const value = known.get(key) ?? make()
    known.set(key, value)
    return value
  }
  return {
    publicKey: (x) => remember(toHex(x), () => bigintDiffieHellman.publicKey(x)),
    sharedSecret: (x, y) => remember(`${toHex(x)} ${toHex(y)}`, () => bigintDiffieHellman.sharedSecret(x, y)),
  }
}

const diffieHellman = rememberingDiffieHellman()

function options(privateKey: Uint8Array, pads: readonly [number, number]): MseOptions {
  const [publicKeyPad, encryptedPad] = pads.map((length) => new Uint8Array(length).fill(0x5a))
  return {
    randomness: {
      privateKey,
      publicKeyPad: publicKeyPad ?? new Uint8Array(),
      encryptedPad: encryptedPad ?? new Uint8Array(),
    },
    diffieHellman,
    stepTimeoutMs: STEP_TIMEOUT_MS,
  }
}

/** @param pads lengths of PadA and PadC */
export function initiator(
  changes: Partial<MseInitiatorOptions> = {},
  pads: readonly [number, number] = [0, 0],
): MseInitiator {
  return new MseInitiator({
    ...options(INITIATOR_KEY, pads),
    infoHash: INFO_HASH,
    provide: ['plaintext', 'rc4'],
    initialPayload: new Uint8Array(),
    ...changes,
  })
}

/** @param pads lengths of PadB and PadD */
export function responder(
  changes: Partial<MseResponderOptions> = {},
  pads: readonly [number, number] = [0, 0],
): MseResponder {
  return new MseResponder({
    ...options(RESPONDER_KEY, pads),
    findTorrent: indexTorrents([INFO_HASH]),
    allow: ['rc4', 'plaintext'],
    plaintext: 'accept',
    ...changes,
  })
}

/** One side and all of its output. */
export class Side {
  readonly machine: MseHandshake
  readonly sent: Uint8Array[] = []
  readonly events: MseEvent[] = []
  wakeAt: number | undefined

  constructor(machine: MseHandshake) {
    this.machine = machine
  }

  step(input: MseInput): readonly Uint8Array[] {
    const { send, events, wakeAt } = this.machine.step(input)
    this.sent.push(...send)
    this.events.push(...events)
    this.wakeAt = wakeAt
    return send
  }

  bytes(bytes: Uint8Array, at = 0): readonly Uint8Array[] {
    return this.step({ type: 'bytes', bytes, at })
  }

  get established(): (MseEvent & MseEstablished) | undefined {
    return this.events.find((event) => event.type === 'established')
  }

  get failed(): Extract<MseEvent, { type: 'failed' }> | undefined {
    return this.events.find((event) => event.type === 'failed')
  }
}

/** Runs two sides against each other until both are silent; the chunk lengths cycle through `sizes`. */
export function converse(
  a: MseHandshake,
  b: MseHandshake,
  sizes: readonly number[] = [65_536],
): { a: Side; b: Side } {
  const sides = { a: new Side(a), b: new Side(b) }
  let toB = [...sides.a.step({ type: 'connected', at: 0 })]
  let toA = [...sides.b.step({ type: 'connected', at: 0 })]
  let turn = 0
  const cut = (bytes: Uint8Array): Uint8Array[] => {
    const chunks: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += chunks.at(-1)?.length ?? 1)
      chunks.push(bytes.slice(at, at + (sizes[turn++ % sizes.length] ?? 1)))
    return chunks
  }
  while (toB.length + toA.length > 0) {
    const nextToA = toB.flatMap(cut).flatMap((chunk) => sides.b.bytes(chunk))
    const nextToB = toA.flatMap(cut).flatMap((chunk) => sides.a.bytes(chunk))
    toA = nextToA
    toB = nextToB
  }
  return sides
}
