import type { DemoReport } from '../model/demo.ts'
import { joinParts, renderConnectText } from './connect.ts'
import { renderFetchBlockText } from './fetch-block.ts'
import { makePaint, type TextOptions, WIDTH } from './layout.ts'

/** What the demo did, as the two commands would have told it, and what to try next. */
export function renderDemoText(report: DemoReport, options: TextOptions): string {
  const paint = makePaint(options.color)
  const peer = report.connect.target.input
  const title = (text: string) => paint.strong(`${text} ${'─'.repeat(Math.max(0, WIDTH - text.length - 1))}`)
  return joinParts([
    [
      'A seeder with a made-up torrent ran on a free port of this machine, and nothing',
      'left it. This is what peerwire found out about that seeder, as of any peer.',
    ].join('\n'),
    `${title(`peerwire connect ${peer}`)}\n\n${renderConnectText(report.connect, options).trimEnd()}`,
    `${title(`peerwire fetch-block ${peer} --verify`)}\n\n${renderFetchBlockText(report.fetchBlock, options).trimEnd()}`,
    nextSteps(report.ok),
  ])
}

function nextSteps(ok: boolean): string {
  const done = ok
    ? 'Done: both sides shook hands, a block came, and its piece has the right hash.'
    : 'This should have worked on any machine: please report it.'
  return [
    done,
    '',
    'Try next:',
    '  peerwire demo --trace                       every message, both ways',
    '  peerwire connect HOST:PORT -t FILE.torrent  the same with a peer of yours',
    '  peerwire explain                            what the codes and names mean',
  ].join('\n')
}
