import type { ValueType } from './value-type.ts'

/** The groups of flags, in the order in which help and documentation show them. */
export const GROUPS = {
  target: 'Target',
  fetch: 'What to fetch',
  serve: 'What to serve',
  test: 'What to test',
  connection: 'Connection',
  limits: 'Time limits',
  output: 'Output',
} as const

export type Group = keyof typeof GROUPS

/** Why a flag is required. */
export interface Requirement {
  readonly missing: string
  readonly hint: string
  /** The key of a flag that can be used instead. */
  readonly unless?: string
}

/**
 * One flag of a command. The parser, the help and the documentation are all generated from it. Its long name is derived from
 * its key in `Flags`: `peerId` is `--peer-id`.
 */
export interface Flag<Value> {
  readonly group: Group
  /** Starts with a lower-case letter and has no final full stop. */
  readonly description: string
  /** Details for the documentation only, in full sentences. */
  readonly details?: string
  /** One letter or digit. */
  readonly short?: string
  /** The type of its value; undefined for a flag without a value. */
  readonly type?: ValueType<unknown>
  readonly repeatable?: true
  /** A flag without a value, whose value is how often it was typed. */
  readonly counted?: true
  /** The value when the flag is omitted; undefined for a required flag, which cannot be omitted. */
  readonly default: Value | undefined
  readonly required?: Requirement
  /** The flag is `--no-NAME` and sets false. */
  readonly negated?: true
  /** The description of `--no-NAME`, which sets false, in addition to `--NAME VALUE`. */
  readonly negation?: string
}

/** The flags of a command, by name in camel case. */
export interface Flags {
  readonly [key: string]: Flag<unknown>
}

/** The values that the command line sets. */
export type FlagValues<F extends Flags> = {
  readonly [Key in keyof F]: F[Key] extends Flag<infer Value> ? Value : never
}

type Extra = Pick<Flag<unknown>, 'short' | 'details'>

/** A flag that is off by default. */
export function switchFlag(group: Group, description: string, extra: Extra = {}): Flag<boolean> {
  return { group, description, ...extra, default: false }
}

/** A flag without a value that may be repeated, as in `-qq`; its value is the number. */
export function countFlag(group: Group, description: string, extra: Extra = {}): Flag<number> {
  return { group, description, ...extra, counted: true, default: 0 }
}

/** A flag `--no-NAME` for something that is on by default. */
export function offFlag(group: Group, description: string, extra: Extra = {}): Flag<boolean> {
  return { group, description, ...extra, default: true, negated: true }
}

/** An optional flag with a value and no default. */
export function optionalFlag<Value>(
  type: ValueType<Value>,
  group: Group,
  description: string,
  extra: Extra & { readonly required?: Requirement & { readonly unless: string } } = {},
): Flag<Value | undefined> {
  return { type, group, description, ...extra, default: undefined }
}

/** A flag with a default value. */
export function defaultFlag<Value>(
  type: ValueType<Value>,
  group: Group,
  description: string,
  value: NoInfer<Value>,
  extra: Extra = {},
): Flag<Value> {
  return { type, group, description, ...extra, default: value }
}

/** A required flag with a value. */
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

/** The default as a user would write it; undefined if there is none to show. */
export function shownDefault({ type, default: value, repeatable }: Flag<unknown>): string | undefined {
  if (type === undefined || value === undefined || repeatable === true) return undefined
  return type.show(value)
}

/** The flags in the order of their groups; within a group, in their own order. */
export function inGroups(flags: Flags): readonly (readonly [key: string, flag: Flag<unknown>])[] {
  const entries = Object.entries(flags)
  return (Object.keys(GROUPS) as Group[]).flatMap((group) =>
    entries.filter(([, flag]) => flag.group === group),
  )
}
