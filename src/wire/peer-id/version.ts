/**
 * How a client encodes its version in the four characters after its code. The input is untrusted: a rule that does not
 * match returns null, never a guess.
 */
export type VersionRule =
  | 'four-digits'
  | 'three-digits'
  | 'three-digits-only'
  | 'two-digits'
  | 'one-one-two'
  | 'one-by-three'
  | 'build-of-two'
  | 'pairs'
  | 'cachelogic'
  | 'deluge'
  | 'transmission'
  | 'rtorrent'
  | 'utorrent'
  | 'two-by-two'
  | 'two-by-two-trimmed'
  | 'ktorrent'
  | 'picotorrent'
  | 'xfplay'
  | 'fdm'
  | 'xbt'
  | 'major-only'
  | 'none'

/**
 * The version in the characters 3 to 6 of an Azureus-style id.
 * @param characters four characters, one per byte (Latin-1)
 * @returns null when they do not follow the rule
 * @see https://www.bittorrent.org/beps/bep_0020.html
 */
export function readVersion(rule: VersionRule, characters: string): string | null {
  return READERS[rule](characters)
}

/** Version of a µTorrent id with an extra digit and no closing dash, from its characters 3 to 7: `1110Q` is 1.1.10. */
export function readWideUtorrentVersion(characters: string): string | null {
  return matched(/^([0-9a-f])([0-9a-f])(\d\d)(.)$/is, characters, ([major, minor, patch, tag]) => {
    const numbers = dotted(`${major}${minor}`)
    return numbers === null ? null : `${numbers}.${Number(patch)}${utorrentTag(tag)}`
  })
}

/** Version of a KTorrent id with versions by year and month, from its characters 3 to 7: `22123` is 22.12.3. */
export function readWideKTorrentVersion(characters: string): string | null {
  return matched(
    /^(\d\d)(0[1-9]|1[0-2])(\d)$/,
    characters,
    ([year, month, patch]) => `${year}.${month}.${patch}`,
  )
}

const RULES_OF_DIGITS: ReadonlySet<VersionRule> = new Set([
  'four-digits',
  'three-digits',
  'three-digits-only',
  'deluge',
  'ktorrent',
  'utorrent',
])

/**
 * Version of an id whose closing dash follows three digits, as `-UT340-`.
 * @returns null for clients whose rule needs all four digits
 */
export function readShortVersion(rule: VersionRule, characters: string): string | null {
  return RULES_OF_DIGITS.has(rule)
    ? dotted(rule === 'utorrent' ? characters.toUpperCase() : characters)
    : null
}

/** Version of a BitLord id, from its characters 3 to 8: `246326` is 2.4.6-326. */
export function readBitLordVersion(characters: string): string | null {
  return matched(/^(\d)(\d)(\d)(\d{3})$/, characters, ([a, b, c, build]) => `${a}.${b}.${c}-${build}`)
}

const SHADOW_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.'

/** Version of a Shadow-style id: up to five characters, each one a base-64 digit, padded with dashes. */
export function readShadowVersion(characters: string): string | null {
  const numbers = Array.from(characters.replace(/-+$/, ''), (digit) => SHADOW_ALPHABET.indexOf(digit))
  return numbers.length === 0 || numbers.includes(-1) ? null : numbers.join('.')
}

const BASE_62 = SHADOW_ALPHABET.slice(0, 62)

/** Each character is one number: 0-9, then A = 10, then a = 36. */
function dotted(characters: string): string | null {
  const numbers = Array.from(characters, (digit) => BASE_62.indexOf(digit))
  return numbers.includes(-1) ? null : numbers.join('.')
}

const READERS: Readonly<Record<VersionRule, (characters: string) => string | null>> = {
  'four-digits': dotted,
  'three-digits': threeDigits,
  'three-digits-only': (text) => dotted(text.slice(0, 3)),
  'two-digits': (text) => dotted(text.slice(0, 2)),
  'one-one-two': (text) => matched(/^(\d)(\d)(\d\d)$/, text, ([a, b, c]) => `${a}.${b}.${c}`),
  'one-by-three': (text) => matched(/^(\d)(\d{3})$/, text, ([major, minor]) => `${major}.${minor}`),
  'build-of-two': (text) =>
    matched(/^(\d)(\d)(\d\d)$/, text, ([a, b, build]) => `${a}.${b} (${Number(build)})`),
  pairs: (text) => (text.match(/\d\d/g) ?? []).map(Number).join('.'),
  cachelogic: (text) => matched(/^(\d\d)(\d)(\w)$/, text, ([a, b, c]) => `${a}.${b}-${c}`),
  deluge,
  transmission,
  rtorrent,
  utorrent,
  'two-by-two': twoByTwo,
  'two-by-two-trimmed': twoByTwoTrimmed,
  ktorrent,
  picotorrent: (text) => matched(/^(\d)(\d\d)(\d)$/, text, ([a, b, c]) => `${a}.${b}.${c}`),
  xfplay: (text) =>
    matched(/^(\d)(\d)(\d)(\d)$/, text, ([a, b, c, d]) => `${a}.${b}.${c}${d === '0' ? '' : d}`),
  fdm: (text) => matched(/^(\d)(\d)(.)./s, text, ([a, b, c]) => dotted(`${a}${b}${c}`)),
  xbt: (text) =>
    matched(/^(\d)(\d)(\d)(d?)$/, text, ([a, b, c, d]) => `${a}.${b}.${c}${d === 'd' ? ' (debug)' : ''}`),
  'major-only': (text) => matched(/^(\d)/, text, ([major]) => `${major}.x`),
  none: () => null,
}

