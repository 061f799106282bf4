import { PeerConnection } from 'peerwire'

/** Connects to a peer and prints what it sends until it closes. */
export async function printMessages(
  host: string,
  port: number,
  infoHash: Uint8Array,
  print: (line: string) => void,
): Promise<void> {
  const connection = await PeerConnection.connect({ host, port }, { torrent: { infoHash } })
  print(`features: ${connection.handshake.features.join(', ')}`)
  for await (const message of connection) print(message.type)
}
