import type { SessionOptions } from '../run/options.ts'
import type { CliEnv } from './env.ts'
import type { OutputFlags } from './flags.ts'
import { round } from '../base/round.ts'
import { useColor } from './output.ts'

/** What `--trace` hangs on a session: one line an event on stderr, as it happens. */
export async function tracer(
  flags: OutputFlags & { readonly trace?: true },
  env: CliEnv,
): Promise<SessionOptions['trace']> {
  if (flags.trace !== true) return undefined
  const { renderTraceLine } = await import('../report/trace-lines.ts')
  const color = useColor(flags.color, env.stderr, env)
  return (event, startedAt) => {
    // a trace is a by-product: when nobody can take it any more, the session goes on
    void env.stderr.write(renderTraceLine(event, round(event.at - startedAt), color)).catch(() => undefined)
  }
}
