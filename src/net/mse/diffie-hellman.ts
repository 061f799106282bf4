import { createDiffieHellman, type DiffieHellman as Group } from 'node:crypto'
import { type DiffieHellman, MSE_GENERATOR, MSE_PRIME, padPublicKey } from '../../wire/mse/keys.ts'

/**
 * The key exchange of OpenSSL, five times as fast as plain arithmetic. The first key creates the group, which takes 25 ms
 * because the prime is checked. The group is kept, so this pays off for programs that accept many connections.
 */
export const nativeDiffieHellman: DiffieHellman = shareGroup()

function shareGroup(): DiffieHellman {
  let group: Group | undefined
  const withKey = (privateKey: Uint8Array): Group => {
    group ??= createDiffieHellman(MSE_PRIME, 'hex', MSE_GENERATOR)
    group.setPrivateKey(privateKey)
    return group
  }
  return {
    publicKey: (privateKey) => padPublicKey(withKey(privateKey).generateKeys()),
    sharedSecret: (privateKey, publicKey) => padPublicKey(withKey(privateKey).computeSecret(publicKey)),
  }
}
