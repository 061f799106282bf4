import type { ConnectOutcome } from '../connect-answer.ts'
import type { Mark, NamedCause } from '../score.ts'
import type { Group, Outcome } from './run.ts'
import type { SetSituation } from './situation.ts'

/** What of an outcome is kept. */
export interface KeptOutcome {
  readonly mark: Outcome['mark']
  readonly says: string
  readonly connections: number
  readonly seconds: number
  /** Lines of the report, without the conversation. */
  readonly answer?: readonly string[]
  readonly connect?: KeptConnect
}

interface KeptConnect {
  readonly text: string
  readonly says: string
  readonly claims: 'nothing wrong' | 'a wrong one'
}

export type Kept = Readonly<Record<string, KeptOutcome>>

export function keptOf({ mark, named, connections, seconds, report, connect }: Outcome): KeptOutcome {
  return {
    mark,
    says: saysOf(named),
    connections,
    seconds: Math.round(seconds * 10) / 10,
    ...(report === undefined ? {} : { answer: answerIn(report) }),
    ...(connect === undefined ? {} : { connect: keptConnectOf(connect) }),
  }
}

function keptConnectOf({ text, named, isWrong }: ConnectOutcome): KeptConnect {
  return { text, says: saysOf(named), claims: isWrong ? 'a wrong one' : 'nothing wrong' }
}

/** The lines between the header, which has the date, and the conversation. */
function answerIn(report: string): readonly string[] {
  const lines = report.split('\n')
  const from = lines.indexOf('') + 1
  const to = lines.indexOf('conversation')
  return lines.slice(from, to < 0 ? undefined : to).filter((line) => line !== '')
}

const HEADER = ['situation', 'made how', 'true cause', 'looks the same']
const FIRST_HEADER = ['first run', '`why` said then', 'connections', 'seconds']
const LAST_HEADER = ['last run', '`why` said last']

/**
 * The page of a set, in Markdown.
 *
 * @param last undefined while there is no run but the first one
 */
export function pageOf(
  introduction: string,
  groups: readonly Group[],
  first: Kept,
  last: Kept | undefined,
): string {
  const sections = groups.map(({ name, situations }) => `## ${name}\n\n${tableOf(situations, first, last)}`)
  const summaries = [`First run: ${summaryOf(first)}.`]
  if (last !== undefined) summaries.push(`Last run: ${summaryOf(last)}.`)
  return `${[introduction, ...summaries, ...sections].join('\n\n')}\n`
}

function tableOf(situations: readonly SetSituation[], first: Kept, last: Kept | undefined): string {
  const header = [...HEADER, ...FIRST_HEADER, ...(last === undefined ? [] : LAST_HEADER)]
  const rows = situations.map((situation) => {
    const { name, note, causes, isOneOf = false, ambiguous = [] } = situation
    const then = first[name]
    const later = last?.[name]
    return [
      name,
      note,
      causes.join(isOneOf ? ' or ' : ' and '),
      ambiguous.join(', '),
      then?.mark ?? '',
      then?.says ?? '',
      String(then?.connections ?? ''),
      then?.seconds.toFixed(1) ?? '',
      ...(last === undefined ? [] : [later?.mark ?? '', later?.says ?? '']),
    ]
  })
  return [header, header.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map(cell).join(' | ')} |`)
    .join('\n')
}

export function summaryOf(kept: Kept): string {
  const all = Object.values(kept)
  const made = all.filter(({ mark }) => mark !== 'not made')
  const marks: readonly (Mark | 'failed')[] = ['right', 'partial', 'silent', 'wrong', 'failed']
  const shares = marks.map((mark) => `${made.filter((one) => one.mark === mark).length} ${mark}`)
  const seconds = made.map((one) => one.seconds).toSorted((a, b) => a - b)
  const connections = made.map((one) => one.connections).toSorted((a, b) => a - b)
  const times = `median ${median(seconds).toFixed(1)} s, longest ${(seconds.at(-1) ?? 0).toFixed(1)} s`
  const probes = `median ${median(connections)} connections, most ${connections.at(-1) ?? 0}`
  return [`${made.length} situations: ${shares.join(', ')}`, times, probes, ...claimsIn(made)].join('; ')
}

function claimsIn(outcomes: readonly KeptOutcome[]): readonly string[] {
  const connects = outcomes.flatMap(({ connect }) => connect ?? [])
  if (connects.length === 0) return []
  const wrong = connects.filter(({ claims }) => claims === 'a wrong one').length
  return [`wrong claims of \`connect\`: ${wrong} of ${connects.length}`]
}

const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? 0

export function saysOf(named: readonly NamedCause[]): string {
  return named.length === 0
    ? 'nothing'
    : named.map(({ code, confidence }) => `${code} (${confidence})`).join(', ')
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
