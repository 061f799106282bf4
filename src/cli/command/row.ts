import type { Schema } from '../../base/schema/schema.ts'
import type { Envelope } from '../../report/model/envelope.ts'
import type { TextOptions } from '../../report/text/layout.ts'
import type { CliEnv, UseCase } from '../env.ts'
import type { OutputFlags } from '../flags/output.ts'
import type { FormatName } from './formats.ts'
import { type Flags, type FlagValues } from './flag.ts'
import { runCommand } from './run.ts'
import type { Completion } from './value-type.ts'

/** What may follow a command without a flag. */
export interface Words {
  /** As in the usage line, such as `PEER [TORRENT]`. */
  readonly usage: string
  readonly description: string
  readonly completion: Completion
}

/** How a report is printed; with `ndjson` it has been printed as it came. */
export type Format = FormatName | 'ndjson' | 'text' | 'none'

/** Everything about a command that can be said without running it. */
export interface CommandDefinition {
  /** One sentence or two, for the top of its help. */
  readonly description: string
  readonly words?: Words
  /** For a command without words: what to type in their place. */
  readonly insteadOfWords?: string
  /** Its own before the shared ones. */
  readonly flags: Flags
  /** Command lines without the name of the program, each with what it does where that needs saying. */
  readonly examples: readonly (string | readonly [line: string, meaning: string])[]
  /** A page of the documentation that says more, with its title. */
  readonly page?: readonly [title: string, file: string]
  /** What `--json` prints. */
  readonly document: Schema<object>
  /** One line of what `--ndjson` prints. */
  readonly eventDocument?: Schema
}

/** What was typed after the command. */
export interface Asked<F extends Flags> {
  readonly words: readonly string[]
  readonly flags: FlagValues<F>
}

/** What prints while the use case runs. */
export interface Live<Options> {
  /** Added to the options of the use case. */
  readonly options: Partial<Options>
  /** Resolves when all has been printed. */
  end(): void | Promise<void>
}

/** The same, and how it runs: flags to the options of a use case, and its report to text. */
export interface CommandRow<F extends Flags, Options, Report> extends CommandDefinition {
  readonly flags: F
  readonly document: Schema<Report & object>
  /** What is printed in place of running; undefined to run. */
  readonly answer?: (flags: FlagValues<F>) => Promise<string | undefined>
  /** @throws PeerError for flags that contradict each other */
  readonly options: (
    words: readonly string[],
    flags: FlagValues<F>,
    env: CliEnv,
  ) => NoInfer<Options> | Promise<NoInfer<Options>>
  /** @param stop ends the use case when it is aborted */
  readonly live?: (
    flags: FlagValues<F>,
    env: CliEnv,
    stop: AbortController,
  ) => Live<NoInfer<Options>> | Promise<Live<NoInfer<Options>>>
  readonly useCase: UseCase<Options, NoInfer<Report>>
  /** Reads what the report will be held against; called before the use case. */
  readonly check?: (
    flags: FlagValues<F>,
    document: Schema<object>,
  ) => (report: NoInfer<Report>) => NoInfer<Report>
  /** Loaded when there is something to render. */
  readonly text: () => Promise<(report: NoInfer<Report>, options: TextOptions, asked: Asked<F>) => string>
  /** Which format the flags ask for; by the flags of every command when this is left out. */
  readonly format?: (flags: FlagValues<F>, env: CliEnv) => Format
  /** Whether stdout carries data: then text goes to stderr, and no document can be printed. */
  readonly dataOnStdout?: (flags: FlagValues<F>) => boolean
  /** Reorders its part of the command line before anything reads it. */
  readonly arrange?: (args: readonly string[]) => readonly string[]
}

/** What a command line asks of a command. */
export interface Invocation {
  /** The name of the command. */
  readonly name: string
  readonly words: readonly string[]
  /** Of every flag of the command. */
  readonly flags: { readonly [key: string]: unknown }
  readonly env: CliEnv
}

/** A command, whatever its flags, options and report are. */
export interface Command extends CommandDefinition {
  readonly arrange: (args: readonly string[]) => readonly string[]
  /** Resolves with the exit code. */
  run(invocation: Invocation): Promise<number>
}

/** A command from its row. `Options` are those of the use case, and `Report` is what its document describes. */
export function defineCommand<F extends Flags, Options extends object, Report extends Envelope<string>>(
  row: CommandRow<F, Options, Report> & { readonly flags: { readonly [Key in keyof OutputFlags]: unknown } },
): Command {
  return {
    ...row,
    arrange: row.arrange ?? ((args) => args),
    run: (invocation) => runCommand(row, invocation),
  }
}
