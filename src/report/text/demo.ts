import type { DemoReport } from '../model/demo.ts'
import { renderConnectText } from './connect.ts'
import { renderFetchBlockText } from './fetch-block.ts'
import { headerLines } from './header.ts'
import { makePage, type TextOptions } from './page/page.ts'
import type { Concluded } from './session/verdict.ts'

/** Rows of the report of each command, so that the demo fits a screen. */
const CONNECT_ROWS = 7
const FETCH_ROWS = 4

/** What the demo did, as the reports of the two commands, and what to try next. */
export function renderDemoText(report: DemoReport, options: TextOptions): string {
  const page = makePage(options)
  const { connect, fetchBlock, verdict, ok, error } = report
  const peer = connect.target.input
  const totalMs = connect.timing.totalMs + fetchBlock.timing.totalMs
  const about = 'Nothing left this machine: the peer was a seeder with a made-up torrent.'
  const part = (command: string, text: string, rows: number): readonly string[] => {
    const lines = text.trimEnd().split('\n')
    return [
      '',
      page.strong(page.cut(`$ ${command}`, page.width)),
      ...(options.verbose ? lines : lines.slice(0, rows)),
    ]
  }
  return [
    ...headerLines({ name: 'demo', verdict, ok, error, totalMs }, page, { about }),
    ...part(`peerwire connect ${peer}`, renderConnectText(connect, options), CONNECT_ROWS),
    ...part(`peerwire fetch-block ${peer} --verify`, renderFetchBlockText(fetchBlock, options), FETCH_ROWS),
    '',
    ...(ok ? NEXT : ['This should work on any machine: please report it.']),
    '',
  ].join('\n')
}

const NEXT = [
  'Try next:',
  '  peerwire connect HOST:PORT -t FILE.torrent',
  '  peerwire demo --trace',
  '  peerwire explain',
]

export function demoVerdict(
  report: Concluded<Omit<DemoReport, 'schema' | 'verdict' | 'startedAt' | 'redacted'>>,
): string {
  const { connect, fetchBlock } = report
  return connect.ok ? `a peer ${fetchBlock.verdict}` : connect.verdict
}
