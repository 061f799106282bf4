import type { Command, Option } from 'commander'
import type { PeerError } from '../base/errors.ts'
import { FORMAT_NAMES } from './command/formats.ts'
import { usage } from './options.ts'

/** Flags without a value that are also accepted before the command. */
const LEADING = new RegExp(
  `^(?:--(?:${[...FORMAT_NAMES, 'ndjson'].join('|')}|quiet|verbose|trace|no-color|ascii)|-[qv]+)$`,
)

/**
 * Normalizes the command line: `help X`, `X help` and `version` become flags, and flags that every command has may also
 * precede it.
 */
export function readCommandLine(argv: readonly string[], commands: readonly string[]): readonly string[] {
  const [first, second] = argv
  if (first === 'help') return [...argv.slice(1), '--help']
  if (first === 'version') return ['--version', ...argv.slice(1)]
  if (second === 'help' && argv.length === 2) return [...argv.slice(0, 1), '--help']
  const at = argv.findIndex((arg) => !LEADING.test(arg))
  const name = argv[at]
  if (at < 1 || name === undefined || !commands.includes(name)) return argv
  return [name, ...argv.slice(0, at), ...argv.slice(at + 1)]
}

/**
 * Rejects arguments that commander would misread: a long flag with one dash, which it parses as a short flag with a value,
 * and a flag where a value is expected.
 * @throws PeerError E_USAGE
 */
export function checkFlags(args: readonly string[], { options }: Command): void {
  const end = args.indexOf('--')
  const before = end === -1 ? args : args.slice(0, end)
  const named = (arg: string | undefined): Option | undefined =>
    options.find(({ long, short }) => arg !== undefined && (arg === long || arg === short))
  for (const [i, arg] of before.entries()) {
    const [, dashed = ''] = /^[\u2010-\u2015\u2212]+(\w.*)$/.exec(arg) ?? []
    if (dashed !== '') {
      throw usage(
        `"${arg.slice(0, 40)}" begins with a dash that is not -`,
        `use ${dashed.length > 1 ? '--' : '-'}${dashed}`,
      )
    }
    const [, word = ''] = /^-([a-z][a-z0-9-]{2,})(?:=.*)?$/.exec(arg) ?? []
    const meant = options.find(({ long }) => long?.replaceAll('-', '') === word.replaceAll('-', ''))
    if (meant !== undefined) throw usage(`-${word} has one dash`, `use ${meant.long}`)
    const option = named(arg)
    if (option?.required === true && named(before[i + 1]) !== undefined) {
      throw usage(`${arg} lacks its value: the flag ${before[i + 1]} follows`, 'use a value after the flag')
    }
  }
}

/** Names of flags in other tools, and the equivalents here. */
const OTHER_NAMES: readonly (readonly [names: RegExp, flag: string, hint: string])[] = [
  [/^--(?:utp|tcp)$/, '--transport', 'use --transport $&'],
  [/^(?:--udp|-u)$/, '--transport', 'use --transport utp'],
  [/^--(?:hash|infohash|magnet|info_hash)$/, '--info-hash', 'use -i with the hash or magnet link'],
  [/^--(?:file|torrent-file)$/, '--torrent', 'use -t with the .torrent file'],
  [/^--(?:socks|socks5|socks5h)$/, '--proxy', 'use --proxy socks5://host:port'],
  [/^--(?:mse|encrypt|encrypted|crypto)$/, '--encryption', 'use --encryption require'],
  [/^--(?:no-encryption|no-mse|plaintext)$/, '--encryption', 'use --encryption off'],
  [/^(?:-p|--index|--pieces)$/, '--piece', 'use --piece with the index of the piece'],
  [/^(?:-p|--port|--bind|-l)$/, '--listen', 'use --listen 127.0.0.1:PORT'],
  [/^(?:-d|--dir|--folder|--path)$/, '--data', 'use --data FOLDER'],
  [/^(?:-d|--dir|--folder|--out|--output-dir)$/, '--output', 'use -o and where to write'],
  [/^(?:-f|--overwrite)$/, '--force', 'use --force'],
  [/^(?:-o|--out|--output|--log)$/, '--report', 'use --report FILE.txt, or > FILE'],
  [/^(?:-p|--port)$/, '--connect-timeout', 'the port is part of the peer: HOST:PORT'],
  [/^--(?:peer|host|ip|address)$/, '--connect-timeout', 'the peer has no flag: HOST:PORT'],
  [
    /^(?:-i|--info-hash|-t|--torrent)$/,
    '--connect-timeout',
    'no torrent is needed here; peerwire connect takes one',
  ],
  [/^(?:-j)$/, '--json', 'use --json'],
]

/** A more helpful error than commander's for an unknown flag; undefined if there is none. */
export function misnamedFlag(flag: string, { options }: Command): PeerError | undefined {
  const has = (long: string) => options.some((option) => option.long === long)
  const [name = ''] = flag.split('=', 1)
  if (name !== flag && has(name)) return usage(`${name} takes no value`, `use ${name}`)
  const other = OTHER_NAMES.find(([names, long]) => names.test(name) && has(long))
  if (other !== undefined) return usage(`unknown option ${name}`, other[2].replace('$&', name.slice(2)))
  const negated = name.replace(/^--no-/, '--')
  return negated !== name && has(negated)
    ? usage(`unknown option ${name}`, `leave it out: ${negated} is off by default`)
    : undefined
}
