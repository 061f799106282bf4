import { makePage } from '../../../src/report/text/page/page.ts'
import { PLAIN_PAPER } from '../../../src/report/text/page/paper.ts'

const INDENT = makePage(PLAIN_PAPER).indent

/** The sections of a report for people, by label and unfolded, without the headline. */
export function sectionsOf(text: string): ReadonlyMap<string, string> {
  const [, ...parts] = text.split('\n\n')
  const sections = new Map<string, string>()
  let label = ''
  for (const line of parts.join('\n').split('\n')) {
    const named = line.slice(0, INDENT).trim()
    if (named !== '') label = named
    sections.set(label, `${sections.get(label) ?? ''} ${line.slice(INDENT).trim()}`.trim())
  }
  return sections
}
