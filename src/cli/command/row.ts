import type { Schema } from '../../base/schema/schema.ts'
import type { Envelope } from '../../report/model/envelope.ts'
import type { TextOptions } from '../../report/text/page/page.ts'
import type { CliEnv, UseCase } from '../env.ts'
import type { OutputFlags } from '../flags/output.ts'
import type { FormatName } from './formats.ts'
import { type Flags, type FlagValues } from './flag.ts'
import { runCommand } from './run.ts'
import type { Completion } from './value-type.ts'

/** The positional arguments of a command. */
export interface Words {
  /** Their form in the usage line, such as `PEER [TORRENT]`. */
  readonly usage: string
  readonly description: string
  readonly completion: Completion
}

/** How a report is printed; with `ndjson`, it was already printed as events. */
export type Format = FormatName | 'ndjson' | 'text' | 'line' | 'none'

/** Everything about a command that is known without running it. */
export interface CommandDefinition {
  /** One or two sentences for the top of its help. */
  readonly description: string
  readonly words?: Words
  /** For a command without positional arguments: what to use instead of them. */
  readonly insteadOfWords?: string
  /** Its own flags first, then the shared ones. */
  readonly flags: Flags
  /** Command lines without the program name, each with an explanation if it needs one. */
  readonly examples: readonly (string | readonly [line: string, meaning: string])[]
  /** A page of the documentation with more details, and its title. */
  readonly page?: readonly [title: string, file: string]
  /** The schema of the document that `--json` prints. */
  readonly document: Schema<object>
  /** The schema of one line of `--ndjson`. */
  readonly eventDocument?: Schema
}

/** The arguments of a command, parsed. */
export interface Asked<F extends Flags> {
  readonly words: readonly string[]
  readonly flags: FlagValues<F>
}

/** Output while the use case runs. */
export interface Live<Options> {
  /** Merged into the options of the use case. */
  readonly options: Partial<Options>
  /** Resolves when everything has been printed. */
  end(): void | Promise<void>
}

/** A definition and how to run it: from flags to the options of a use case, and from its report to text. */
export interface CommandRow<F extends Flags, Options, Report> extends CommandDefinition {
  readonly flags: F
  readonly document: Schema<Report & object>
  /** Text to print instead of running the command; undefined to run it. */
  readonly answer?: (flags: FlagValues<F>, env: CliEnv) => Promise<string | undefined>
  /** @throws PeerError for flags that contradict each other */
  readonly options: (
    words: readonly string[],
    flags: FlagValues<F>,
    env: CliEnv,
  ) => NoInfer<Options> | Promise<NoInfer<Options>>
  /** @param stop abort it to end the use case */
  readonly live?: (
    flags: FlagValues<F>,
    env: CliEnv,
    stop: AbortController,
  ) => Live<NoInfer<Options>> | Promise<Live<NoInfer<Options>>>
  readonly useCase: UseCase<Options, NoInfer<Report>>
  /** Parses the expectations for the report; called before the use case. */
  readonly check?: (
    flags: FlagValues<F>,
    document: Schema<object>,
  ) => (report: NoInfer<Report>) => Promise<NoInfer<Report>>
  /** Loads the renderer, only when there is something to render. */
  readonly text: () => Promise<(report: NoInfer<Report>, options: TextOptions, asked: Asked<F>) => string>
  /** The format that the flags select. Default: decided by the flags that every command has. */
  readonly format?: (flags: FlagValues<F>, env: CliEnv) => Format
  /** It prints `-w` and `--format line` itself, for each of its peers, and not for its report. */
  readonly printsPeers?: true
  /** Whether stdout carries data. Text then goes to stderr, and no document can be printed. */
  readonly dataOnStdout?: (flags: FlagValues<F>) => boolean
  /** Reorders its part of the command line before anything reads it. */
  readonly arrange?: (args: readonly string[]) => readonly string[]
}

/** One invocation of a command, from the command line. */
export interface Invocation {
  /** The name of the command. */
  readonly name: string
  readonly words: readonly string[]
  /** The value of every flag of the command. */
  readonly flags: { readonly [key: string]: unknown }
  /** The arguments as they were typed, without the name of the command. */
  readonly typed: readonly string[]
  readonly env: CliEnv
}

/** A command, independent of the types of its flags, options and report. */
export interface Command extends CommandDefinition {
  readonly arrange: (args: readonly string[]) => readonly string[]
  /** Resolves with the exit code. */
  run(invocation: Invocation): Promise<number>
}

/** Makes a command from its row. `Options` are those of the use case; `Report` is the type that its document describes. */
export function defineCommand<F extends Flags, Options extends object, Report extends Envelope<string>>(
  row: CommandRow<F, Options, Report> & { readonly flags: { readonly [Key in keyof OutputFlags]: unknown } },
): Command {
  return {
    ...row,
    arrange: row.arrange ?? ((args) => args),
    run: (invocation) => runCommand(row, invocation),
  }
}
