import { MSE_PRIME, PUBLIC_KEY_LENGTH, encodeCryptoMethods } from '../../wire/mse/keys.ts'
import { fromHex } from '../../base/bytes.ts'
import { MAX_ENCRYPTION_PAD_LENGTH } from '../../base/limits.ts'
import { type EncryptionFault, withFlippedBit } from './fault.ts'

const PAD = {
  unit: 'bytes',
  default: MAX_ENCRYPTION_PAD_LENGTH + 1,
  min: MAX_ENCRYPTION_PAD_LENGTH + 1,
  max: 0xffff,
} as const

/** Bits of crypto_select to choose from when selecting a method that the peer did not offer: RC4, plaintext, an unassigned one. */
const METHOD_BITS = [encodeCryptoMethods(['rc4']), encodeCryptoMethods(['plaintext']), 4] as const

export const ENCRYPTION_FAULTS: readonly EncryptionFault[] = [
  {
    name: 'mse-close-after-key',
    phase: 'encryption',
    description: 'close the connection after the public key',
    start: () => ({ stop: 'close' }),
  },
  {
    name: 'mse-stall-after-key',
    phase: 'encryption',
    description: 'send the public key and nothing more, and keep the connection open',
    start: () => ({ stop: 'stall' }),
  },
  {
    name: 'mse-weak-key',
    phase: 'encryption',
    description: 'send 0, 1 or P-1 (N is 2) as the public key, which reveals the shared secret',
    argument: { unit: 'value', default: 0, min: 0, max: 2 },
    start: (value) => ({ key: (answer) => ({ ...answer, publicKey: weakKey(value) }) }),
  },
  {
    name: 'mse-other-key',
    phase: 'encryption',
    description: 'send a public key that does not match our private key, so that the shared secrets differ',
    start: () => ({
      key: (answer) => ({ ...answer, publicKey: withFlippedBit(answer.publicKey, PUBLIC_KEY_LENGTH - 1) }),
    }),
  },
  {
    name: 'mse-long-pad',
    phase: 'encryption',
    description: 'send a PadB of N bytes after the public key (the maximum is 512)',
    argument: PAD,
    start: (length) => ({ key: (answer) => ({ ...answer, pad: new Uint8Array(length) }) }),
  },
  {
    name: 'mse-wrong-vc',
    phase: 'encryption',
    description: 'encrypt a VC that is not zero, so that the peer never synchronises',
    start: () => ({
      select: (answer) => ({ ...answer, verificationConstant: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1) }),
    }),
  },
  {
    name: 'mse-select',
    phase: 'encryption',
    description: 'set crypto_select to N: no method (0), both (3), or an unassigned one (4)',
    argument: { unit: 'bits', default: 0, min: 0, max: 0xffff_ffff },
    start: (select) => ({ select: (answer) => ({ ...answer, select }) }),
  },
  {
    name: 'mse-select-unoffered',
    phase: 'encryption',
    description: 'select a method that the peer did not offer',
    start: () => ({
      select: (answer, offered) => ({
        ...answer,
        select: METHOD_BITS.find((bit) => (offered & bit) === 0) ?? 8,
      }),
    }),
  },
  {
    name: 'mse-long-pad-d',
    phase: 'encryption',
    description: 'send a PadD of N bytes (the maximum is 512)',
    argument: PAD,
    start: (length) => ({
      select: (answer) => ({ ...answer, padLength: length, pad: new Uint8Array(length) }),
    }),
  },
  {
    name: 'mse-pad-d-length',
    phase: 'encryption',
    description: 'announce one byte of PadD more than is sent, so that the peer loses a byte of the stream',
    start: () => ({ select: (answer) => ({ ...answer, padLength: 1, pad: new Uint8Array() }) }),
  },
  {
    name: 'mse-bit-flip',
    phase: 'encryption',
    description: 'flip one bit of byte N of the encrypted stream',
    argument: { unit: 'byte', default: 0, min: 0, max: 1_000_000_000 },
    start: (at) => {
      let before = 0
      return {
        stream: (bytes) => {
          const place = at - before
          before += bytes.length
          return place >= 0 ? withFlippedBit(bytes, place) : bytes
        },
      }
    },
  },
]

/** 0, 1 or P-1: with these public keys anyone can compute the shared secret. */
function weakKey(value: number): Uint8Array {
  if (value === 2) return withFlippedBit(fromHex(MSE_PRIME), PUBLIC_KEY_LENGTH - 1)
  const key = new Uint8Array(PUBLIC_KEY_LENGTH)
  key[PUBLIC_KEY_LENGTH - 1] = value
  return key
}
