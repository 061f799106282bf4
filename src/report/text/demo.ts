import type { DemoReport } from '../model/demo.ts'
import { renderConnectText } from './connect.ts'
import { renderFetchBlockText } from './fetch-block.ts'
import { makePage, type TextOptions } from './page/page.ts'
import { joinParts } from './page/sections.ts'

/** What the demo did, as the reports of the two commands, and what to try next. */
export function renderDemoText(report: DemoReport, options: TextOptions): string {
  const page = makePage(options)
  const peer = report.connect.target.input
  const title = (text: string) =>
    page.strong(`${text} ${page.glyphs.line.repeat(Math.max(0, page.width - text.length - 1))}`)
  return joinParts([
    [
      'A seeder with a generated torrent ran on a free port of this machine. Nothing',
      'left this machine. This is what peerwire reports about that seeder.',
    ].join('\n'),
    `${title(`peerwire connect ${peer}`)}\n\n${renderConnectText(report.connect, options).trimEnd()}`,
    `${title(`peerwire fetch-block ${peer} --verify`)}\n\n${renderFetchBlockText(report.fetchBlock, options).trimEnd()}`,
    nextSteps(report.ok),
  ])
}

function nextSteps(ok: boolean): string {
  const done = ok
    ? 'Done: the handshake succeeded, a block arrived, and its piece hash is right.'
    : 'This should work on any machine: please report it.'
  return [
    done,
    '',
    'Try next:',
    '  peerwire demo --trace                       every message, both ways',
    '  peerwire connect HOST:PORT -t FILE.torrent  the same with your own peer',
    '  peerwire explain                            what the codes and names mean',
  ].join('\n')
}
