import * as s from '../../base/schema/schema.ts'
import { envelope } from './envelope.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const

export const completion = s.object({
  ...envelope('completion'),
  shell: s.nullable(s.words(SHELLS)),
  script: s.nullable(s.text),
})

/** The document of `completion`. */
export interface CompletionReport extends s.Infer<typeof completion> {}
