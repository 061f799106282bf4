import { defaultFlag, type Flag, type FlagValues, switchFlag } from '../command/flag.ts'
import { COLOR } from './types.ts'

/** False is `--no-color`. */
const color: Flag<'auto' | 'always' | 'never' | false> = {
  ...defaultFlag(COLOR, 'output', 'auto, always or never', 'auto'),
  details: '`auto` colors the text on a terminal. `NO_COLOR` and `FORCE_COLOR` are honored.',
  negation: 'the same as --color never',
}

/** Flags of every command. */
export const OUTPUT_FLAGS = {
  json: switchFlag('output', 'print one JSON document instead of text'),
  quiet: switchFlag('output', 'print nothing for people: only the exit code tells', { short: 'q' }),
  verbose: switchFlag('output', 'show more: where the time went, every attempt', { short: 'v' }),
  color,
}

export type OutputFlags = FlagValues<typeof OUTPUT_FLAGS>

/** A flag of the commands that hold sessions. */
export const TRACE_FLAG = switchFlag('output', 'print each message on stderr as it comes and goes')
