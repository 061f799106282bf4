import type { PeerError } from '../../base/errors.ts'
import type { CryptoMethod, DiffieHellman } from '../../wire/mse/keys.ts'

/** What both sides of the encryption handshake (MSE) share: what goes in, what comes out, what has to be given. */
export interface MseHandshake {
  /** Takes what happened and returns everything that is to be done about it. Never throws on input of the peer. */
  step(input: MseInput): MseOutput
}

/** What the outside world tells a handshake. `at` is milliseconds on the caller's clock and never goes back. */
export type MseInput = { readonly at: number } &
  /** Comes first and once, on both sides: the deadline of the first step counts from here. */
  (
    | { readonly type: 'connected' }
    /** The bytes are copied, so the caller may reuse its buffer. */
    | { readonly type: 'bytes'; readonly bytes: Uint8Array }
    /** `lost`: neither side closed as far as is known. */
    | { readonly type: 'end'; readonly how: 'fin' | 'rst' | 'lost' }
    | { readonly type: 'tick' }
  )

/** What a handshake wants done, all of it, in order. */
export interface MseOutput {
  readonly send: readonly Uint8Array[]
  /** In order. `established`, `plaintext` and `failed` are final: after one of them nothing more comes out. */
  readonly events: readonly MseEvent[]
  /** When to call again with a tick if nothing else happens first; undefined once it is over. */
  readonly wakeAt: number | undefined
}

/** The steps of a handshake, of both sides; what we wait for. */
export type MseStep =
  'public-key' | 'synchronisation' | 'torrent' | 'provide' | 'select' | 'padding' | 'initial-payload'

/** Why a handshake failed, in one word for a program; the error's message says it for people, with the numbers. */
export type MseFailure =
  | 'closed'
  | 'reset'
  | 'lost'
  | 'timeout'
  /** The first 20 bytes are a plaintext handshake, where we need or have begun encryption. */
  | 'plaintext'
  /** The first bytes are no plaintext handshake, and nothing else is taken. */
  | 'encrypted'
  /** Text, or our own key back, where the public key belongs. */
  | 'not-a-public-key'
  | 'degenerate-public-key'
  | 'not-synchronised'
  | 'unknown-torrent'
  | 'bad-verification-constant'
  | 'no-common-method'
  | 'method-not-offered'
  | 'pad-too-long'
  | 'initial-payload-too-long'
  /** We ended it ourselves, to test the other side. */
  | 'on-purpose'

/** Lengths are in bytes, an `offset` counts from the first byte that the peer sent. */
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
      /** One in 256 does: some clients drop the zeros at its beginning, and fail then for no fault of the torrent. */
      readonly secretBeginsWithZero: boolean
    }
  /** `bits` is crypto_provide as it came, with bits that nobody uses. */
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
  /** The peer speaks without encryption, and that is allowed: all its bytes so far. */
  | { readonly type: 'plaintext'; readonly bytes: Uint8Array }
  | {
      readonly type: 'failed'
      /** The step that was not completed. */
      readonly step: MseStep
      readonly failure: MseFailure
      /** Bytes of the peer in all, when it failed. */
      readonly bytesReceived: number
      /** Always E_ENCRYPTION_FAILED. */
      readonly error: PeerError
    }
)

/** The end of a handshake that went well. */
export interface MseEstablished {
  readonly type: 'established'
  readonly encryption: 'rc4' | 'mse-plaintext'
  /** The torrent whose info hash both sides know. */
  readonly infoHash: Uint8Array
  /** For everything that follows, in both directions. */
  readonly stream: MseStream
  /** Payload of the peer that has come already, decrypted; a responder's begins with the initial payload. */
  readonly bytes: Uint8Array
}

/** The ciphers of an established connection. Each byte goes through once, in the order of the connection. */
export interface MseStream {
  /** Bytes to send for `bytes`, which stay as they are. May return `bytes` itself. */
  readonly encrypt: (bytes: Uint8Array) => Uint8Array
  /** The payload of bytes that came. Overwrites `bytes`, to spare a copy, and returns them. */
  readonly decrypt: (bytes: Uint8Array) => Uint8Array
}

/** The randomness of one handshake; never to be used for two. */
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
