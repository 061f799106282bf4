import { decodeUtf8, defineExtension, encodeUtf8, ExtensionRegistry, PeerConnection } from 'peerwire'

/** An extension of our own: its name in `m`, the id under which we want to receive it, and its two codecs. */
const greeting = defineExtension({
  name: 'xx_greeting',
  localId: 20,
  decode: (payload) => {
    const text = decodeUtf8(payload)
    return text === undefined ? { ok: false, reason: 'not UTF-8', offset: 0 } : { ok: true, value: text }
  },
  encode: (text: string) => encodeUtf8(text),
})
const registry = new ExtensionRegistry([greeting])

/** Greets a peer that has the extension too, and returns its greeting. */
export async function exchangeGreetings(host: string, port: number, infoHash: Uint8Array): Promise<string> {
  const torrent = { infoHash, extensionHandshake: { extensions: registry.localIds } }
  const connection = await PeerConnection.connect({ host, port }, { torrent })
  await connection.until(() => connection.state.extensionHandshake !== undefined)
  // what we send carries the number that they gave the name, not ours
  const id = connection.state.extensionHandshake?.extensions.get(greeting.name) ?? 0
  if (id !== 0) await connection.send({ type: 'extended', id, payload: greeting.encode('hello') })
  for await (const message of connection) {
    if (message.type !== 'extended' || message.id === 0) continue
    const decoded = registry.decode(message.id, message.payload)
    if (decoded.kind !== 'message') continue
    await connection.close()
    return decoded.message
  }
  throw new Error('no greeting came')
}
