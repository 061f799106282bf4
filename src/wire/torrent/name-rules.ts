import { encodeUtf8 } from '../../base/bytes.ts'

/** What a system allows in the names of files. */
export interface NameRules {
  /** Characters that are written as `%XX`, one for each UTF-8 byte. */
  readonly unsafe: RegExp
  /** The same for names that are not UTF-8, over bytes as characters. */
  readonly unsafeByte: RegExp
  /** The last step for a name: what depends on all of it. */
  readonly finish: (name: string) => string
  /** Paths with the same key are one file. */
  readonly key: (path: string) => string
}

/**
 * Names as other clients use them on Linux and on other systems with POSIX names: escaped are only `/`, control characters,
 * line separators, characters that change the direction of writing, and bytes that are not UTF-8.
 */
export const POSIX_NAMES: NameRules = {
  unsafe: /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}/]/gu,
  unsafeByte: /[^ -~]|\//g,
  finish: (name) => name,
  key: (path) => path,
}

/** As POSIX_NAMES, for file systems that ignore case and Unicode normalisation, as those of macOS do. */
export const CASELESS_POSIX_NAMES: NameRules = { ...POSIX_NAMES, key: foldCase }

/** Windows takes these for devices in every folder, whatever extension follows. */
const RESERVED_NAME = /^(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³]) *(?:\.|$)/i

/**
 * Names that every system takes, Windows too. Escaped are also `<>:"\|?*`, all format and unassigned characters, a dot or
 * space at the end of a name, the first letter of a name that Windows keeps for a device, and a `%` that would read as an
 * escape: so different names stay different.
 */
export const PORTABLE_NAMES: NameRules = {
  unsafe: /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Co}\p{Zl}\p{Zp}<>:"/\\|?*]|%(?=[0-9A-Fa-f]{2})/gu,
  unsafeByte: /[^ -~]|[<>:"/\\|?*]|%(?=[0-9A-Fa-f]{2})/g,
  finish: (name) => {
    const free = RESERVED_NAME.test(name) ? escapeText(name.slice(0, 1)) + name.slice(1) : name
    return free.replace(/[. ]$/, escapeText)
  },
  key: foldCase,
}

/** Each UTF-8 byte as `%XX`. */
export function escapeText(text: string): string {
  return Array.from(encodeUtf8(text), escapeByte).join('')
}

export function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

function foldCase(path: string): string {
  return path.normalize('NFC').toLowerCase()
}
