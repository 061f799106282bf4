import type { DecodedConnection, DecodeReport } from '../model/decode.ts'
import { connectionParts } from './connection.ts'
import { headerLines } from './header.ts'
import { makePage, type Page, type TextOptions } from './page/page.ts'
import { joinParts } from './page/sections.ts'
import { count } from './quantity.ts'
import { renderSessionText } from './session/session-report.ts'
import { servedTraceLines } from './serve/served-trace.ts'

/** The report of `decode` for people, with a newline at the end. */
export function renderDecodeText(report: DecodeReport, options: TextOptions): string {
  const { report: session, connection: number, capture } = report
  if (session === null) return renderWithoutSession(report, options)
  const { schema, version, ok, exitCode, error, verdict, startedAt, redacted, expectations } = report
  const envelope = { schema, version, ok, exitCode, error, verdict, startedAt, redacted }
  const chosen = capture?.connections.find((connection) => connection.number === number)
  return renderSessionText({ ...session, expectations, ...envelope }, options, (page) => ({
    announced: true,
    first: [
      {
        label: 'capture',
        lines:
          chosen === undefined
            ? []
            : [page.cut(endsOf(chosen, page)), ...page.foldParts(connectionParts(chosen, page))],
      },
    ],
  }))
}

function renderWithoutSession(report: DecodeReport, options: TextOptions): string {
  const page = makePage(options)
  const { input, verdict, ok, error, capture, served, stream } = report
  const totalMs = Math.max(
    0,
    ...(capture?.connections ?? []).map(({ startedMs, durationMs }) => startedMs + durationMs),
  )
  const header = headerLines({ name: nameOf(input), verdict, ok, error, totalMs }, page, {})
  const lines =
    served !== null
      ? servedTraceLines(served, page)
      : stream === null
        ? captureLines(capture, page)
        : streamLines(stream, page)
  return joinParts([header.join('\n'), lines.join('\n')])
}

/** `-` names nothing to a reader. */
function nameOf({ name }: DecodeReport['input']): string {
  return name === '-' ? 'stdin' : name
}

function captureLines(capture: DecodeReport['capture'], page: Page): readonly string[] {
  if (capture === null) return []
  const { connections, leftOut } = capture
  const lines = connections.flatMap((connection) => listed(connection, page))
  const choosable = connections.filter(({ protocol }) => protocol === 'bittorrent').length
  const isEncrypted = connections.some(({ protocol }) => protocol === 'encrypted')
  return [
    ...lines,
    ...(leftOut === 0
      ? []
      : page.fold(`${count(leftOut, 'packet')} of further connections left out`, page.width)),
    ...(isEncrypted ? page.fold(ENCRYPTED, page.width) : []),
    ...(choosable > 1 ? page.fold('--connection N reports on one of them', page.width) : []),
  ]
}

const ENCRYPTED =
  'Encrypted connections look random from the first byte on, as with MSE. The keys cannot be known from a capture alone, not even with the info hash: capture with --capture, which writes clear text.'

/** A connection in the list. */
function listed(connection: DecodedConnection, page: Page): readonly string[] {
  const { number, transport } = connection
  return [
    page.cut(`${String(number).padStart(3)}  ${transport}  ${endsOf(connection, page)}`, page.width),
    ...page.foldParts(connectionParts(connection, page), page.width - 5).map((line) => `     ${line}`),
  ]
}

function endsOf({ initiator, responder }: DecodedConnection, page: Page): string {
  return `${initiator} ${page.glyphs.sent} ${responder}`
}

function streamLines(
  { items, leftOut, pending }: NonNullable<DecodeReport['stream']>,
  page: Page,
): readonly string[] {
  const width = String(items.at(-1)?.offset ?? 0).length
  const indent = ' '.repeat(width + 7)
  return [
    ...items.flatMap(({ offset, text, issue }) => {
      const [first = '', ...rest] = page.fold(text, page.width - indent.length)
      const lines = [
        `${page.dim(`byte ${String(offset).padStart(width)}`)}  ${first}`,
        ...rest.map((line) => indent + line),
      ]
      if (issue === null) return lines
      const issues = page.fold(issue, page.width - indent.length - page.markWidth)
      return [...lines, ...issues.map((line, i) => `${indent}${page.mark(i === 0 ? 'bad' : 'none')}${line}`)]
    }),
    ...(leftOut === 0 ? [] : [`${indent}${leftOut} more left out`]),
    ...(pending === 0 ? [] : [`${indent}${count(pending, 'byte')} at the end are not a whole item`]),
  ]
}
