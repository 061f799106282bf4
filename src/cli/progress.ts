import type { FetchProgress } from '../report/model/progress.ts'
import { renderProgress, renderProgressLine } from '../report/text/progress.ts'
import type { CliEnv } from './env.ts'
import type { OutputFlags } from './flags/output.ts'
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
  let isDrawn = false
  let nextLineMs = LINE_EVERY_MS
  let stage: FetchProgress['stage'] | undefined
  // a failure to print progress must not end a download
  const write = (text: string) => void stderr.write(text).catch(() => undefined)
  return {
    show: (progress) => {
      if (progress.stage !== stage) nextLineMs = LINE_EVERY_MS
      stage = progress.stage
      if (isBar) {
        isDrawn = true
        write(`\r${renderProgress(progress, paperOf(flags, stderr, env))}\u001b[K`)
      } else if (progress.elapsedMs >= nextLineMs) {
        nextLineMs = progress.elapsedMs + LINE_EVERY_MS
        write(`${renderProgressLine(progress)}\n`)
      }
    },
    end: () => {
      if (isDrawn) write('\r\u001b[K')
    },
  }
}
