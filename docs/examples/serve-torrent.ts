import { serve, type ServeReport } from 'peerwire'

/** Serves files to every client that connects, until the signal is aborted. */
export function seed(
  torrent: string,
  data: string,
  signal: AbortSignal,
  onListening: (address: string) => void,
): Promise<ServeReport> {
  return serve({
    torrent,
    data,
    signal,
    listen: { port: 0 },
    onEvent: (event) => {
      if (event.type === 'listening') onListening(event.address)
    },
  })
}
