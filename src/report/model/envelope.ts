import * as s from '../../base/schema/schema.ts'
import { failure as error, phase } from '../../trace/failure.ts'
import { redacted } from '../../trace/redacted.ts'

export { error, phase }
export type { ErrorReport } from '../../trace/failure.ts'

/** The keys that every document begins with. */
export function envelope<const Command extends string>(command: Command) {
  return {
    schema: s.literal<`peerwire.${Command}/1`>(`peerwire.${command}/1`),
    version: s.text,
    ok: s.described(s.boolean, 'true exactly when exitCode is 0'),
    exitCode: s.integer,
    error: s.nullable(error),
    verdict: s.described(s.text, 'the result in a few words, as in the first line of the text'),
    startedAt: s.described(s.text, 'when the command started, RFC 3339'),
    redacted: s.described(s.nullable(redacted), 'what --redact replaced by pseudonyms; null without it'),
  } as const satisfies s.Properties
}

/** The keys that every document begins with. */
export interface Envelope<Command extends string> extends s.InferObject<
  ReturnType<typeof envelope<Command>>
> {}

/** What is printed when the command line names no command. */
export interface PlainErrorReport extends Envelope<'error'> {}

export const plainError = s.object(envelope('error'))
