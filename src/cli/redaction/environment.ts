import { randomBytes } from 'node:crypto'
import { Redactor } from '../../report/redact/redactor.ts'
import { COMMANDS, COMMAND_NAMES } from '../commands/table.ts'
import type { CliEnv, OutputStream } from '../env.ts'
import { learnArguments } from './arguments.ts'

/** Length of the secret from which pseudonyms are derived, in bytes. */
const KEY_LENGTH = 32

/** The environment of a run whose output is redacted. Its streams replace what is left in texts. @param args as they were typed */
export async function redacting(env: CliEnv, args: readonly string[]): Promise<CliEnv> {
  const name = COMMAND_NAMES.find((one) => one === args[0])
  const command = name === undefined ? undefined : (await COMMANDS[name].load()).command
  const { document, eventDocument } = command ?? {}
  const schemas = [document, eventDocument].filter((schema) => schema !== undefined)
  const redactor = new Redactor(randomBytes(KEY_LENGTH), schemas)
  learnArguments(args.slice(1), command?.flags ?? {}, redactor.pseudonyms)
  return {
    ...env,
    redactor,
    stdout: redactedStream(env.stdout, redactor),
    stderr: redactedStream(env.stderr, redactor),
  }
}

function redactedStream(stream: OutputStream, redactor: Redactor): OutputStream {
  return {
    get isTty() {
      return stream.isTty
    },
    get columns() {
      return stream.columns
    },
    onResize: stream.onResize,
    // bytes are data of -o -, which is not redacted
    write: (data) => stream.write(typeof data === 'string' ? redactor.text(data) : data),
  }
}
