import type { SessionOptions } from '../../run/options.ts'
import type { RedactedOptions } from './options.ts'

/** The options with a trace that is redacted if they say so. Without a trace, the redactor still learns from the events. */
export function withRedactedTrace<Options extends Pick<SessionOptions, 'trace'> & RedactedOptions>(
  options: Options,
): Options {
  const { redactor, trace } = options
  if (redactor === undefined) return options
  const redacted: SessionOptions['trace'] = (event) => {
    for (const replaced of redactor.events(event)) trace?.(replaced)
  }
  return { ...options, trace: redacted }
}