type Groups = readonly [string, string, string, string, string]

function matched(pattern: RegExp, text: string, render: (groups: Groups) => string | null): string | null {
  const match = pattern.exec(text)
  return match === null ? null : render(match.slice(1) as unknown as Groups)
}

function threeDigits(characters: string): string | null {
  const tag = characters.slice(3)
  return dotted(tag === '0' ? characters.slice(0, 3) : characters)
}

const DELUGE_STAGES: Readonly<Record<string, string>> = {
  a: ' (alpha)',
  b: ' (beta)',
  r: ' (rc)',
  D: ' (dev)',
}

function deluge(characters: string): string | null {
  const numbers = dotted(characters.slice(0, 3))
  return numbers === null ? null : numbers + (DELUGE_STAGES[characters.slice(3)] ?? '')
}

const TRANSMISSION_STAGES: Readonly<Record<string, string>> = { B: ' (beta)', Z: ' (dev)', X: ' (dev)' }

/** Three schemes over time: a minor version only, then X.YY up to 3.00, then three digits of base 62 from 4.0. */
function transmission(characters: string): string | null {
  if (/^000\d$/.test(characters)) return `0.${characters[3]}`
  if (/^00\d\d$/.test(characters)) return `0.${characters.slice(2)}`
  const tag = characters.slice(3)
  if (/^[0-3]/.test(characters)) {
    return matched(/^(\d)(\d\d)/, characters, ([major, minor]) => {
      return `${major}.${minor}${tag === 'Z' || tag === 'X' ? '+' : ''}`
    })
  }
  const numbers = dotted(characters.slice(0, 3))
  return numbers === null ? null : numbers + (TRANSMISSION_STAGES[tag] ?? '')
}

/** From 0.15 on the minor and the patch have two hex digits each; before, one base-36 digit each. Undocumented; derived from release tags. */
function rtorrent(characters: string): string | null {
  if (!/^[0-9a-f]{2}[0-9a-z]{2}$/i.test(characters)) return null
  const minor = Number.parseInt(characters.slice(0, 2), 16)
  if (minor < 15) return `0.${minor}.${Number.parseInt(characters.slice(2, 3), 36)}`
  const patch = characters.slice(2)
  return /^[0-9a-f]{2}$/i.test(patch) ? `0.${minor}.${Number.parseInt(patch, 16)}` : null
}

function utorrent(characters: string): string | null {
  const digits = characters.slice(0, 3)
  if (!/^[0-9a-f]{3}$/i.test(digits)) return null
  return (
    Array.from(digits, (digit) => Number.parseInt(digit, 16)).join('.') + utorrentTag(characters.slice(3))
  )
}

function utorrentTag(tag: string): string {
  if (/b/i.test(tag)) return ' (beta)'
  if (tag === 'd') return ' (debug)'
  return /[xXZ]/.test(tag) ? ' (dev)' : ''
}

function twoByTwo(characters: string): string | null {
  return matched(/^(\d\d)(\d\d)$/, characters, ([major, minor]) => `${Number(major)}.${minor}`)
}

function twoByTwoTrimmed(characters: string): string | null {
  return matched(/^(\d\d)(\d\d)$/, characters, ([major, minor]) => `${Number(major)}.${Number(minor)}`)
}

const KTORRENT_STAGES: Readonly<Record<string, string>> = { A: 'alpha', B: 'beta', D: 'dev', R: 'rc' }

function ktorrent(characters: string): string | null {
  const stage = matched(/^(\d)(\d)([ABDR])(\d)$/, characters, ([major, minor, kind, number]) => {
    return `${major}.${minor} ${KTORRENT_STAGES[kind]} ${number}`
  })
  return stage ?? threeDigits(characters)
}
