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

/** Bits of crypto_select that a peer can be given although it did not offer them: RC4, plaintext, one that nobody uses. */
const METHOD_BITS = [encodeCryptoMethods(['rc4']), encodeCryptoMethods(['plaintext']), 4] as const

export const ENCRYPTION_FAULTS: readonly EncryptionFault[] = [
  {
    name: 'mse-close-after-key',
    phase: 'encryption',
    description: 'close behind the public key',
    start: () => ({ stop: 'close' }),
  },
  {
    name: 'mse-stall-after-key',
    phase: 'encryption',
    description: 'send the public key and nothing more, and keep the connection',
    start: () => ({ stop: 'stall' }),
  },
  {
    name: 'mse-weak-key',
    phase: 'encryption',
    description: 'send 0, 1 or (as 2) P-1 as the public key, which gives the secret away',
    argument: { unit: 'value', default: 0, min: 0, max: 2 },
    start: (value) => ({ key: (answer) => ({ ...answer, publicKey: weakKey(value) }) }),
  },
  {
    name: 'mse-other-key',
    phase: 'encryption',
    description: 'send a public key that is not the one of our secret, so that nothing matches',
    start: () => ({
      key: (answer) => ({ ...answer, publicKey: withFlippedBit(answer.publicKey, PUBLIC_KEY_LENGTH - 1) }),
    }),
  },
  {
    name: 'mse-long-pad',
    phase: 'encryption',
    description: 'send so long a PadB behind the public key, where 512 bytes are the most',
    argument: PAD,
    start: (length) => ({ key: (answer) => ({ ...answer, pad: new Uint8Array(length) }) }),
  },
  {
    name: 'mse-wrong-vc',
    phase: 'encryption',
    description: 'encrypt a VC that is not zero, and never synchronise',
    start: () => ({
      select: (answer) => ({ ...answer, verificationConstant: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 1) }),
    }),
  },
  {
    name: 'mse-select',
    phase: 'encryption',
    description: 'select these methods: none (0), both (3), or one that nobody uses (4)',
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
    description: 'send so long a PadD, where 512 bytes are the most',
    argument: PAD,
    start: (length) => ({
      select: (answer) => ({ ...answer, padLength: length, pad: new Uint8Array(length) }),
    }),
  },
  {
    name: 'mse-pad-d-length',
    phase: 'encryption',
    description: 'announce one byte of PadD more than is sent, so that a byte of the stream is lost',
    start: () => ({ select: (answer) => ({ ...answer, padLength: 1, pad: new Uint8Array() }) }),
  },
  {
    name: 'mse-bit-flip',
    phase: 'encryption',
    description: 'turn over a bit of this byte of the encrypted stream',
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

/** 0, 1 and P-1: the three keys with which anybody knows the secret. */
function weakKey(value: number): Uint8Array {
  if (value === 2) return withFlippedBit(fromHex(MSE_PRIME), PUBLIC_KEY_LENGTH - 1)
  const key = new Uint8Array(PUBLIC_KEY_LENGTH)
  key[PUBLIC_KEY_LENGTH - 1] = value
  return key
}
