/** Comments on the first packet after an encryption handshake, by how the rest was sent. */
export const ENCRYPTED_REMARKS: Readonly<Record<'rc4' | 'mse-plaintext', string>> = {
  rc4: 'what follows was encrypted with RC4 on the wire; the encryption handshake (MSE) before it is left out',
  'mse-plaintext':
    'what follows was in plaintext on the wire; the encryption handshake (MSE) before it is left out',
}
