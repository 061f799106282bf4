import { ERROR_CODES, type ErrorCode } from '../../../src/base/errors.ts'
import { CAUSES } from '../../../src/diagnose/cause/causes.ts'
import { type FactCode, FACTS } from '../../../src/diagnose/cause/facts.ts'
import { ROWS, type Theme, THEMES } from '../../../src/diagnose/cause/rows.ts'
import { FAMILIES, FAMILY_NAMES } from '../../../src/diagnose/client/family.ts'
import { TRAITS } from '../../../src/diagnose/client/table.ts'
import type { Trait } from '../../../src/diagnose/client/trait.ts'
import { THRESHOLDS } from '../../../src/diagnose/client/verdict.ts'
import { FINDINGS } from '../../../src/diagnose/findings.ts'
import { ERROR_EXPLANATIONS } from '../../../src/report/explain/error-explanations.ts'
import { EXIT_CODES } from '../../../src/report/exit-code.ts'
import type { Fault } from '../../../src/session/faults/fault.ts'
import { FAULTS, parseFault } from '../../../src/session/faults/table.ts'
import type { Told } from '../faults/fault-row.ts'
import { FAULT_ROWS } from '../faults/fault-rows.ts'
import { CLAIMS } from '../verdicts/claims/claims.ts'
import { PATH_CLAIMS } from '../verdicts/claims/reach.ts'
import { FACT_CLAIMS } from '../verdicts/facts/facts.ts'

/** The pages of docs/ that are generated from the tables in the code, with one heading per entry. */

const NOTE = 'This page is generated from the tables in the code; `peerwire explain` prints the same text.'

export function exitCodesPage(): string {
  const sections = Object.entries(EXIT_CODES).map(([code, text]) => {
    const errors = codesOf(Number(code))
    const list =
      errors.length === 0
        ? ''
        : `\n\nErrors: ${errors.map((error) => `[${error}](errors.md#${error.toLowerCase()})`).join(', ')}.`
    return `## ${code}\n\n${text}${list}`
  })
  const rules = [
    'Exit codes are the same for every command, and are `exitCode` in every JSON document. `ok` is true exactly when the exit code is 0.',
    'Codes 3 to 9 say why a session failed. They take precedence over 1, which is for a session that completed.',
    'A script that expects a failure uses `--expect exitCode=4`. If that and every other expectation is met, the process exits with 0, and `error` still describes the failure. This does not apply to an interruption (129, 130, 143) or a bug (70).',
    NOTE,
  ]
  return `# Exit codes\n\n${[...rules, ...sections].join('\n\n')}\n`
}

export function errorsPage(): string {
  const sections = (Object.keys(ERROR_CODES) as ErrorCode[]).map((code) => {
    const { exitCode, blame, summary } = ERROR_CODES[code]
    const who = {
      local: 'this machine or the command',
      remote: 'the peer',
      network: 'the network, or the peer',
    }[blame]
    return `## ${code}\n\n${capital(summary)}. ${ERROR_EXPLANATIONS[code]}\n\nExit code [${exitCode}](exit-codes.md#${exitCode}). To fix it, change ${who}.`
  })
  const intro =
    'The `code` of the `error` in a JSON document, and of the `PeerError` of the library. Codes are never renamed or reused.'
  return `# Errors\n\n${[intro, NOTE, ...sections].join('\n\n')}\n`
}

/** Every cause that `why` can name, how it is told from others, and what to do. */
export function causesPage(): string {
  const sections = Object.entries(CAUSES).map(
    ([code, { text, advice, explanation }]) => `## ${code}\n\n${text} ${explanation}\n\nTry: ${advice}`,
  )
  const rules = [
    'What `peerwire why` can say of a peer that does not serve a torrent: `causes` of its JSON document. Codes are never renamed or reused.',
    '`why` makes up to 12 connections to one address, one after the other, each a second after the last one was closed. The first is an ordinary session; each further one differs in one thing that can change the answer, and `probes` says why it was made. It stops when no further connection can.',
    'A cause is _certain_ only where the evidence excludes every other known one. Several causes can be certain at once, and then the one to fix first comes first. What stays open follows, the likeliest first. Causes that look the same from outside are all listed.',
    'Every cause has its evidence: facts, each with the number of the probe that shows it. Facts follow from the recorded events, so a trace (`--trace-file`) shows where each comes from. [Decisions](decisions.md) has the table.',
    'The exit code is 0 if some way works, else that of the ordinary session that went furthest.',
    NOTE,
  ]
  return `# Causes\n\n${[...rules, ...sections].join('\n\n')}\n`
}

const THEME_TITLES: { readonly [theme in Theme]: string } = {
  way: 'The way there',
  service: 'What answers',
  encryption: 'Encryption',
  refusal: 'A refusal',
  data: 'The data',
  metadata: 'The metadata',
  conduct: 'What does not keep it from serving',
}

export function decisionThemes(): readonly string[] {
  return THEMES.map((theme) => THEME_TITLES[theme])
}

/** A table of Markdown with aligned columns, as the formatter wants it. */
function alignedTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[], fill: string) =>
    `| ${widths.map((width, i) => (cells[i] ?? '').padEnd(width, fill)).join(' | ')} |`
  const [head = [], ...rest] = rows
  return [line(head, ' '), line([], '-'), ...rest.map((row) => line(row, ' '))].join('\n')
}

