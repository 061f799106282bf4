import type { CliEnv } from './env.ts'
import { chosenFormat } from './command/formats.ts'
import type { OutputFlags } from './flags/output.ts'
import type { Paper } from '../report/text/page/paper.ts'
import { LivePanel } from './live-panel.ts'
import { canRedraw, paperOf } from './output.ts'

/** What a command shows while it works. */
export interface ProgressLine<Progress> {
  readonly options: { readonly progress?: (progress: Progress) => void }
  end(): Promise<void>
}

/**
 * On a terminal, one line that is redrawn at each step of a command; nothing elsewhere.
 * @param load loads what puts a step into one line, which is narrower than the paper
 */
export async function progressLine<Progress>(
  env: CliEnv,
  flags: OutputFlags & { readonly trace: boolean },
  load: () => Promise<(progress: Progress, paper: Paper) => string>,
): Promise<ProgressLine<Progress>> {
  const { stderr } = env
  const isShown = !flags.quiet && !flags.trace && chosenFormat(flags) === undefined
  if (!isShown || !canRedraw(stderr, env)) return { options: {}, end: () => Promise.resolve() }
  const words = await load()
  const panel = new LivePanel(stderr)
  const progress = (step: Progress) => {
    // a failure to print progress must not end the command
    panel.draw(() => [words(step, paperOf(flags, stderr, env))]).catch(() => undefined)
  }
  return { options: { progress }, end: () => panel.clear() }
}
