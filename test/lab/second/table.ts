import type { Mark, NamedCause } from '../score.ts'
import type { Group, Outcome } from './run.ts'
import type { SecondSituation } from './situation.ts'

/** What of an outcome is kept. */
export interface KeptOutcome {
  readonly mark: Outcome['mark']
  readonly says: string
  readonly connections: number
  readonly seconds: number
}

export type Kept = Readonly<Record<string, KeptOutcome>>

export function keptOf({ mark, named, connections, seconds }: Outcome): KeptOutcome {
  return { mark, says: saysOf(named), connections, seconds: Math.round(seconds * 10) / 10 }
}

const INTRODUCTION = `# Laboratory: the second set

\`npm run lab:second\` makes situations that differ from those of the [laboratory](testing.md#laboratory).
They were built, and their true causes written down, without reading the decisions of \`peerwire why\` or
the first set, but with the texts of \`peerwire explain\`, which describe each cause.
62 were written before any of them ran. Six were added after the results of those were known: the limit
freed after the first connection, the torrent resumed and the client started after our first one, the
full libtorrent whose other peer leaves, the reset after 30 bytes, and HTTP and SSH on one port. In the
first run five of these six are right and one is wrong; of the 62, 46 are right, 2 partial, 7 silent and
7 wrong. "A proxy that resets after 20 000 bytes" is right because \`unexplained\` was accepted there. For
"a peer that chokes after the first block", an answer to a similar fault had been seen before.
"First run" is how the command of that day did, and stays as it is. "Last run" is the last
\`npm run lab:second -- --update\`.

- **right**: every true cause is named, and a true one, or one that looks the same, comes first.
- **partial**: a true cause is named, and another one comes first or a second true one is missing.
- **silent**: no true cause is named.
- **wrong**: a cause is called certain that is false or that nobody can know from outside.

Where several causes are joined with "or", each of them is a true answer: the situation changes, or
has several names. "Looks the same" lists what may be named as well, and not as certain.

Three marks of the first run are due to the set itself:

- "uTP only and its files are gone" was marked wrong. libtorrent does reject the request, so
  \`rejects-requests\` is true as well.
- "an SMTP server that waits 8 s" was marked silent. \`not-bittorrent\` is true, so it is partial.
- "a limit of open files" was marked silent. The command could not open its own files, and its error
  message reports the limit. (Before that, a limit of 24 files was tried, which limits nothing.)`

const HEADER = [
  'situation',
  'made how',
  'true cause',
  'looks the same',
  'first run',
  '`why` said then',
  'connections',
  'seconds',
  'last run',
  '`why` said last',
]

export function pageOf(groups: readonly Group[], first: Kept, last: Kept): string {
  const sections = groups.map(({ name, situations }) => `## ${name}\n\n${tableOf(situations, first, last)}`)
  const summaries = `First run: ${summaryOf(first)}.\n\nLast run: ${summaryOf(last)}.`
  return `${[INTRODUCTION, summaries, ...sections].join('\n\n')}\n`
}

function tableOf(situations: readonly SecondSituation[], first: Kept, last: Kept): string {
  const rows = situations.map((situation) => {
    const { name, note, causes, isOneOf = false, ambiguous = [] } = situation
    const then = first[name]
    const later = last[name]
    return [
      name,
      note,
      causes.join(isOneOf ? ' or ' : ' and '),
      ambiguous.join(', '),
      then?.mark ?? '',
      then?.says ?? '',
      String(then?.connections ?? ''),
      then?.seconds.toFixed(1) ?? '',
      later?.mark ?? '',
      later?.says ?? '',
    ]
  })
  return [HEADER, HEADER.map(() => '---'), ...rows]
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
  return `${made.length} situations: ${shares.join(', ')}; ${times}; ${probes}`
}

const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? 0

export function saysOf(named: readonly NamedCause[]): string {
  return named.length === 0
    ? 'nothing'
    : named.map(({ code, confidence }) => `${code} (${confidence})`).join(', ')
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
