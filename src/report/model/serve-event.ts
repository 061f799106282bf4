import type { TorrentReport } from './connect.ts'
import type { ServeDeviationReport, ServedPeerReport, ServeReport } from './serve.ts'
import type { ServedPeerProgress } from './progress.ts'

/** What happens while serving; `atMs` counts from the start of the command. Text of a peer's in it is not escaped. */
export type ServeNews = { readonly atMs: number } & (
  | { readonly type: 'listening'; readonly address: string; readonly torrent: TorrentReport }
  | {
      readonly type: 'connected'
      readonly peer: number
      readonly remote: string
      readonly transport: string
      readonly encryption: ServedPeerReport['encryption']
      readonly dialled: boolean
    }
  /** A connection that ended before it was known for a peer's: nothing, or no end of an encryption handshake, came. */
  | { readonly type: 'no-peer'; readonly remote: string; readonly reason: string }
  | { readonly type: 'dial-failed'; readonly remote: string; readonly reason: string }
  | { readonly type: 'refused'; readonly peer: number; readonly remote: string; readonly reason: string }
  | { readonly type: 'handshake'; readonly peer: number; readonly client: string | null }
  | { readonly type: 'interested' | 'not-interested' | 'unchoked' | 'choked'; readonly peer: number }
  | ({ readonly type: 'deviation' | 'note'; readonly peer: number } & ServeDeviationReport)
  | { readonly type: 'closed'; readonly report: ServedPeerReport }
  /** Once a second while there are peers. */
  | {
      readonly type: 'progress'
      readonly peers: readonly ServedPeerProgress[]
      readonly uploaded: number
    }
  /** Events that were left out because the reader of the output was too slow for them. */
  | { readonly type: 'lost'; readonly events: number }
  /** Last, when the command ends by itself or is told to. */
  | { readonly type: 'end'; readonly report: ServeReport }
)
