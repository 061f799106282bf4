import { printable } from '../escape.ts'
import type { Envelope } from '../model/envelope.ts'
import { makePage, type Paper } from './page/page.ts'
import { renderTime } from './quantity.ts'

/** The members by which a document names what it is about. */
interface About {
  readonly target?: { readonly input: string }
  readonly timing?: { readonly totalMs: number }
  readonly address?: string | null
}

/** A report as one line, never folded: the mark, the peer, the verdict and the time. */
export function renderLines(report: Envelope<string> & About, paper: Paper): string {
  const page = makePage({ ...paper, width: Number.POSITIVE_INFINITY })
  const { ok, verdict, timing } = report
  const time = timing === undefined ? [] : [page.dim(renderTime(timing.totalMs))]
  const subject = subjectOf(report)
  const parts = [...(subject === undefined ? [] : [subject]), verdict].flatMap((part) => page.fold(part))
  return `${page.mark(ok ? 'ok' : 'bad')}${[...parts, ...time].join('  ')}\n`
}

/** Why a command failed, as one line of a log: `peerwire: 127.0.0.1:9: refused, nothing listens there (exit 3)`. */
export function renderReason(report: Envelope<string> & About, command: string): string {
  const { verdict, exitCode } = report
  return printable(`peerwire: ${subjectOf(report) ?? command}: ${verdict} (exit ${exitCode})`) + '\n'
}

function subjectOf({ target, address }: About): string | undefined {
  const subject = target?.input ?? address ?? ''
  return subject === '' ? undefined : subject
}
