import { demo } from '../../report/model/demo.ts'
import type { SessionOptions } from '../../run/options.ts'
import { defineCommand } from '../command/row.ts'
import { OUTPUT_FLAGS, TRACE_FLAG } from '../flags/output.ts'
import { tracer } from '../tracer.ts'
import { demoPorts } from '../../library/system-ports.ts'

export const command = defineCommand({
  description:
    'Start a seeder on a free loopback port, connect to it, fetch a block and verify it. Needs no network.',
  insteadOfWords: 'nothing behind the command',
  flags: { trace: TRACE_FLAG, ...OUTPUT_FLAGS },
  examples: ['demo', 'demo --trace', 'demo --json'],
  document: demo,
  options: async (_, flags, env) => ({ trace: await tracer(flags, env) }),
  useCase: async ({ trace }: Pick<SessionOptions, 'trace'>, ports) => {
    const [{ demo }, loaded] = await Promise.all([import('../../run/demo.ts'), ports().then(demoPorts)])
    return demo(trace, loaded)
  },
  text: async () => (await import('../../report/text/demo.ts')).renderDemoText,
})
