import type { DecodeReport } from '../../model/decode.ts'
import type { TracedPeerReport } from '../../model/serve.ts'
import type { Page } from '../page/page.ts'
import { renderClosed, renderViolationLine, renderWay } from './serve.ts'

/** What the trace of a seeder shows of each connection. */
export function servedTraceLines(
  { peers }: NonNullable<DecodeReport['served']>,
  page: Page,
): readonly string[] {
  return peers.flatMap((peer) => peerLines(peer, page))
}

function peerLines(peer: TracedPeerReport, page: Page): readonly string[] {
  const { remote, client, violations, notes } = peer
  const lines = [
    `${client ?? 'unknown client'}, ${renderClosed(peer)}`,
    ...violations.map((violation) => renderViolationLine(violation)),
    ...notes.map((note) => `note: ${renderViolationLine(note)}`),
  ]
  return [
    page.cut(`${String(peer.peer).padStart(3)}  ${remote}  ${renderWay(peer)}`, page.width),
    ...lines.flatMap((line) => page.fold(line, page.width - 5)).map((line) => `     ${line}`),
  ]
}
