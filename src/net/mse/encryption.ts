import type { MseOptions } from '../../session/mse/machine.ts'
import { MseInitiator } from '../../session/mse/initiator.ts'
import type { MseMisbehaviour } from '../../session/mse/misbehaviour.ts'
import { MseResponder } from '../../session/mse/responder.ts'
import {
  bigintDiffieHellman,
  type CryptoMethod,
  type DiffieHellman,
  type FindTorrent,
  PRIVATE_KEY_LENGTH,
} from '../../wire/mse/keys.ts'
import { MAX_ENCRYPTION_PAD_LENGTH } from '../../base/limits.ts'
import { nativeDiffieHellman } from './diffie-hellman.ts'
import { MseTransport, type MseTransportOptions } from './transport.ts'
import type { Transport } from '../transport.ts'

/** What either side of an encrypted transport needs. */
export interface EncryptionOptions extends MseTransportOptions {
  readonly random: (length: number) => Uint8Array
  /** How long the peer may take for each step, in milliseconds. */
  readonly stepTimeoutMs: number
}

/** Options of the side that dialled. */
export interface EncryptOptions extends EncryptionOptions {
  /** 20 bytes, or the 32 of a v2 torrent. */
  readonly infoHash: Uint8Array
  /** The methods to offer for the payload. Default both: qBittorrent accepts only RC4, libtorrent and aria2 choose plaintext. */
  readonly provide?: readonly CryptoMethod[]
  /**
   * Up to 68 bytes of payload to send inside the handshake. Default none, which every client except KTorrent accepts with any
   * methods. KTorrent closes after its crypto_select unless our handshake is here; with a payload, only RC4 is accepted by
   * all clients.
   */
  readonly initialPayload?: Uint8Array
}

/** Options of the side that was dialled. */
export interface AcceptEncryptionOptions extends EncryptionOptions {
  /** Finds the torrent that a peer requests; its info hash is the key. */
  readonly findTorrent: FindTorrent
  /** The accepted methods for the payload, preferred first; empty to accept only plaintext handshakes. Default RC4, then plaintext. */
  readonly allow?: readonly CryptoMethod[]
  /** What to do with a peer that starts without encryption. */
  readonly plaintext: 'accept' | 'refuse'
  /** Faults to inject into each connection. */
  readonly misbehave?: (() => MseMisbehaviour) | undefined
}

/**
 * Encrypts a transport that we dialled.
 *
 * @param transport must not be started
 * @throws PeerError E_ENCRYPTION_FAILED, E_HANDSHAKE_LOST, E_HANDSHAKE_TIMEOUT, with the transport closed; or the signal's reason
 */
export async function encryptTransport(transport: Transport, options: EncryptOptions): Promise<Transport> {
  const { infoHash, provide = ['plaintext', 'rc4'], initialPayload = new Uint8Array() } = options
  // for two operations this is faster than creating the native group
  const shared = mseOptions(options, bigintDiffieHellman)
  const machine = new MseInitiator({ ...shared, infoHash, provide, initialPayload })
  return handshaken(new MseTransport(transport, machine, options))
}

/**
 * Prepares an accepted transport, whether the peer starts with a plaintext handshake or with MSE; `encryption` of the
 * result says which it was.
 *
 * @param transport must not be started
 * @throws PeerError E_ENCRYPTION_FAILED, E_HANDSHAKE_LOST, E_HANDSHAKE_TIMEOUT, with the transport closed; or the signal's reason
 */
export async function acceptEncryption(
  transport: Transport,
  options: AcceptEncryptionOptions,
): Promise<Transport> {
  const { findTorrent, allow = ['rc4', 'plaintext'], plaintext, misbehave } = options
  const shared = mseOptions(options, nativeDiffieHellman)
  const machine = new MseResponder({
    ...shared,
    findTorrent,
    allow,
    plaintext,
    misbehaviour: misbehave?.(),
  })
  return handshaken(new MseTransport(transport, machine, options))
}

async function handshaken(transport: MseTransport): Promise<Transport> {
  await transport.handshake()
  return transport
}

function mseOptions({ random, stepTimeoutMs }: EncryptionOptions, diffieHellman: DiffieHellman): MseOptions {
  const randomness = {
    privateKey: random(PRIVATE_KEY_LENGTH),
    publicKeyPad: randomPad(random),
    encryptedPad: randomPad(random),
  }
  return { randomness, diffieHellman, stepTimeoutMs }
}

/** 0 to 512 random bytes: the length is random too, so that the handshake has no recognizable pattern. */
function randomPad(random: (length: number) => Uint8Array): Uint8Array {
  const [high = 0, low = 0] = random(2)
  return random((high * 256 + low) % (MAX_ENCRYPTION_PAD_LENGTH + 1))
}
