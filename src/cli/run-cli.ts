import { CommanderError, type Command as Parser } from 'commander'
import { PeerError } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import { checkFlags, misnamedFlag, readCommandLine } from './command-line.ts'
import { makeParser } from './command/parser.ts'
import type { Command } from './command/row.ts'
import { COMMANDS, COMMAND_NAMES, type CommandName } from './commands/table.ts'
import type { CliEnv, OutputStream } from './env.ts'
import { printFailure } from './failure.ts'
import { inAscii, isAsciiOnly, paperOf } from './output.ts'
import { errorReport } from '../report/error-report.ts'

/**
 * The whole command line: arguments in, exit code out. Never throws: errors are printed and determine the exit code.
 * @param argv without the names of node and the script
 */
export async function runCli(argv: readonly string[], system: CliEnv): Promise<number> {
  const typed = readCommandLine(argv, COMMAND_NAMES)
  let args = typed
  let env = system
  try {
    env = await environmentFor(args, system)
    args = await completed(typed, system)
    env = await environmentFor(args, env)
    return await runCommand(args, env)
  } catch (error) {
    try {
      return await reportFailure(error, args, env)
    } catch (again) {
      // nothing can be printed any more, but the exit code still reports it
      return again instanceof PeerError ? again.exitCode : 70
    }
  }
}

/**
 * Prints an unexpected error like any other failure of the command.
 * @returns the exit code
 */
export async function reportCrash(error: unknown, argv: readonly string[], env: CliEnv): Promise<number> {
  const typed = readCommandLine(argv, COMMAND_NAMES)
  try {
    const args = await completed(typed, env).catch(() => typed)
    return await reportFailure(error, args, await environmentFor(args, env))
  } catch {
    return 70
  }
}

/** The command line with the default options of the environment. */
async function completed(args: readonly string[], { variables }: CliEnv): Promise<readonly string[]> {
  const text = variables['PEERWIRE_OPTIONS'] ?? ''
  const name = commandName(args)
  if (text.trim() === '' || name === undefined) return args
  const { withDefaultOptions } = await import('./default-options.ts')
  return [name, ...(await withDefaultOptions(name, args.slice(1), text))]
}

/** @param system of the process, or already the result for other arguments */
async function environmentFor(args: readonly string[], system: CliEnv): Promise<CliEnv> {
  const flags = flagsOf(args)
  const env = flags.has('--ascii') || isAsciiOnly(system) ? inAscii(system) : system
  if (!flags.has('--redact') || env.redactor !== undefined) return env
  const { redacting } = await import('./redaction/environment.ts')
  return redacting(env, args)
}

async function runCommand(args: readonly string[], env: CliEnv): Promise<number> {
  const [first] = args
  if (first === '--version' || first === '-V') {
    await env.stdout.write(`${VERSION}\n`)
    return 0
  }
  if (first === '--help' || first === '-h') {
    await env.stdout.write(await overview(env.stdout, env))
    return 0
  }
  if (first === undefined) {
    await env.stderr.write(await overview(env.stderr, env))
    return 2
  }
  const name = commandName(args)
  if (name === undefined) {
    const { unknownCommand } = await import('./parse/unknown-command.ts')
    throw unknownCommand(args, COMMAND_NAMES)
  }
  const flags = flagsOf(args)
  if (flags.has('--version') || flags.has('-V')) {
    await env.stdout.write(`${VERSION}\n`)
    return 0
  }
  return runNamed(name, args.slice(1), env)
}

async function overview(stream: OutputStream, env: CliEnv): Promise<string> {
  const { renderOverview } = await import('./command/help.ts')
  return renderOverview(COMMANDS, paperOf(HELP_PAPER, stream, env))
}

/** A help page has no colors. */
const HELP_PAPER = { color: 'never', ascii: false } as const

async function runNamed(name: CommandName, typed: readonly string[], env: CliEnv): Promise<number> {
  const { command } = await COMMANDS[name].load()
  const args = command.arrange(typed)
  let exitCode = 0
  const parser = makeParser(name, command, async (parsed) => {
    exitCode = await command.run({ name, ...parsed, typed, env })
  })
    .exitOverride()
    // errors are thrown as well, and the help is rendered below
    .configureOutput({
      writeOut: () => undefined,
      writeErr: () => undefined,
      // Node prints a warning when it is asked for colors and both NO_COLOR and FORCE_COLOR are set
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      // the pages that use a width are rendered below; asking Node for it would load its streams
      getOutHelpWidth: () => 80,
      getErrHelpWidth: () => 80,
    })
  checkFlags(args, parser)
  try {
    await parser.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) throw usageError(error, parser, command)
    const { renderHelp } = await import('./command/help.ts')
    await env.stdout.write(renderHelp(name, command, paperOf(HELP_PAPER, env.stdout, env)))
  }
  return exitCode
}

function commandName([first]: readonly string[]): CommandName | undefined {
  return COMMAND_NAMES.find((name) => name === first)
}

async function reportFailure(error: unknown, args: readonly string[], env: CliEnv): Promise<number> {
  const name = commandName(args)
  const command = name === undefined ? undefined : { name, load: COMMANDS[name].load }
  const flags = flagsOf(args)
  return printFailure({ command, report: errorReport(error), error, flags, quiet: quietness(args) }, env)
}

/** Commander's errors in one line, with a hint about what to use instead. */
function usageError({ code, message }: CommanderError, parser: Parser, command: Command): PeerError {
  const [first = '', second = ''] = message.replace(/^error: /, '').split('\n')
  const [, flag = ''] = /^unknown option '([^']*)'/.exec(first) ?? []
  const misnamed = flag === '' ? undefined : misnamedFlag(flag, parser)
  if (misnamed !== undefined) return misnamed
  const suggestion = /\(Did you mean (.*)\?\)/.exec(second)?.[1]
  const hints: { readonly [code: string]: string } = {
    'commander.unknownOption': '--help after the command lists its flags',
    'commander.optionMissingArgument': 'use a value after the flag',
    'commander.excessArguments': command.insteadOfWords ?? 'use flags',
  }
  const hint = suggestion === undefined ? hints[code] : `did you mean ${suggestion}?`
  const said = first
    .replaceAll("'", '')
    .replace(/\. Expected (\d+) arguments? but got (\d+)\.$/, ': $1 expected, $2 given')
    .replace(/ argument missing$/, ' lacks its value')
  return new PeerError('E_USAGE', said, hint === undefined ? {} : { hint })
}

/** The flags that determine how to print a failure, even if the other arguments are invalid. Recognizes clusters such as -qv. */
function flagsOf(args: readonly string[]): ReadonlySet<string> {
  const flags = separateFlags(args)
  const forms = flags.flatMap((arg, i) => {
    const [, form = arg === '--format' ? flags[i + 1] : undefined] = /^--format=(.*)$/.exec(arg) ?? []
    return form === undefined ? [] : [`--${form}`]
  })
  return new Set([...flags, ...forms])
}

/** How often `-q` was typed. */
function quietness(args: readonly string[]): number {
  return separateFlags(args).filter((arg) => arg === '-q' || arg === '--quiet').length
}

function separateFlags(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--')
  const before = end === -1 ? args : args.slice(0, end)
  return before.flatMap((arg) => (/^-[qv46]{2,}$/.test(arg) ? Array.from(arg.slice(1), (c) => `-${c}`) : arg))
}