/** The table that `why` decides by. */
export function decisionsPage(): string {
  const fact = (code: FactCode): string => FACTS[code].text
  const sections = THEMES.map((theme) => {
    const rows = ROWS[theme].map(({ cause, confidence, all, none = [] }) => {
      const unless = none.length === 0 ? '' : none.map(fact).join('; ')
      return [`[${cause}](causes.md#${cause})`, confidence, all.map(fact).join('; '), unless]
    })
    const head = ['cause', 'confidence', 'all of these', 'none of these']
    return `## ${THEME_TITLES[theme]}\n\n${alignedTable([head, ...rows])}`
  })
  const rules = [
    'The table by which `peerwire why` decides. A row holds if all facts in its third column are proven and none in its fourth. Facts are worked out from the recorded events alone.',
    'Each theme is decided by itself, because two things can be wrong at once. Within a theme, a certain cause excludes those that are not, and of two rows for the same cause the first counts.',
    'A difference between two probes proves something only if it lasts: the first probe is repeated before a conclusion is certain.',
    NOTE.replace('; `peerwire explain` prints the same text', ''),
  ]
  return `# Decisions\n\n${[...rules, ...sections].join('\n\n')}\n`
}

export function findingsPage(): string {
  const sections = Object.entries(FINDINGS).map(
    ([id, { severity, title, reference, explanation }]) =>
      `## ${id}\n\n${title}. ${explanation}\n\nSeverity: ${severity}. Reference: ${reference}.`,
  )
  const rules = [
    'Findings are what a session showed about the peer. They are `findings` in the JSON documents of `connect`, `fetch-block`, `fetch` and `metadata`. Ids are never renamed or reused.',
    'A finding of severity `error` means that a BEP was violated, and makes the exit code 1. A `warning` is odd but mostly harmless, and `info` is useful to know. What common clients send in a normal session does not produce any.',
    NOTE,
  ]
  return `# Findings\n\n${[...rules, ...sections].join('\n\n')}\n`
}

/** Each fault of `serve`, and what peerwire reports about a peer that has it, as checked by test/unit/net/seeder/faults-live.test.ts. */
export function faultsPage(): string {
  const sections = faultPhases().map((phase) => {
    const lines = FAULTS.filter((fault) => fault.phase === phase).map(faultLine)
    return `## ${phase}\n\n${lines.join('\n')}`
  })
  const rules = [
    'The faults that `peerwire serve --fault NAME` or `--fault NAME=NUMBER` injects, and what `connect` or `fetch-block` reports about such a peer. Faults can be combined. Random faults are the same for the same `--seed`.',
    'Faults of `encryption` affect peers that connect with MSE, and faults of `utp` those that connect over uTP. `N` is the number after `=`; the number in brackets is the default.',
    'This page is generated from the table of faults and from the tests, which try each fault over sockets.',
  ]
  return `# Faults\n\n${[...rules, ...sections].join('\n\n')}\n`
}

const PATHS = 'The paths of reach'
const EVIDENCE = 'The evidence of why'

/** Each sentence about a peer, and the events that must be recorded before it is printed. */
export function verdictsPage(): string {
  const sections = CLAIMS.map(({ theme, rows }) => {
    const lines = rows.map(({ sentence, needs }) => `- \`${sentence}\`\n  ${capital(needs)}.`)
    return `## ${theme}\n\n${lines.join('\n')}`
  })
  const paths = PATH_CLAIMS.map(({ sentence, needs }) => `- \`${sentence}\`\n  ${capital(needs)}.`)
  const facts = FACT_CLAIMS.map(({ sentence, needs }) => `- \`${sentence}\`\n  ${capital(needs)}.`)
  sections.push(`## ${PATHS}\n\n${paths.join('\n')}`, `## ${EVIDENCE}\n\n${facts.join('\n')}`)
  const rules = [
    'Every sentence that peerwire prints about a peer follows from what was recorded: the events of the trace, the attempts, and the keys of the document. The headline, the error, its hint, the attempts and the findings are held against the same record, so they cannot contradict each other.',
    'N, M and words in capitals vary. An event is one of the trace (`--trace-file`): `closed` says which side ended the connection, how, and after how many bytes each way. Where a sentence names a cause that cannot be told apart from others, it names the others too, or says _most likely_.',
    'Written from the table that the tests use: they hold every sentence of every report against it, for the peers of the other tests, for every fault, for every hostile input, and for peers that are made up at random. A sentence that is not here fails them.',
  ]
  return `# Verdicts and evidence\n\n${[...rules, ...sections].join('\n\n')}\n`
}

