import { renderConnectText } from '../../../src/report/text/connect.ts'
import { renderFetchBlockText } from '../../../src/report/text/fetch-block.ts'
import { renderFetchText } from '../../../src/report/text/fetch.ts'
import { renderMetadataText } from '../../../src/report/text/metadata.ts'
import { PLAIN_PAPER } from '../../../src/report/text/page/page.ts'
import type { ConnectReport } from '../../../src/report/model/connect.ts'
import type { FetchBlockReport } from '../../../src/report/model/fetch-block.ts'
import type { FetchCommandReport } from '../../../src/report/model/fetch.ts'
import type { MetadataCommandReport } from '../../../src/report/model/metadata.ts'
import type { SessionOptions } from '../../../src/run/options.ts'
import type { Ports } from '../../../src/run/ports.ts'
import { contradictions } from './agree.ts'
import { type Watched, watch } from './evidence.ts'
import { expectReplay } from './replay.ts'

type PeerReport = ConnectReport | FetchBlockReport | FetchCommandReport | MetadataCommandReport

/** Runs a command, and fails when its report or its text says what is not on record, or its trace comes to another report. */
export async function agreed<Options extends SessionOptions, P extends Ports, Report extends PeerReport>(
  command: (options: Options, ports: P) => Promise<Report>,
  options: Options,
  ports: P,
): Promise<Report> {
  const watched = await watch(command, options, ports)
  expectAgreement(watched)
  await expectReplay(watched.report, watched.events)
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
