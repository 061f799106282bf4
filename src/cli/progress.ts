import type { FetchProgress } from '../report/model/progress.ts'
import { renderProgress, renderProgressLine } from '../report/text/progress.ts'
import type { CliEnv } from './env.ts'
import type { OutputFlags } from './flags/output.ts'
import { LivePanel } from './live-panel.ts'
import { canRedraw, paperOf } from './output.ts'

/** Interval between lines when they are not redrawn, in milliseconds. */
const LINE_EVERY_MS = 5000

export interface ProgressPrinter {
  readonly show: (progress: FetchProgress) => void
  /** Clears the bar before other output. */
  readonly end: () => void
}

/** On a terminal, a bar on stderr that is redrawn in place; otherwise a line every few seconds. */
export function progressPrinter(
  flags: Pick<OutputFlags, 'color' | 'ascii'>,
  env: Pick<CliEnv, 'stderr' | 'variables'>,
): ProgressPrinter {
  const { stderr } = env
  const isBar = canRedraw(stderr, env)
  const panel = new LivePanel(stderr)
  let nextLineMs = LINE_EVERY_MS
  let stage: FetchProgress['stage'] | undefined
  return {
    show: (progress) => {
      if (progress.stage !== stage) nextLineMs = LINE_EVERY_MS
      stage = progress.stage
      if (isBar) {
        ignored(panel.draw(() => [renderProgress(progress, paperOf(flags, stderr, env))]))
      } else if (progress.elapsedMs >= nextLineMs) {
        nextLineMs = progress.elapsedMs + LINE_EVERY_MS
        ignored(stderr.write(`${renderProgressLine(progress)}\n`))
      }
    },
    end: () => ignored(panel.clear()),
  }
}

/** A failure to print progress must not end a download. */
function ignored(written: Promise<void>): void {
  written.catch(() => undefined)
}
