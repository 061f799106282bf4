import { Command } from 'commander'
import { parseExpectation, withExpectations } from '../../report/expect.ts'
import { renderJson } from '../../report/json.ts'
import { DOCUMENTS } from '../../report/model/documents.ts'
import type { CliEnv } from '../env.ts'
import { addOutputFlags, addSessionFlags, type SessionFlags, sessionOptions } from '../flags.ts'
import { usage } from '../options.ts'
import { printReport } from '../output.ts'
import { tracer } from '../tracer.ts'

interface MetadataFlags extends SessionFlags {
  readonly output?: string
  readonly force?: true
}

const EXAMPLES = `
Examples:
  peerwire metadata 192.0.2.7:6881 -i 0123456789abcdef0123456789abcdef01234567
  peerwire metadata 192.0.2.7:6881 -i 'magnet:?xt=urn:btih:...' -o x.torrent
`

export function metadataCommand(env: CliEnv, done: (exitCode: number) => void): Command {
  const command = new Command('metadata')
    .description('Fetch the info dictionary from one peer, check it against the hash, show what is in it.')
    .addHelpText('after', EXAMPLES)
  addSessionFlags(command)
    .option('-o, --output <file>', 'write a .torrent to a new file, or - for stdout')
    .option('--force', 'replace the file when it exists')
  return addOutputFlags(command).action(async (words: readonly string[], flags: MetadataFlags) => {
    done(await run(words, flags, env))
  })
}

async function run(words: readonly string[], flags: MetadataFlags, env: CliEnv): Promise<number> {
  const expectations = (flags.expect ?? []).map((text) => parseExpectation(text, DOCUMENTS.metadata))
  const { output } = flags
  if (output === '') throw usage('the output is empty', 'type -o and a file, or leave it out')
  if (flags.json === true && output === '-')
    throw usage('--json and -o - both want stdout', 'type -o and a file, or leave out --json')
  const session = await sessionOptions(words, flags, env)
  const report = await env.useCases.metadata(
    { ...session, output, force: flags.force === true, trace: await tracer(flags, env) },
    env.signal,
  )
  const { renderMetadataText } = await import('../../report/text/metadata.ts')
  return printReport(withExpectations(report, expectations), flags, env, {
    json: renderJson,
    text: renderMetadataText,
    stream: output === '-' ? env.stderr : env.stdout,
  })
}
