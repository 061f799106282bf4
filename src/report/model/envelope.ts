import { ERROR_CODES, type ErrorCode } from '../../base/errors.ts'
import { PHASES } from '../../base/phase.ts'
import * as s from '../../base/schema/schema.ts'

export const phase = s.named('phase', s.words(PHASES))

export const error = s.named(
  'error',
  s.object({
    code: s.words(Object.keys(ERROR_CODES) as readonly ErrorCode[]),
    phase: s.nullable(phase),
    message: s.text,
    hint: s.described(s.nullable(s.text), 'what to try'),
  }),
)

/** Why a command ended early. */
export interface ErrorReport extends s.Infer<typeof error> {}

/** The keys that every document begins with. */
export function envelope<const Command extends string>(command: Command) {
  return {
    schema: s.literal<`peerwire.${Command}/1`>(`peerwire.${command}/1`),
    version: s.text,
    ok: s.described(s.boolean, 'true exactly when exitCode is 0'),
    exitCode: s.integer,
    error: s.nullable(error),
  } as const satisfies s.Properties
}

/** The keys that every document begins with. */
export interface Envelope<Command extends string> extends s.InferObject<
  ReturnType<typeof envelope<Command>>
> {}

/** What is printed when the command line names no command. */
export interface PlainErrorReport extends Envelope<'error'> {}

export const plainError = s.object(envelope('error'))
