import { ERROR_CODES, type ErrorCode } from '../../src/base/errors.ts'
import { FINDINGS } from '../../src/diagnose/findings.ts'
import { ERROR_EXPLANATIONS } from '../../src/report/error-explanations.ts'
import { EXIT_CODES } from '../../src/report/exit-code.ts'
import type { Fault } from '../../src/session/faults/fault.ts'
import { FAULTS, parseFault } from '../../src/session/faults/table.ts'
import type { Told } from './faults/fault-row.ts'
import { FAULT_ROWS } from './faults/fault-rows.ts'

/** The pages of docs/ that follow from the tables in the code, one heading an entry. */

const NOTE = 'Written from the tables in the code; `peerwire explain` prints the same.'

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
    'The same for every command, and `exitCode` in every JSON document. `ok` is true exactly when the exit code is 0.',
    'Codes 3 to 9 say what happened and win over 1, which is for a session that went through.',
    'A script that wants a failure says so with `--expect exitCode=4`: when that and every other expectation holds, the process exits 0, and `error` still says what happened. An interruption (129, 130, 143) or a bug (70) is never forgiven.',
    NOTE,
  ]
  return `# Exit codes\n\n${[...rules, ...sections].join('\n\n')}\n`
}

export function errorsPage(): string {
  const sections = (Object.keys(ERROR_CODES) as ErrorCode[]).map((code) => {
    const { exitCode, blame, summary } = ERROR_CODES[code]
    const who = { local: 'something here', remote: 'the peer', network: 'something on the way, or the peer' }[
      blame
    ]
    return `## ${code}\n\n${capital(summary)}. ${ERROR_EXPLANATIONS[code]}\n\nExit code [${exitCode}](exit-codes.md#${exitCode}); what has to change is ${who}.`
  })
  const intro =
    'The `code` of the `error` in a JSON document, and of the `PeerError` of the library. Codes are never renamed or reused.'
  return `# Errors\n\n${[intro, NOTE, ...sections].join('\n\n')}\n`
}

export function findingsPage(): string {
  const sections = Object.entries(FINDINGS).map(
    ([id, { severity, title, reference, explanation }]) =>
      `## ${id}\n\n${title}. ${explanation}\n\nSeverity: ${severity}. Reference: ${reference}.`,
  )
  const rules = [
    'What a session showed about the peer: `findings` in the JSON documents of `connect` and `fetch-block`. Ids are never renamed or reused.',
    'A finding of severity `error` means that a rule of a BEP was broken, and makes the exit code 1. A `warning` is odd and mostly harmless, `info` is worth knowing. What the common clients send when all is well gives none.',
    NOTE,
  ]
  return `# Findings\n\n${[...rules, ...sections].join('\n\n')}\n`
}

/** Each fault of `serve`, and what peerwire says of a peer that has it, as test/unit/net/seeder/faults-live.test.ts finds it. */
export function faultsPage(): string {
  const sections = faultPhases().map((phase) => {
    const lines = FAULTS.filter((fault) => fault.phase === phase).map(faultLine)
    return `## ${phase}\n\n${lines.join('\n')}`
  })
  const rules = [
    'What `peerwire serve --fault NAME` or `--fault NAME=NUMBER` does wrong on purpose, and what `connect` or `fetch-block` reports about such a peer. Several faults can be combined. Random choices are the same for the same `--seed`.',
    'Faults of `encryption` affect peers that connect with MSE, and faults of `utp` those that connect over uTP. `N` is the number after `=`; the number in brackets is the default.',
    'Written from the table of faults and from the tests, which try each of them over sockets.',
  ]
  return `# Faults\n\n${[...rules, ...sections].join('\n\n')}\n`
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
