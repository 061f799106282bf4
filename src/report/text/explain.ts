import type { ExplainReport, TopicReport } from '../model/explain.ts'
import { makePage, type Page } from './page/page.ts'
import type { Paper } from './page/paper.ts'
import { definitionLines } from './page/definitions.ts'

const HEADINGS: { readonly [kind in TopicReport['kind']]: string } = {
  'exit-code': 'Exit codes',
  error: 'Error codes',
  cause: 'Causes that why can name',
  finding: 'Findings',
  'torrent-note': 'Notes about torrents and magnet links',
  message: 'Messages',
  'reserved-bit': 'Reserved bits of the handshake',
  'peer-id': 'Peer ids',
  phase: 'Phases of a session',
  outcome: 'Outcomes of an attempt',
  word: 'Other words of a report',
  extension: 'Extensions',
  'extension-key': 'Keys of the extension handshake',
  fault: 'Faults of serve',
  'close-reason': 'Reasons for closing a uTP connection',
  bep: 'BEPs',
  client: 'Clients',
}

/** The longest name that has its meaning beside it. */
const NAME_WIDTH = 34

/** Topics as text: one paragraph each, or a list with one line each. */
export function renderExplainText(
  { topics }: ExplainReport,
  { listing, ...paper }: Paper & { readonly listing: boolean },
): string {
  const page = makePage(paper)
  return listing
    ? renderList(topics, page)
    : `${topics.map((topic) => renderTopic(topic, page)).join('\n\n')}\n`
}

function renderTopic({ kind, id, title, text, reference }: TopicReport, page: Page): string {
  const kindName = `(${kind.replace('-', ' ')})`
  const [first = '', ...more] = page.fold(id, page.width - 2, page.width - kindName.length - 1)
  const head = [`${page.strong(first)} ${page.dim(kindName)}`, ...more.map((line) => `  ${line}`)].join('\n')
  const lines = [title, ...(text === title ? [] : [text])].flatMap((part) => page.fold(part, page.width - 2))
  const source = reference === null ? [] : [page.dim(`see ${reference}`)]
  return [head, ...[...lines, ...source].map((line) => `  ${line}`)].join('\n')
}

function renderList(topics: readonly TopicReport[], page: Page): string {
  const kinds = [...new Set(topics.map(({ kind }) => kind))]
  const parts = kinds.map((kind) => {
    const entries = topics.filter((topic) => topic.kind === kind).map(entryOf)
    const lines = definitionLines(entries, page, { maxNameWidth: NAME_WIDTH, paint: page.note })
    return [page.strong(HEADINGS[kind]), ...lines].join('\n')
  })
  return `${parts.join('\n\n')}\n`
}

function entryOf({ id, kind, title, text }: TopicReport): readonly [string, string] {
  // the title of these is only their number
  return [id, kind === 'exit-code' || kind === 'message' || kind === 'reserved-bit' ? text : title]
}
