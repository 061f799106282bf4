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

/** Of the side that dialled. */
export interface EncryptOptions extends EncryptionOptions {
  /** 20 bytes, or the 32 of a v2 torrent. */
  readonly infoHash: Uint8Array
  /** What the payload may be. Default both: qBittorrent takes RC4 only, libtorrent and aria2 choose plaintext. */
  readonly provide?: readonly CryptoMethod[]
  /**
   * Up to 68 bytes of payload to send inside the handshake. Default none, which every client takes but KTorrent, whatever
   * is provided; KTorrent closes after its crypto_select unless our handshake is here, and then RC4 alone is what all
   * clients take.
   */
  readonly initialPayload?: Uint8Array
}

/** Of the side that was dialled. */
export interface AcceptEncryptionOptions extends EncryptionOptions {
  /** Finds the torrent that a peer asks for, whose info hash is the key. */
  readonly findTorrent: FindTorrent
  /** What the payload may be, the preferred method first; empty to take plaintext handshakes only. Default RC4, then plaintext. */
  readonly allow?: readonly CryptoMethod[]
  /** What to do with a peer that begins without encryption. */
  readonly plaintext: 'accept' | 'refuse'
  /** What each connection is to do wrong on purpose. */
  readonly misbehave?: (() => MseMisbehaviour) | undefined
}

/**
 * Encrypts a transport that we dialled.
 *
 * @param transport not started yet
 * @throws PeerError E_ENCRYPTION_FAILED, E_HANDSHAKE_LOST, E_HANDSHAKE_TIMEOUT, with the transport closed; or the signal's reason
 */
export async function encryptTransport(transport: Transport, options: EncryptOptions): Promise<Transport> {
  const { infoHash, provide = ['plaintext', 'rc4'], initialPayload = new Uint8Array() } = options
  // two operations: less time than the native group takes to be made
  const shared = mseOptions(options, bigintDiffieHellman)
  const machine = new MseInitiator({ ...shared, infoHash, provide, initialPayload })
  return handshaken(new MseTransport(transport, machine, options))
}

/**
 * Takes in an accepted transport, whether the peer begins with a plaintext handshake or with MSE; `encryption` of the
 * result says which.
 *
 * @param transport not started yet
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

/** 0 to 512 random bytes: the length too is there to be unlike anything. */
function randomPad(random: (length: number) => Uint8Array): Uint8Array {
  const [high = 0, low = 0] = random(2)
  return random((high * 256 + low) % (MAX_ENCRYPTION_PAD_LENGTH + 1))
}
