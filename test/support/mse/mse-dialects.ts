import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { MseEvent, MseHandshake } from '../../../src/session/mse/machine.ts'
import { MseResponder } from '../../../src/session/mse/responder.ts'
import { beginsHandshake, encodeHandshake, HANDSHAKE_LENGTH } from '../../../src/wire/handshake/handshake.ts'
import {
  bigintDiffieHellman,
  type CryptoMethod,
  type DiffieHellman,
  indexTorrents,
  isAcceptablePublicKey,
  MSE_PRIME,
} from '../../../src/wire/mse/keys.ts'

/** How clients handle an encryption handshake, as observed on the real ones. */
export interface MseDialect {
  /** The methods that it accepts, preferred first. */
  readonly allow: readonly CryptoMethod[]
  readonly takesPlaintext: boolean
  /** Whether it closes after its public key, depending on what it was offered. */
  readonly closesAfterKey?: (provide: readonly CryptoMethod[], initialPayloadLength: number) => boolean
  /** Whether it closes after its crypto_select. */
  readonly closesAfterSelect?: (initialPayloadLength: number) => boolean
  /** On which connections the shared secret starts with a zero byte, which the client mishandles. */
  readonly dropsZeroIn?: (connection: number) => boolean
}

/** KTorrent 22.12: requires our handshake inside the initial payload. */
export const KTORRENT: MseDialect = {
  allow: ['rc4', 'plaintext'],
  takesPlaintext: false,
  closesAfterSelect: (initialPayloadLength) => initialPayloadLength === 0,
}

/** Transmission 3.00 that tolerates encryption: selects plaintext and then reads the encrypted payload as plain. */
export const TRANSMISSION: MseDialect = {
  allow: ['plaintext', 'rc4'],
  takesPlaintext: false,
  closesAfterKey: (provide, initialPayloadLength) => provide.length === 2 && initialPayloadLength > 0,
}

/** libtorrent 2.0.8 that requires encryption; `dropsZeroIn` selects connections whose secret starts with a zero byte. */
export const LIBTORRENT: MseDialect = { allow: ['plaintext', 'rc4'], takesPlaintext: false }

/**
 * Behaves like such a client on each connection: completes the encryption handshake, answers our handshake, and stays open.
 * @returns the callback for `startPeer`
 */
export function speaking(dialect: MseDialect, infoHash: Uint8Array): (socket: Socket) => void {
  let connections = 0
  return (socket) => {
    const conversation = new Conversation(socket, dialect, infoHash, connections++)
    socket.on('data', (bytes: Buffer) => conversation.take(new Uint8Array(bytes)))
  }
}

class Conversation {
  readonly #socket: Socket
  readonly #dialect: MseDialect
  readonly #infoHash: Uint8Array
  readonly #machine: MseHandshake
  #stage: 'new' | 'encryption' | 'open' = 'new'
  #encrypt = (bytes: Uint8Array): Uint8Array => bytes
  #received = 0

  constructor(socket: Socket, dialect: MseDialect, infoHash: Uint8Array, number: number) {
    this.#socket = socket
    this.#dialect = dialect
    this.#infoHash = infoHash
    this.#machine = responder(dialect, infoHash, dialect.dropsZeroIn?.(number) ?? false)
    this.#machine.step({ type: 'connected', at: 0 })
  }

  take(bytes: Uint8Array): void {
    if (this.#stage === 'open') this.#payload(bytes.length)
    else if (this.#stage === 'encryption') this.#encryption(bytes)
    else if (!beginsHandshake(bytes)) {
      this.#stage = 'encryption'
      this.#encryption(bytes)
    } else if (this.#dialect.takesPlaintext) {
      this.#stage = 'open'
      this.#payload(bytes.length)
    } else this.#socket.end()
  }

  #encryption(bytes: Uint8Array): void {
    const { send, events } = this.#machine.step({ type: 'bytes', bytes, at: 0 })
    if (refuses(this.#dialect, events)) {
      this.#socket.end()
      return
    }
    for (const part of send) this.#socket.write(part)
    for (const event of events) {
      const length = event.type === 'initial-payload-received' ? event.length : undefined
      const isUnwanted = length !== undefined && this.#dialect.closesAfterSelect?.(length) === true
      if (event.type === 'failed' || isUnwanted) this.#socket.end()
      if (event.type !== 'established') continue
      this.#stage = 'open'
      this.#encrypt = (clear) => event.stream.encrypt(clear)
      this.#payload(event.bytes.length)
    }
  }

  /** Answers when our handshake has arrived. */
  #payload(length: number): void {
    const before = this.#received
    this.#received += length
    if (before >= HANDSHAKE_LENGTH || this.#received < HANDSHAKE_LENGTH || !this.#socket.writable) return
    const peerId = randomBytes(20)
    const answer = encodeHandshake({ reserved: new Uint8Array(8), infoHash: this.#infoHash, peerId })
    this.#socket.write(this.#encrypt(answer))
  }
}

function refuses({ closesAfterKey }: MseDialect, events: readonly MseEvent[]): boolean {
  const provide = events.find((event) => event.type === 'provide-received')
  const initial = events.find((event) => event.type === 'initial-payload-received')
  return provide !== undefined && initial !== undefined
    ? (closesAfterKey?.(provide.methods, initial.length) ?? false)
    : false
}

function responder({ allow }: MseDialect, infoHash: Uint8Array, drops: boolean): MseHandshake {
  return new MseResponder({
    randomness: {
      privateKey: randomBytes(20),
      publicKeyPad: randomBytes(20),
      encryptedPad: new Uint8Array(),
    },
    diffieHellman: drops ? droppingZeros() : bigintDiffieHellman,
    stepTimeoutMs: 60_000,
    findTorrent: indexTorrents([infoHash]),
    allow,
    plaintext: 'refuse',
  })
}

/** Always arrives at a secret that starts with a zero byte, for any key of the other side, and drops that byte. */
function droppingZeros(): DiffieHellman {
  const prime = BigInt(`0x${MSE_PRIME}`)
  const toBytes = (value: bigint) => new Uint8Array(Buffer.from(value.toString(16).padStart(192, '0'), 'hex'))
  let chosen = new Uint8Array(96)
  return {
    // read after the secret was computed
    publicKey: () => chosen,
    sharedSecret: (_privateKey, theirs) => {
      const base = BigInt(`0x${Buffer.from(theirs).toString('hex')}`)
      let secret = 1n
      let ours = 1n
      for (;;) {
        secret = (secret * base) % prime
        ours = (ours * 2n) % prime
        const bytes = toBytes(secret)
        chosen = toBytes(ours)
        if (bytes[0] === 0 && isAcceptablePublicKey(chosen)) return new Uint8Array([...bytes.subarray(1), 0])
      }
    },
  }
}
