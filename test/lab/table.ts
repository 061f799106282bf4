import type { Outcome } from './runner.ts'

const HEADER = ['situation', 'true cause', '`why` says', 'mark', 'connections', 'seconds', '`connect` claims']

/** One line per situation, for people who watch. */
export function lineOf(outcome: Outcome): string {
  const { station, situation, why, connect, troubles, skipped } = outcome
  if (skipped !== undefined) return `skipped  ${situation.name} [${skipped}]`
  const said =
    why === undefined
      ? ''
      : ` ${why.mark}, ${namedIn(outcome)}, ${why.connections} conn, ${why.seconds.toFixed(1)} s`
  const claim =
    connect === undefined ? '' : `\n    connect${connect.isWrong ? ' WRONG' : ''}: ${connect.text}`
  const trouble = troubles.map((text) => `\n    TROUBLE: ${text}`).join('')
  return `${station}: ${situation.name} (${situation.causes.join(' + ')})${said}${claim}${trouble}`
}

const INTRODUCTION = `# Laboratory

\`npm run lab\` makes situations whose cause is known: real clients in their states and settings, the
command as a seeder with faults, other services, and faults of the path and of this machine. It runs
the installed \`peerwire why\` on each of them, and compares. This page is written by
\`npm run lab -- --update\`; see [testing](testing.md#laboratory).

- **right**: every true cause is named, and a true one first. Where the cause cannot be known from
  outside ("one of several"), it is in the list, and nothing in the list is called certain.
- **partial**: a true cause is named, behind one that was possible, or one of two is missing.
- **silent**: no true cause is named.
- **wrong**: a cause is called certain that is false or cannot be known, or an excluded one comes first.

A situation marked "waits" takes longer than 30 seconds for a reason: an unchoke or a piece can come late. The last
column says whether the error message or the hint of \`connect\`, on the same situation, names only
causes that do not hold.`

/** The page in the documentation. */
export function pageOf(outcomes: readonly Outcome[]): string {
  return `${INTRODUCTION}\n\n${summaryOf(outcomes)}.\n\n${tableOf(outcomes)}\n`
}

/** All of them, as a table in Markdown. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map((outcome) => {
    const { situation, why, connect, troubles, skipped } = outcome
    const truth = `${situation.causes.join(' + ')}${situation.ambiguous === undefined ? '' : ' (one of several)'}`
    if (skipped !== undefined) return [situation.name, truth, `skipped: ${skipped}`, '', '', '', '']
    const mark = [why?.mark ?? '', ...troubles].filter((text) => text !== '').join('; ')
    const claim = connect === undefined ? '' : connect.isWrong ? 'a wrong one' : 'nothing wrong'
    const seconds =
      why === undefined ? '' : `${why.seconds.toFixed(1)}${situation.waits === undefined ? '' : ' (waits)'}`
    return [situation.name, truth, namedIn(outcome), mark, String(why?.connections ?? ''), seconds, claim]
  })
  const lines = [HEADER, HEADER.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.map(cell).join(' | ')} |`,
  )
  return lines.join('\n')
}

export function summaryOf(outcomes: readonly Outcome[]): string {
  const counted = outcomes.filter(({ why }) => why !== undefined)
  const marks = ['right', 'partial', 'silent', 'wrong', 'failed'] as const
  const shares = marks.map((mark) => `${counted.filter(({ why }) => why?.mark === mark).length} ${mark}`)
  const skipped = outcomes.filter((outcome) => outcome.skipped !== undefined).length
  const troubled = outcomes.filter(({ troubles }) => troubles.length > 0).length
  const wrongClaims = outcomes.filter(({ connect }) => connect?.isWrong === true).length
  return `${outcomes.length} situations: ${shares.join(', ')}; ${skipped} skipped; ${troubled} with trouble; wrong claims of connect: ${wrongClaims}`
}

function namedIn({ why }: Outcome): string {
  if (why === undefined) return ''
  if (why.named.length === 0) return 'nothing'
  return why.named.map(({ code, confidence }) => `${code} (${confidence})`).join(', ')
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