export function verdictThemes(): readonly string[] {
  return [...CLAIMS.map(({ theme }) => theme), PATHS, EVIDENCE]
}

export function faultPhases(): readonly string[] {
  return [...new Set(FAULTS.map(({ phase }) => phase))]
}

function faultLine({ name, description, argument }: Fault): string {
  const shown = argument === undefined ? name : `${name}=${argument.unit.toUpperCase()}`
  const usual = argument === undefined ? '' : ` [${argument.default}]`
  const told = FAULT_ROWS.filter(({ fault }) => parseFault(fault).fault.name === name).map((row) => {
    const number = row.fault.split('=')[1]
    return `${number === undefined ? '' : `with ${number} `}${toldText(row.told)}`
  })
  return `- \`${shown}\`: ${description}${usual}.\n  ${told.join('; ')}.`
}

const COMMANDS = {
  connect: 'connect',
  interested: 'connect --interested',
  'fetch-block': 'fetch-block',
  metadata: 'fetch-block --metadata',
} as const

function toldText({ by = 'connect', exitCode, code, finds = [] }: Told): string {
  const links = [
    ...(code === undefined || code === 'E_CHECK_FAILED'
      ? []
      : [`[${code}](errors.md#${code.toLowerCase()})`]),
    ...finds.map((id) => `[${id}](findings.md#${id})`),
  ]
  return `\`${COMMANDS[by]}\` ${[`exits with ${exitCode}`, ...links].join(', ')}`
}

function codesOf(exitCode: number): readonly ErrorCode[] {
  return (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => ERROR_CODES[code].exitCode === exitCode)
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

export const IDENTITY_PARTS = ['Weights', 'Conflicts', 'Clients', 'Traits'] as const

/** Which client a peer behaves like, and every trait that counts. */
export function identityPage(): string {
  const { likely, possible } = THRESHOLDS
  const parts: Readonly<Record<(typeof IDENTITY_PARTS)[number], string>> = {
    Weights: [
      `Each trait that the peer shows adds its weight to the clients in the table below. Negative weights are for clients that have never been seen to do this. A client is _likely_ with at least ${likely.score} points and ${likely.lead} more than the next one, and _possible_ with ${possible.score} and ${possible.lead} more. Otherwise \`byBehaviour\` is null: a peer that does not use the extension protocol can rarely be identified.`,
      'The peer id and `v` are not traits. Weight 6 is for what one client does and no other, 8 for what no other can do; 2 to 4 for habits that few clients share; 1 for what many do or what a network can imitate, such as delays. Clients whose behaviour is known only from their source code are never more than _possible_.',
      'What a torrent or a setting changes, such as peer exchange, metadata or the DHT bit, do not count against a client.',
    ].join('\n\n'),
    Conflicts:
      'The finding [client-conflict](findings.md#client-conflict) needs three things: the peer id or `v` names a client whose behaviour was measured; the behaviour is _likely_ that of another such client; and the traits rule out the named client, so that its points are below zero. Only traits of connections on which the peer sent its handshake count. If any of this is missing, there is no finding: names that are not in the list of clients, such as programs that sometimes embed a library, never conflict.',
    Clients: FAMILY_NAMES.map((family) => {
      const { names, isMeasured } = FAMILIES[family]
      return `- ${family}: ${names.join(', ')} (${isMeasured ? 'measured' : 'from source code'})`
    }).join('\n'),
    Traits: TRAITS.map(({ id, habit, source, weights }) => {
      return `- \`${id}\`: ${habit}.\n  ${points(weights)}. Known from ${source}.`
    }).join('\n'),
  }
  const intro = [
    '`identity` in the JSON documents says which client a peer is: `byPeerId` and `byVersionString` are what it calls itself, and `byBehaviour` is what it behaves like, with the traits as evidence. `connect -v` prints the same under _behaviour_. Names are free text; habits are hard to change.',
    'The library has the same as `ClientIdentity` of `peerwire/diagnose`: pass the trace events of one or more connections to `step`, and read `identity()`.',
    'This page is generated from the table of traits in the code.',
  ]
  const sections = IDENTITY_PARTS.map((part) => `## ${part}\n\n${parts[part]}`)
  return `# Which client it is\n\n${[...intro, ...sections].join('\n\n')}\n`
}

/** `libtorrent +6, all others −6`, or each family that has a weight. */
function points(weights: Trait['weights']): string {
  const named = FAMILY_NAMES.flatMap((family) => {
    const weight = weights[family]
    return weight === undefined ? [] : [{ family, weight }]
  })
  const favoured = named.filter(({ weight }) => weight > 0)
  const [other] = named.filter(({ weight }) => weight < 0)
  const shown =
    named.length === FAMILY_NAMES.length && other !== undefined
      ? [...favoured, { family: favoured.length === 0 ? 'all' : 'all others', weight: other.weight }]
      : named
  return shown.map(({ family, weight }) => `${family} ${signed(weight)}`).join(', ')
}

function signed(weight: number): string {
  return weight < 0 ? `−${-weight}` : `+${weight}`
}
