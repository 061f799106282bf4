import { makePage, PLAIN_PAPER } from '../../../src/report/text/page/page.ts'

const INDENT = makePage(PLAIN_PAPER).indent

/** The sections of a report for people, by label and unfolded; the lines under the first one are the headline. */
export function sectionsOf(text: string): ReadonlyMap<string, string> {
  const [header = '', ...parts] = text.split('\n\n')
  const headline = header
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .join(' ')
  const sections = new Map([['headline', headline]])
  let label = ''
  for (const line of parts.join('\n').split('\n')) {
    const named = line.slice(0, INDENT).trim()
    if (named !== '') label = named
    sections.set(label, `${sections.get(label) ?? ''} ${line.slice(INDENT).trim()}`.trim())
  }
  return sections
}
