import type { ExplainReport, TopicReport } from '../model/explain.ts'
import { cut, fold, makePaint, pad, type Paint, WIDTH } from './layout.ts'

const HEADINGS: { readonly [kind in TopicReport['kind']]: string } = {
  'exit-code': 'Exit codes',
  error: 'Error codes',
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
  { color, listing }: { readonly color: boolean; readonly listing: boolean },
): string {
  const paint = makePaint(color)
  return listing
    ? renderList(topics, paint)
    : `${topics.map((topic) => renderTopic(topic, paint)).join('\n\n')}\n`
}

function renderTopic({ kind, id, title, text, reference }: TopicReport, paint: Paint): string {
  const head = `${paint.strong(cut(id, WIDTH - 20))} ${paint.dim(`(${kind.replace('-', ' ')})`)}`
  const lines = [title, ...(text === title ? [] : [text])].flatMap((part) => fold(part, WIDTH - 2))
  const source = reference === null ? [] : [paint.dim(`see ${reference}`)]
  return [head, ...[...lines, ...source].map((line) => `  ${line}`)].join('\n')
}

function renderList(topics: readonly TopicReport[], paint: Paint): string {
  const kinds = Object.keys(HEADINGS) as TopicReport['kind'][]
  const parts = kinds.map((kind) => {
    const rows = topics.filter((topic) => topic.kind === kind).map((topic) => row(topic, paint))
    return [paint.strong(HEADINGS[kind]), ...rows].join('\n')
  })
  return `${parts.join('\n\n')}\n`
}

function row({ id, kind, title, text }: TopicReport, paint: Paint): string {
  // the title of these is only their number
  const summary = kind === 'exit-code' || kind === 'message' || kind === 'reserved-bit' ? text : title
  return `  ${paint.note(pad(cut(id, NAME_WIDTH), NAME_WIDTH))} ${cut(summary, WIDTH - NAME_WIDTH - 3)}`
}
