import {
  countFlag,
  defaultFlag,
  type Flag,
  type FlagValues,
  optionalFlag,
  switchFlag,
} from '../command/flag.ts'
import { FORMAT_NAMES, type FormatName, FORMATS } from '../command/formats.ts'
import { COLOR, FILE, FORMAT, TEMPLATE } from './types.ts'

/** False is `--no-color`. */
const color: Flag<'auto' | 'always' | 'never' | false> = {
  ...defaultFlag(COLOR, 'output', 'auto, always or never', 'auto'),
  details: '`auto` colors the text on a terminal. `NO_COLOR` and `FORCE_COLOR` are honored.',
  negation: 'the same as --color never',
}

const formatFlags = Object.fromEntries(
  FORMAT_NAMES.map((name) => [name, switchFlag('output', FORMATS[name].description)]),
) as { readonly [Name in FormatName]: Flag<boolean> }

/** Flags that every command has. */
export const OUTPUT_FLAGS = {
  ...formatFlags,
  format: optionalFlag(FORMAT, 'output', 'text, json, or line: one line per peer'),
  writeOut: optionalFlag(TEMPLATE, 'output', "print values instead: '%{client} %{timing.handshakeMs}\\n'", {
    short: 'w',
    details: 'See [templates](output.md#templates).',
  }),
  quiet: countFlag('output', 'no report; on failure one line on stderr; -qq: nothing at all', {
    short: 'q',
  }),
  verbose: switchFlag('output', 'show more: where the time went, every attempt', { short: 'v' }),
  color,
  ascii: switchFlag('output', 'print only ASCII, as without UTF-8 in LC_ALL, LC_CTYPE or LANG'),
}

export type OutputFlags = FlagValues<typeof OUTPUT_FLAGS>

/** A flag of the commands that hold sessions. */
export const TRACE_FLAG = switchFlag('output', 'print each message on stderr as it comes and goes')

/** A flag of the commands that hold sessions or serve. */
export const TRACE_FILE_FLAG = optionalFlag(FILE, 'output', 'write every event to a new file, one per line', {
  details: 'See [the trace](output.md#trace).',
})

/** A flag of the commands that connect or listen. */
export const CAPTURE_FLAG = optionalFlag(
  FILE,
  'output',
  'write a capture for Wireshark to a new pcapng file, decrypted and with block data',
  { details: 'See [the capture](output.md#capture).' },
)

/** A flag of the commands that connect or listen. */
export const REDACT_FLAG = switchFlag(
  'output',
  'replace addresses, hashes, ids and names with pseudonyms in all output',
  { details: 'See [redaction](output.md#redaction).' },
)
