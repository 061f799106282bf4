import type { WhyProgress } from '../run/why/options.ts'
import type { CliEnv } from './env.ts'
import type { OutputFlags } from './flags/output.ts'
import { LivePanel } from './live-panel.ts'
import { canRedraw, paperOf } from './output.ts'

/** On a terminal, one line that says which connection is made now and why; nothing elsewhere. */
export async function whyProgress(
  env: CliEnv,
  flags: Pick<OutputFlags, 'color' | 'ascii'>,
): Promise<{ readonly show: (progress: WhyProgress) => void; readonly end: () => Promise<void> }> {
  const { stderr } = env
  if (!canRedraw(stderr, env)) return { show: () => undefined, end: () => Promise.resolve() }
  const [{ describeProbe }, { makePage }] = await Promise.all([
    import('../report/probe-words.ts'),
    import('../report/text/page/page.ts'),
  ])
  const panel = new LivePanel(stderr)
  return {
    show: ({ number, of, probe, reason }) => {
      const page = makePage(paperOf(flags, stderr, env))
      const line = `probing ${number} of at most ${of}: ${describeProbe(probe)}; ${reason}`
      // a failure to print progress must not end the command
      panel.draw([page.cut(line, page.width - 1)]).catch(() => undefined)
    },
    end: () => panel.clear(),
  }
}
