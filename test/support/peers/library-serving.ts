import { makeSyntheticTorrent } from '../../../src/index.ts'
import { serve } from '../../../src/library/serve.ts'
import type { ServeSettings } from '../../../src/library/options.ts'
import type { ServeReport } from '../../../src/report/model/serve.ts'
import { NODE_HASHES } from '../../../src/net/node-hashes.ts'

/** Length of the torrent that `serveSynthetic` serves, in bytes. */
export const SERVED_LENGTH = 200_000

/** That torrent: a length and a seed always give the same one. */
export const SERVED = makeSyntheticTorrent({ length: SERVED_LENGTH, seed: 1, sha1: NODE_HASHES.sha1 })

/** The library's `serve` on a free loopback port. */
export interface LibraryServing {
  readonly port: number
  /** Stops it. */
  readonly stop: () => Promise<ServeReport>
}

/** Serves `SERVED` like a user of the library. */
export async function serveSynthetic(settings: ServeSettings = {}): Promise<LibraryServing> {
  const abort = new AbortController()
  let listening = (_port: number): void => {}
  const port = new Promise<number>((resolve) => {
    listening = resolve
  })
  const serving = serve({
    synthetic: SERVED_LENGTH,
    listen: { port: 0 },
    signal: abort.signal,
    ...settings,
    onEvent: (event) => {
      if (event.type === 'listening') listening(Number(event.address.split(':').at(-1)))
      settings.onEvent?.(event)
    },
  })
  const stop = (): Promise<ServeReport> => {
    abort.abort()
    return serving
  }
  return { port: await Promise.race([port, serving.then(() => 0)]), stop }
}
