import type { CliEnv } from './env.ts'
import { chosenFormat } from './command/formats.ts'
import type { OutputFlags } from './flags/output.ts'
import type { Paper } from '../report/text/page/page.ts'
import { LivePanel } from './live-panel.ts'
import { canRedraw, paperOf } from './output.ts'

/** What a command shows while it works. */
export interface ProgressLine<Progress> {
  readonly options: { readonly progress?: (progress: Progress) => void }
  end(): Promise<void>
}

/**
 * On a terminal, one line that is redrawn at each step of a command; nothing elsewhere.
 * @param load loads what puts a step into words
 */
export async function progressLine<Progress>(
  env: CliEnv,
  flags: OutputFlags & { readonly trace: boolean },
  load: () => Promise<(progress: Progress, paper: Paper) => string>,
): Promise<ProgressLine<Progress>> {
  const { stderr } = env
  const isShown = !flags.quiet && !flags.trace && chosenFormat(flags) === undefined
  if (!isShown || !canRedraw(stderr, env)) return { options: {}, end: () => Promise.resolve() }
  const [words, { makePage }] = await Promise.all([load(), import('../report/text/page/page.ts')])
  const panel = new LivePanel(stderr)
  const progress = (step: Progress) => {
    const paper = paperOf(flags, stderr, env)
    const page = makePage(paper)
    // a failure to print progress must not end the command
    panel.draw([page.cut(words(step, paper), page.width - 1)]).catch(() => undefined)
  }
  return { options: { progress }, end: () => panel.clear() }
}
