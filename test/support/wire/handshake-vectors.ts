import { readVectors, type Vector } from './vectors.ts'

interface HandshakeInput {
  readonly reserved?: string
  readonly info_hash?: string
  readonly info_hash_v2?: string
  readonly peer_id?: string
  readonly bytes?: string
}

interface HandshakeExpected {
  readonly bytes?: string
  readonly flags?: readonly string[]
  readonly error?: string
}

export const handshakeVectors = readVectors('handshake') as readonly Vector<
  HandshakeInput,
  HandshakeExpected
>[]
