import type { SessionOptions } from '../run/options.ts'
import { MAX_UNWRITTEN_TRACE } from '../base/limits.ts'
import type { CliEnv, OutputStream } from './env.ts'
import type { OutputFlags } from './flags/output.ts'
import { round } from '../base/round.ts'
import { paperOf } from './output.ts'

/** The observer for `--trace`: one line per event on stderr, as it happens. */
export async function tracer(
  flags: Pick<OutputFlags, 'color' | 'ascii'> & { readonly trace: boolean },
  env: CliEnv,
): Promise<SessionOptions['trace']> {
  if (!flags.trace) return undefined
  const { renderTraceLine } = await import('../report/trace-lines.ts')
  const paper = paperOf(flags, env.stderr, env)
  const lines = new TraceLines(env.stderr)
  return (event) => lines.add(() => renderTraceLine(event, round(event.at), paper))
}

/** Writes lines as fast as they are read. When too many are waiting, further lines are dropped and counted. */
class TraceLines {
  readonly #stderr: OutputStream
  #waiting = 0
  #leftOut = 0

  constructor(stderr: OutputStream) {
    this.#stderr = stderr
  }

  add(render: () => string): void {
    if (this.#waiting >= MAX_UNWRITTEN_TRACE) {
      this.#leftOut++
      return
    }
    const gap =
      this.#leftOut === 0 ? '' : `(${this.#leftOut} events left out: they came faster than they are read)\n`
    this.#leftOut = 0
    const text = gap + render()
    this.#waiting += text.length
    const written = () => {
      this.#waiting -= text.length
    }
    // a trace is a by-product: if it can no longer be written, the session continues
    this.#stderr.write(text).then(written, written)
  }
}
