import type { ValueType } from './value-type.ts'

/** The groups of flags, in the order in which help and documentation show them. */
export const GROUPS = {
  fetch: 'What to fetch',
  serve: 'What to serve',
  test: 'What to test',
  target: 'Target',
  connection: 'Connection',
  limits: 'Time limits',
  output: 'Output',
} as const

export type Group = keyof typeof GROUPS

/** Why a flag cannot be left out. */
export interface Requirement {
  readonly missing: string
  readonly hint: string
  /** The key of a flag that takes its place. */
  readonly unless?: string
}

/**
 * One flag of a command. The parser, the help and the documentation all come from it. Its long name is its key in `Flags`:
 * `peerId` is `--peer-id`.
 */
export interface Flag<Value> {
  readonly group: Group
  /** Begins with a lower-case letter and has no full stop. */
  readonly description: string
  /** More, for the documentation only: whole sentences. */
  readonly details?: string
  /** One letter or digit. */
  readonly short?: string
  /** What it takes; undefined for a flag without a value. */
  readonly type?: ValueType<unknown>
  readonly repeatable?: true
  /** What the command gets when the flag is left out; undefined for a required flag, which is never left out. */
  readonly default: Value | undefined
  readonly required?: Requirement
  /** Written `--no-NAME`, and sets false. */
  readonly negated?: true
  /** What `--no-NAME` means besides `--NAME VALUE`; it sets false. */
  readonly negation?: string
}

/** The flags of a command by their names in camel case. */
export interface Flags {
  readonly [key: string]: Flag<unknown>
}

/** What the command line sets. */
export type FlagValues<F extends Flags> = {
  readonly [Key in keyof F]: F[Key] extends Flag<infer Value> ? Value : never
}

type Extra = Pick<Flag<unknown>, 'short' | 'details'>

/** A flag that is off when it is left out. */
export function switchFlag(group: Group, description: string, extra: Extra = {}): Flag<boolean> {
  return { group, description, ...extra, default: false }
}

/** A flag `--no-NAME` for something that is on when it is left out. */
export function offFlag(group: Group, description: string, extra: Extra = {}): Flag<boolean> {
  return { group, description, ...extra, default: true, negated: true }
}

/** A flag with a value that may be left out. */
export function optionalFlag<Value>(
  type: ValueType<Value>,
  group: Group,
  description: string,
  extra: Extra & { readonly required?: Requirement & { readonly unless: string } } = {},
): Flag<Value | undefined> {
  return { type, group, description, ...extra, default: undefined }
}

/** A flag with a value that applies when it is left out. */
export function defaultFlag<Value>(
  type: ValueType<Value>,
  group: Group,
  description: string,
  value: NoInfer<Value>,
  extra: Extra = {},
): Flag<Value> {
  return { type, group, description, ...extra, default: value }
}

/** A flag with a value that cannot be left out. */
export function requiredFlag<Value>(
  type: ValueType<Value>,
  group: Group,
  description: string,
  extra: Extra & { readonly required: Requirement },
): Flag<Value> {
  return { type, group, description, ...extra, default: undefined }
}

/** A flag that may be given several times. */
export function repeatableFlag<Value>(
  type: ValueType<Value>,
  group: Group,
  description: string,
  extra: Extra = {},
): Flag<readonly Value[]> {
  return { type, group, description, ...extra, repeatable: true, default: [] }
}

/** `--peer-id` for the key `peerId`. */
export function longName(key: string, { negated }: Pick<Flag<unknown>, 'negated'>): string {
  const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  return `--${negated === true ? 'no-' : ''}${name}`
}

/** The default as it would be typed; undefined where there is none to show. */
export function shownDefault({ type, default: value, repeatable }: Flag<unknown>): string | undefined {
  if (type === undefined || value === undefined || repeatable === true) return undefined
  return type.show(value)
}

/** The flags in the order of their groups; within a group in their own. */
export function inGroups(flags: Flags): readonly (readonly [key: string, flag: Flag<unknown>])[] {
  const entries = Object.entries(flags)
  return (Object.keys(GROUPS) as Group[]).flatMap((group) =>
    entries.filter(([, flag]) => flag.group === group),
  )
}
