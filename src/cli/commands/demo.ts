import { Command } from 'commander'
import { renderJson } from '../../report/json.ts'
import type { CliEnv } from '../env.ts'
import { addOutputFlags, type OutputFlags } from '../flags.ts'
import { printReport } from '../output.ts'
import { tracer } from '../tracer.ts'

interface DemoFlags extends OutputFlags {
  readonly trace?: true
}

const EXAMPLES = `
Examples:
  peerwire demo
  peerwire demo --trace
  peerwire demo --json
`

export function demoCommand(env: CliEnv, done: (exitCode: number) => void): Command {
  const command = new Command('demo')
    .description(
      'Start a seeder on a free loopback port, connect to it, fetch a block and verify it. Needs no network.',
    )
    .addHelpText('after', EXAMPLES)
    .option('--trace', 'print each message on stderr as it comes and goes')
  return addOutputFlags(command).action(async (flags: DemoFlags) => {
    const report = await env.useCases.demo(await tracer(flags, env), env.signal)
    const { renderDemoText } = await import('../../report/text/demo.ts')
    done(await printReport(report, flags, env, { json: renderJson, text: renderDemoText }))
  })
}
