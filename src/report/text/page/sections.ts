import type { Page } from './page.ts'

/** One part of a report: a label and the lines beside it. Lines fit the columns of a value and may be coloured. */
export interface Section {
  readonly label: string
  readonly lines: readonly string[]
}

/** Labels in the left column, or on lines of their own, and an empty line between sections. Sections without lines are left out. */
export function renderSections(sections: readonly Section[], page: Page): string {
  return sections
    .filter(({ lines }) => lines.length > 0)
    .map((section) => sectionLines(section, page).join('\n'))
    .join('\n\n')
}

export function sectionLines({ label, lines }: Section, page: Page): readonly string[] {
  const blank = ' '.repeat(page.indent)
  const named = `  ${label}`
  if (!page.isLabelled) return [page.strong(named), ...lines.map((line) => `${blank}${line}`.trimEnd())]
  return lines.map((line, i) =>
    `${i === 0 ? page.strong(named.padEnd(page.indent)) : blank}${line}`.trimEnd(),
  )
}

/** Parts of a report, with an empty line between them and a newline at the end. */
export function joinParts(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}
