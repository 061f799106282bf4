import { displayWidth, pad } from './columns.ts'
import type { Layout } from './layout.ts'

/** Fewer columns than these for the meanings: they go below the names. */
const MIN_MEANING_WIDTH = 24

/** Names with their meanings beside them, or below them where the page is narrow or a name is longer than `maxNameWidth`. */
export function definitionLines(
  entries: readonly (readonly [name: string, meaning: string])[],
  page: Layout,
  { maxNameWidth = 28, paint = (name: string) => name } = {},
): readonly string[] {
  const longest = Math.max(...entries.map(([name]) => displayWidth(name)))
  const nameWidth = Math.min(maxNameWidth, longest) + 2
  const isBeside = page.width - 2 - nameWidth >= MIN_MEANING_WIDTH
  const indent = isBeside ? 2 + nameWidth : 6
  return entries.flatMap(([name, meaning]) => {
    const lines = page.fold(meaning, page.width - indent).map((line) => `${' '.repeat(indent)}${line}`)
    if (!isBeside || displayWidth(name) + 2 > nameWidth) {
      return [...page.fold(name, page.width - 2).map((line) => `  ${paint(line)}`), ...lines]
    }
    const [first = '', ...more] = lines
    return [`  ${paint(pad(name, nameWidth))}${first.slice(indent)}`.trimEnd(), ...more]
  })
}
