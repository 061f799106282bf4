import type { ExplainReport, TopicReport } from '../model/explain.ts'
import { makePage, type Page, type Paper } from './page/page.ts'
import { pad } from './page/columns.ts'

const HEADINGS: { readonly [kind in TopicReport['kind']]: string } = {
  'exit-code': 'Exit codes',
  error: 'Error codes',
  cause: 'Causes that why can name',
  finding: 'Findings',
  'torrent-note': 'Notes about torrents and magnet links',
  message: 'Messages',
  'reserved-bit': 'Reserved bits of the handshake',
  'peer-id': 'Peer ids',
}

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

export function explainVerdict({
  topics,
  error,
}: Omit<ExplainReport, 'schema' | 'verdict' | 'startedAt'>): string {
  const [first, ...others] = topics
  if (error !== null || first === undefined) return error?.message ?? 'nothing is known of it'
  return others.length === 0 ? `${first.id}: ${first.title}` : `${topics.length} topics`
}

function renderTopic({ kind, id, title, text, reference }: TopicReport, page: Page): string {
  const head = `${page.strong(page.cut(id, page.width - 20))} ${page.dim(`(${kind.replace('-', ' ')})`)}`
  const lines = [title, ...(text === title ? [] : [text])].flatMap((part) => page.fold(part, page.width - 2))
  const source = reference === null ? [] : [page.dim(`see ${reference}`)]
  return [head, ...[...lines, ...source].map((line) => `  ${line}`)].join('\n')
}

function renderList(topics: readonly TopicReport[], page: Page): string {
  const kinds = Object.keys(HEADINGS) as TopicReport['kind'][]
  const parts = kinds.map((kind) => {
    const rows = topics.filter((topic) => topic.kind === kind).map((topic) => row(topic, page))
    return [page.strong(HEADINGS[kind]), ...rows].join('\n')
  })
  return `${parts.join('\n\n')}\n`
}

function row({ id, kind, title, text }: TopicReport, page: Page): string {
  // the title of these is only their number
  const summary = kind === 'exit-code' || kind === 'message' || kind === 'reserved-bit' ? text : title
  return `  ${page.note(pad(page.cut(id, NAME_WIDTH), NAME_WIDTH))} ${page.cut(summary, page.width - NAME_WIDTH - 3)}`
}
