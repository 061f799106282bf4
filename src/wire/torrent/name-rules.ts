import { encodeUtf8 } from '../../base/bytes.ts'

/** What a system allows in file names. */
export interface NameRules {
  /** Characters that are written as `%XX`, one per UTF-8 byte. */
  readonly unsafe: RegExp
  /** The same for names that are not UTF-8, over bytes as characters. */
  readonly unsafeByte: RegExp
  /** The last step for a name: rules that depend on the whole name. */
  readonly finish: (name: string) => string
  /** Paths with the same key are one file. */
  readonly key: (path: string) => string
}

/**
 * Names as other clients use them on Linux and other POSIX systems. Only `/`, control characters, line separators,
 * bidirectional formatting characters and bytes that are not UTF-8 are escaped.
 */
export const POSIX_NAMES: NameRules = {
  // evaluated on use: V8 takes long to compile sets of characters, and most commands name no file
  get unsafe() {
    return /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}/]/gu
  },
  unsafeByte: /[^ -~]|\//g,
  finish: (name) => name,
  key: (path) => path,
}

/** Like POSIX_NAMES, for file systems that ignore case and Unicode normalisation, as on macOS. */
export const CASELESS_POSIX_NAMES: NameRules = {
  get unsafe() {
    return POSIX_NAMES.unsafe
  },
  unsafeByte: POSIX_NAMES.unsafeByte,
  finish: POSIX_NAMES.finish,
  key: foldCase,
}

/** Windows treats these as devices in every folder, whatever the extension. */
const RESERVED_NAME = /^(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³]) *(?:\.|$)/i

/**
 * Names that all systems allow, including Windows. Also escapes `<>:"\|?*`, all format and unassigned characters, a dot or
 * space at the end of a name, the first letter of a Windows device name, and a `%` that would look like an escape, so that
 * different names stay different.
 */
export const PORTABLE_NAMES: NameRules = {
  get unsafe() {
    return /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Co}\p{Zl}\p{Zp}<>:"/\\|?*]|%(?=[0-9A-Fa-f]{2})/gu
  },
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
