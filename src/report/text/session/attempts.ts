import type { AttemptReport, SessionReport } from '../../model/session.ts'
import { displayWidth, pad } from '../page/columns.ts'
import type { Page } from '../page/page.ts'
import { count, renderMs } from '../quantity.ts'
import { isStop } from './verdict.ts'

/** With more attempts than this, their bytes and who closed are for -v: what each came to is more important. */
const MAX_WITH_BYTES = 2

/** How many attempts are shown briefly; the last ones are those that decide. */
const MAX_BRIEF = 4

/** Columns of the transport and the encryption. */
const WAY_WIDTH = 17

/** An attempt each: how, what came of it and when, and below it, for a few, the bytes each way and who closed. */
export function briefAttemptLines(
  { attempts, target }: Pick<SessionReport, 'attempts' | 'target'>,
  page: Page,
): readonly string[] {
  const left = attempts.length - MAX_BRIEF
  return [
    ...(left > 0 ? [page.dim(`${count(left, 'earlier attempt')}; -v shows all`)] : []),
    ...attempts
      .slice(-MAX_BRIEF)
      .flatMap((attempt) => briefLines(attempt, target, page, attempts.length <= MAX_WITH_BYTES)),
  ]
}

function briefLines(
  attempt: AttemptReport,
  { host }: SessionReport['target'],
  page: Page,
  withBytes: boolean,
): readonly string[] {
  const { transport, encryption, address, outcome, phase, elapsedMs } = attempt
  const isEarly = outcome === 'ok' || phase === 'connect' || phase === 'resolve'
  const where = address === null || address === host ? '' : ` (${address})`
  const what = `${outcomeWord(attempt)}${isEarly ? '' : ` in phase ${phase}`}${where}`
  const time = renderMs(elapsedMs)
  const way = pad(`${transport} ${encryption ?? ''} `, WAY_WIDTH)
  const paint = outcome === 'ok' ? page.good : page.bad
  const bytes =
    withBytes && isConnected(attempt) ? page.fold(bytesAndClose(attempt), page.valueWidth - 2) : []
  const below = bytes.map((line) => page.dim(`  ${line}`))
  const gap = page.valueWidth - displayWidth(way) - displayWidth(what) - time.length
  if (page.isNarrow || gap < 2) {
    const [first = '', ...more] = page.fold(what, page.valueWidth - 2, page.valueWidth - WAY_WIDTH)
    return [`${way}${paint(first)}`.trimEnd(), ...more.map((line) => `  ${paint(line)}`), ...below]
  }
  return [`${way}${paint(what)}${' '.repeat(gap)}${page.dim(time)}`, ...below]
}

/** Every attempt with its address, numbered. */
export function attemptLines(attempts: readonly AttemptReport[], page: Page): readonly string[] {
  return attempts.flatMap((attempt, i) => {
    const { transport, encryption, address, outcome, phase, elapsedMs } = attempt
    const where = `${transport}${address === null ? '' : ` to ${address}`}, ${encryption ?? 'encryption unknown'}`
    const what = outcome === 'ok' ? 'ok' : `${outcomeWord(attempt)} in phase ${phase}`
    const bytes = isConnected(attempt) ? bytesAndClose(attempt) : 'no connection'
    return [
      ...page.marked(outcome === 'ok' ? 'ok' : 'bad', `${i + 1}. ${where}: ${what}`),
      ...page.marked('none', `${bytes} after ${renderMs(elapsedMs)}`).map((line) => page.dim(line)),
    ]
  })
}

/** An attempt that was stopped from outside did not fail. */
function outcomeWord({ outcome, error }: AttemptReport): string {
  return error !== null && isStop(error.code) ? 'stopped' : outcome
}

/** Every connection ends, and somebody or something ends it. */
export function isConnected({ closedBy }: AttemptReport): boolean {
  return closedBy !== null
}

function bytesAndClose({ bytesSent, bytesReceived, closedBy, closeKind }: AttemptReport): string {
  const sent = `sent ${count(bytesSent, 'byte')}, got ${bytesReceived}`
  if (closedBy === 'network') return `${sent}, lost by the network`
  if (closedBy === 'us' && closeKind === null) return `${sent}, abandoned by us`
  const kind = closeKind === null ? '' : ` (${closeKind.toUpperCase()})`
  return `${sent}, closed by ${closedBy === 'us' ? 'us' : 'the peer'}${kind}`
}
