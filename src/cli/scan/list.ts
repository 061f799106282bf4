import { extended } from '../../base/extended.ts'
import { checkSessionOptions } from '../../run/options.ts'
import type { BadLine, ListedPeer, ScanSession } from '../../run/scan/options.ts'
import { targetOfHash } from '../../run/target.ts'
import type { TorrentTarget } from '../../run/options.ts'
import { PeerError } from '../../base/errors.ts'
import { usage } from '../options.ts'
import { checkFamily } from '../flags/session.ts'
import { linesOf, tooLong } from './lines.ts'
import { parsePeerLine } from './peer-line.ts'

/** What applies to every line of a list. */
export interface ListContext {
  /** The torrent of lines without one of their own. */
  readonly torrent: TorrentTarget | undefined
  readonly session: ScanSession
  /** Called with each line before it is read. */
  readonly onLine?: ((text: string) => void) | undefined
}

/** The peers of a list as it is read. A line that does not name one does not stop the rest. */
export async function* readList(
  chunks: AsyncIterable<Uint8Array>,
  context: ListContext,
): AsyncGenerator<ListedPeer | BadLine, void> {
  for await (const { number, text } of linesOf(chunks)) {
    try {
      if (text === undefined) throw tooLong()
      context.onLine?.(text)
      const listed = listedPeer(text, context)
      if (listed !== undefined) yield { line: number, ...listed }
    } catch (error) {
      if (!(error instanceof PeerError)) throw error
      yield { line: number, error }
    }
  }
}

/** How many peers a list names, and lines that name none. */
export async function countList(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let count = 0
  for await (const { text } of linesOf(chunks)) {
    if (text === undefined || /^\s*[^\s#]/.test(text)) count++
  }
  return count
}

/** @throws PeerError for a line that does not name a peer, or one that the flags exclude */
function listedPeer(
  text: string,
  { torrent: shared, session }: ListContext,
): Omit<ListedPeer, 'line'> | undefined {
  const line = parsePeerLine(text)
  if (line === undefined) return undefined
  const { peer, infoHash, label } = line
  const torrent = infoHash === undefined ? shared : targetOfHash(infoHash).torrent
  const { family, proxy } = session
  checkFamily(peer, family)
  if (torrent !== undefined) checkSessionOptions(extended(session, { peer, torrent }))
  // without a torrent, it would be dialled directly
  else if (proxy !== undefined)
    throw usage(`${peer.input} has no info hash, which --proxy needs`, 'use -i or -t')
  return { peer, torrent, label }
}
