import { ERROR_CODES, type ErrorCode } from '../base/errors.ts'
import { PHASES } from '../base/phase.ts'
import * as s from '../base/schema/schema.ts'

export const phase = s.named('phase', s.words(PHASES))

/** The schema of an error, in traces and reports. */
export const failure = s.named(
  'error',
  s.object({
    code: s.words(Object.keys(ERROR_CODES) as readonly ErrorCode[]),
    phase: s.nullable(phase),
    message: s.text,
    hint: s.described(s.nullable(s.text), 'what to try'),
  }),
)

/** Why a command or an attempt ended early. */
export interface ErrorReport extends s.Infer<typeof failure> {}
