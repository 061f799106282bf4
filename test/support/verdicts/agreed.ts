import { renderConnectText } from '../../../src/report/text/connect.ts'
import { renderFetchBlockText } from '../../../src/report/text/fetch-block.ts'
import { renderFetchText } from '../../../src/report/text/fetch.ts'
import { renderMetadataText } from '../../../src/report/text/metadata.ts'
import { PLAIN_PAPER } from '../../../src/report/text/page/paper.ts'
import type { ConnectReport } from '../../../src/report/model/connect.ts'
import type { FetchBlockReport } from '../../../src/report/model/fetch-block.ts'
import type { FetchCommandReport } from '../../../src/report/model/fetch.ts'
import type { MetadataCommandReport } from '../../../src/report/model/metadata.ts'
import type { SessionOptions, TorrentTarget } from '../../../src/run/options.ts'
import type { Ports } from '../../../src/run/ports.ts'
import { contradictions } from './agree.ts'
import { type Watched, watch } from './evidence.ts'
import { expectCapture, Recapture } from './recaptured.ts'
import { expectReplay } from './replay.ts'

// loaded on demand, which takes longer than peers with a virtual clock wait
await import('../../../src/run/capture/commented.ts')

type PeerReport = ConnectReport | FetchBlockReport | FetchCommandReport | MetadataCommandReport

/** Runs a command, and fails when its report or its text says what is not on record, or its trace or its capture comes to another report. */
export async function agreed<Options extends SessionOptions, P extends Ports, Report extends PeerReport>(
  command: (options: Options, ports: P) => Promise<Report>,
  options: Options,
  ports: P,
): Promise<Report> {
  const recapture = new Recapture(ports.clock)
  let { torrent } = options
  const onTorrent = (known: TorrentTarget) => {
    torrent = known
    options.onTorrent?.(known)
  }
  const capture = options.capture ?? recapture.port
  const watched = await watch(command, { ...options, capture, onTorrent }, ports)
  expectAgreement(watched)
  await expectReplay(watched.report, watched.events)
  const captured = options.capture === undefined ? recapture.bytes() : undefined
  // `metadata` may hold two sessions, and reports on the first
  const isOne = watched.events.filter(({ type }) => type === 'finished').length === 1
  if (captured !== undefined && isOne) await expectCapture(watched.report, captured, torrent)
  return watched.report
}

export function expectAgreement(watched: Watched<PeerReport>): void {
  const found = contradictions(watched, textOf(watched.report))
  if (found.length > 0) throw new Error(`not on record:\n${found.join('\n')}`)
}

function textOf(report: PeerReport): string {
  const options = { ...PLAIN_PAPER, verbose: true }
  switch (report.schema) {
    case 'peerwire.connect/1':
      return renderConnectText(report, options)
    case 'peerwire.fetch-block/1':
      return renderFetchBlockText(report, options)
    case 'peerwire.fetch/1':
      return renderFetchText(report, options)
    case 'peerwire.metadata/1':
      return renderMetadataText(report, options)
  }
}
