import { listenTcp, MessageDecoder, type WireItem } from 'peerwire'

/** Waits for one client to connect and returns all that it sent before it closed, with byte offsets. */
export async function recordClient(onPort: (port: number) => void): Promise<readonly WireItem[]> {
  return new Promise((resolve, reject) => {
    const listening = listenTcp({ address: '127.0.0.1', port: 0, family: 4 }, (transport) => {
      const decoder = new MessageDecoder()
      const items: WireItem[] = []
      transport.start({
        // the chunk is borrowed until this call returns, and items may share its memory: copy it
        bytes: (chunk) => items.push(...decoder.push(chunk.slice())),
        drained: () => {},
        closed: () => resolve(items),
      })
    })
    listening.then((listener) => onPort(listener.address.port), reject)
  })
}
