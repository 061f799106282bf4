import { equalBytes, listenTcp, PeerConnection, type Listener, type Transport } from 'peerwire'

/** Listens for peers of one torrent, says that it has all of it, and unchokes every interested peer. */
export function acceptPeers(port: number, infoHash: Uint8Array, pieceCount: number): Promise<Listener> {
  const torrent = { infoHash, pieceCount, have: 'all' } as const
  return listenTcp({ address: '127.0.0.1', port, family: 4 }, (transport) => {
    // a peer that misbehaves or goes away is not a reason to stop listening
    serve(transport).catch(() => transport.abort())
  })

  async function serve(transport: Transport): Promise<void> {
    const connection = await PeerConnection.accept(transport, {
      // called after 48 bytes: the torrent that they ask for, or undefined to close
      find: (head) => (equalBytes(head.infoHash, infoHash) ? torrent : undefined),
    })
    for await (const message of connection) {
      if (message.type === 'interested') await connection.send({ type: 'unchoke' })
    }
  }
}
