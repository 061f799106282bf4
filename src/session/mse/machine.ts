import type { PeerError } from '../../base/errors.ts'
import type { CryptoMethod, DiffieHellman } from '../../wire/mse/keys.ts'

/** One side of the encryption handshake (MSE), as a pure state machine. */
export interface MseHandshake {
  /** Handles an input and returns everything to do in response. Never throws on input from the peer. */
  step(input: MseInput): MseOutput
}

/** An input of a handshake. `at` is the time in milliseconds on the caller's clock and never decreases. */
export type MseInput = { readonly at: number } &
  /** Sent first and once, on both sides: the deadline of the first step counts from here. */
  (
    | { readonly type: 'connected' }
    /** The bytes are copied, so the caller may reuse its buffer. */
    | { readonly type: 'bytes'; readonly bytes: Uint8Array }
    /** `lost`: as far as we know, neither side closed. */
    | { readonly type: 'end'; readonly how: 'fin' | 'rst' | 'lost' }
    | { readonly type: 'tick' }
  )

/** Everything that a handshake wants done, in order. */
export interface MseOutput {
  readonly send: readonly Uint8Array[]
  /** In order. `established`, `plaintext` and `failed` are final: no event follows them. */
  readonly events: readonly MseEvent[]
  /** When to send a `tick` if no other input comes first; undefined once the handshake is over. */
  readonly wakeAt: number | undefined
}

/** The steps of a handshake, for both sides, named after what we wait for. */
export type MseStep =
  'public-key' | 'synchronisation' | 'torrent' | 'provide' | 'select' | 'padding' | 'initial-payload'

/** Why a handshake failed, for programs. The error's message explains it for people. */
export type MseFailure =
  | 'closed'
  | 'reset'
  | 'lost'
  | 'timeout'
  /** The first 20 bytes are a plaintext handshake, but we require or have begun encryption. */
  | 'plaintext'
  /** The first bytes are not a plaintext handshake, and we accept nothing else. */
  | 'encrypted'
  /** Text, or our own key echoed, instead of a public key. */
  | 'not-a-public-key'
  | 'degenerate-public-key'
  | 'not-synchronised'
  | 'unknown-torrent'
  | 'bad-verification-constant'
  | 'no-common-method'
  | 'method-not-offered'
  | 'pad-too-long'
  | 'initial-payload-too-long'
  /** We ended it on purpose, to test the other side. */
  | 'on-purpose'

/** An event of a handshake. Lengths are in bytes; an `offset` counts from the first byte from the peer. */
export type MseEvent = { readonly at: number } & (
  | { readonly type: 'public-key-sent'; readonly padLength: number }
  | { readonly type: 'public-key-received' }
  /** The end of the peer's first pad was found: `offset` is the byte after it. */
  | { readonly type: 'synchronised'; readonly offset: number; readonly padLength: number }
  | { readonly type: 'torrent-found'; readonly infoHash: Uint8Array }
  | {
      readonly type: 'provide-sent'
      readonly methods: readonly CryptoMethod[]
      readonly padLength: number
      readonly initialPayloadLength: number
      /** One in 256 does. Some clients drop leading zeros and then fail, whatever the torrent. */
      readonly secretBeginsWithZero: boolean
    }
  /** `bits` is crypto_provide as received, including unassigned bits. */
  | {
      readonly type: 'provide-received'
      readonly bits: number
      readonly methods: readonly CryptoMethod[]
      readonly padLength: number
    }
  | { readonly type: 'initial-payload-received'; readonly length: number }
  | { readonly type: 'select-sent'; readonly method: CryptoMethod; readonly padLength: number }
  | { readonly type: 'select-received'; readonly method: CryptoMethod; readonly padLength: number }
  | MseEstablished
  /** The peer does not encrypt, which we allow. `bytes` is everything that it has sent so far. */
  | { readonly type: 'plaintext'; readonly bytes: Uint8Array }
  | {
      readonly type: 'failed'
      /** The step that was not completed. */
      readonly step: MseStep
      readonly failure: MseFailure
      /** Total bytes received from the peer. */
      readonly bytesReceived: number
      /** Always E_ENCRYPTION_FAILED. */
      readonly error: PeerError
    }
)

/** The result of a successful handshake. */
export interface MseEstablished {
  readonly type: 'established'
  readonly encryption: 'rc4' | 'mse-plaintext'
  /** The torrent whose info hash both sides know. */
  readonly infoHash: Uint8Array
  /** Ciphers for everything that follows, in both directions. */
  readonly stream: MseStream
  /** Payload that the peer has already sent, decrypted. For a responder it begins with the initial payload. */
  readonly bytes: Uint8Array
}

/** The ciphers of an established connection. Each byte must pass once, in stream order. */
export interface MseStream {
  /** Returns the bytes to send for `bytes`, which are not modified. May return `bytes` itself. */
  readonly encrypt: (bytes: Uint8Array) => Uint8Array
  /** Decrypts received bytes in place, to avoid a copy, and returns them. */
  readonly decrypt: (bytes: Uint8Array) => Uint8Array
}

/** The random values of one handshake. Never use them twice. */
export interface MseRandomness {
  /** `PRIVATE_KEY_LENGTH` random bytes. */
  readonly privateKey: Uint8Array
  /** PadA or PadB, sent after our public key: 0 to 512 random bytes. */
  readonly publicKeyPad: Uint8Array
  /** PadC or PadD, sent encrypted: 0 to 512 bytes, which may be zeros. */
  readonly encryptedPad: Uint8Array
}

/** What both sides of a handshake need. */
export interface MseOptions {
  readonly randomness: MseRandomness
  readonly diffieHellman: DiffieHellman
  /** How long the peer may take for each step, in milliseconds. */
  readonly stepTimeoutMs: number
}
