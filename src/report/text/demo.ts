import type { DemoReport } from '../model/demo.ts'
import { renderConnectText } from './connect.ts'
import { renderFetchBlockText } from './fetch-block.ts'
import { headerLines } from './header.ts'
import { makePage, type TextOptions } from './page/page.ts'

/** Rows of the report of each command, so that the demo fits a screen. */
const CONNECT_ROWS = 5
const FETCH_ROWS = 4

/** What the demo did, as the reports of the commands, and what to try next. */
export function renderDemoText(report: DemoReport, options: TextOptions): string {
  const page = makePage(options)
  const { connect, fetchBlock, failure, verdict, ok, error } = report
  const peer = connect.target.input
  const totalMs = connect.timing.totalMs + fetchBlock.timing.totalMs
  const part = (command: string, text: string): readonly string[] => [
    '',
    ...page.fold(`$ ${command}`, page.width).map(page.strong),
    ...text.trimEnd().split('\n'),
  ]
  const connectTo = `peerwire connect ${peer} -t x.torrent`
  const brief = (maxRows: number): TextOptions => ({ ...options, maxRows, hasWhy: false })
  return [
    ...headerLines({ name: 'demo', verdict, ok, error, totalMs }, page, { about: ABOUT }),
    ...part(connectTo, renderConnectText(connect, brief(CONNECT_ROWS))),
    ...part(
      `peerwire fetch-block ${peer} -t x.torrent --piece 3 -o b.bin --verify`,
      renderFetchBlockText(fetchBlock, brief(FETCH_ROWS)),
    ),
    ...(failure === null
      ? []
      : part(`${connectTo}     # the seeder has stopped`, renderConnectText(failure, brief(0)))),
    '',
    ...page.fold(ok ? nextLine(options) : 'This should work on any machine: please report it.', page.width),
    '',
  ].join('\n')
}

const ABOUT = 'The peer was a seeder on this machine; its torrent and file were temporary.'

function nextLine({ verbose }: TextOptions): string {
  return `${verbose ? '' : 'More: peerwire demo -v. '}Next: peerwire connect HOST:PORT -t FILE.torrent`
}
