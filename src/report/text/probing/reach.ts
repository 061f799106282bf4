import type { PathReport, ReachReport } from '../../model/reach.ts'
import { isLoopback } from '../../../wire/address.ts'
import { displayWidth, pad } from '../page/columns.ts'
import { briefExpectationLines, expectationLines } from '../session/checks.ts'
import { headerLines } from '../header.ts'
import { makePage, type Page, type TextOptions } from '../page/page.ts'
import { joinParts, renderSections } from '../page/sections.ts'
import { renderTime } from '../quantity.ts'

/** The report of `reach` for people: the verdict, what it means, what to do, and a line for each path. */
export function renderReachText(report: ReachReport, options: TextOptions): string {
  const page = makePage(options)
  const { ok, error, verdict, target, totalMs, paths, expectations } = report
  const expected = (options.verbose ? expectationLines : briefExpectationLines)(expectations, page)
  return joinParts([
    headerLines({ name: target.input, verdict, ok, error, totalMs }, page, {}).join('\n'),
    pathLines(paths, page, options.verbose).join('\n'),
    renderSections([{ label: 'expected', lines: expected }], page),
    error === null ? noteLines(report, page).join('\n') : '',
  ])
}

const INDENT = '  '

/** A router that knows its own address, and no firewall between the two, make any port look open. */
function noteLines({ target }: ReachReport, page: Page): readonly string[] {
  const note = isLoopback(target.address ?? '')
    ? 'This shows that a client listens here, not that others can reach it.'
    : 'From inside your own network this proves nothing: run it from another one.'
  return page.fold(note, page.width - INDENT.length).map((line) => page.dim(`${INDENT}${line}`))
}

/** States whose line says all that was seen. */
const SPOKEN: ReadonlySet<PathReport['state']> = new Set(['closed', 'filtered', 'not-tried'])

/** A line for each path, and with `verbose` one for each thing that was seen on it. */
function pathLines(paths: readonly PathReport[], page: Page, verbose: boolean): readonly string[] {
  const missing = paths.filter(({ state }) => state === 'no-address')
  const tried = paths.filter(({ state }) => state !== 'no-address')
  const lines = tried.flatMap((path) => {
    const seen =
      verbose && !SPOKEN.has(path.state)
        ? path.evidence.flatMap((line) => page.fold(line).map((part) => page.dim(part)))
        : []
    return labelled(nameOf(path), [...statusLines(path, tried, page), ...seen], page)
  })
  const names = missing.map(nameOf).join(', ')
  const absent = missing.map(({ family }) => `the name has no IPv${family} address`).at(0) ?? ''
  return missing.length === 0 ? lines : [...lines, ...labelled(names, page.fold(absent), page)]
}

function labelled(label: string, lines: readonly string[], page: Page): readonly string[] {
  const blank = ' '.repeat(page.isLabelled ? page.indent : 2 * INDENT.length)
  const [first = '', ...rest] = lines
  const begin = page.isLabelled
    ? [`${pad(`${INDENT}${label}`, page.indent)}${first}`]
    : [`${INDENT}${label}`, `${blank}${first}`]
  return [...begin, ...rest.map((line) => `${blank}${line}`)]
}

function nameOf({ transport, family }: PathReport): string {
  return `${transport}${family}`
}

/** What the path leads to, and how long the answer took. */
function statusLines(path: PathReport, paths: readonly PathReport[], page: Page): readonly string[] {
  const { address, transport, family, ms } = path
  const isAmbiguous = paths.some(
    (other) => other.transport === transport && other.family === family && other.address !== address,
  )
  const text = isAmbiguous && address !== null ? `${address}: ${describePath(path)}` : describePath(path)
  const time = ms === null || page.isNarrow ? '' : renderTime(ms)
  const width = page.valueWidth - (page.isLabelled ? 0 : INDENT.length)
  const [first = '', ...rest] = page.fold(text, width - (time === '' ? 0 : time.length + 2))
  const room = Math.max(2, width - displayWidth(first) - time.length)
  return time === '' ? [first, ...rest] : [`${first}${' '.repeat(room)}${page.dim(time)}`, ...rest]
}

/** The state of a path in a few words. */
function describePath({ transport, state, proof, service, evidence }: PathReport): string {
  switch (state) {
    case 'bittorrent':
      return `BitTorrent, proven by ${PROOFS[proof ?? 'handshake']}`
    case 'other-service':
      return `open, and another service answers: ${service ?? 'unknown'}`
    case 'not-tried':
      return evidence[0] === undefined ? 'not tried' : `not tried: ${evidence[0]}`
    default:
      return STATES[transport][state]
  }
}

const PROOFS = {
  key: 'its encryption key',
  utp: 'its answer over uTP',
  handshake: 'its handshake',
  steps: 'what it refuses: the info hash, and nothing before it',
} as const satisfies { readonly [proof in NonNullable<PathReport['proof']>]: string }

type PlainState = Exclude<PathReport['state'], 'bittorrent' | 'other-service' | 'not-tried'>

const OPEN = {
  'closes-at-once': 'open, closes at once',
  closes: 'open, closes without a byte',
  silent: 'open, silent',
  rejected: 'a firewall or a router rejects the connection',
  unreachable: 'unreachable: no machine answers at that address',
  'no-address': 'no address',
} as const

const STATES: {
  readonly [transport in PathReport['transport']]: { readonly [state in PlainState]: string }
} = {
  tcp: {
    ...OPEN,
    'unknown-service': 'open, and what answers is not known',
    closed: 'refused',
    filtered: 'no answer: filtered, or the machine is down',
  },
  utp: {
    ...OPEN,
    'unknown-service': 'answers, but not with uTP',
    closed: 'the UDP port is not in use',
    filtered: 'no answer: no uTP there, or UDP is filtered',
  },
}
