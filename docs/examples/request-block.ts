import { PeerConnection } from 'peerwire'

/** Requests the first 16 KiB of a piece: interested, wait for unchoke, request, wait for the block. */
export async function requestBlock(
  host: string,
  port: number,
  infoHash: Uint8Array,
  piece: number,
): Promise<Uint8Array> {
  const connection = await PeerConnection.connect({ host, port }, { torrent: { infoHash } })
  await connection.send({ type: 'interested' })
  await connection.until(() => !connection.state.choking.peerChoking)
  await connection.send({ type: 'request', piece, begin: 0, length: 16_384 })
  for await (const message of connection) {
    if (message.type !== 'piece' || message.piece !== piece) continue
    await connection.close()
    return message.block
  }
  throw new Error('the peer closed before it sent the block')
}
