import { toHex } from '../../base/bytes.ts'
import { MAX_EXTENSION_ISSUES, MAX_EXTENSION_NAME_LENGTH, MAX_EXTENSIONS } from '../../base/limits.ts'
import { renderIpAddress, unmapIpv4 } from '../address.ts'
import type { BencodeDictionary, BencodeValue } from '../bencode.ts'
import type { BencodeIssue } from '../bencode-scanner.ts'

/** One error in an extension handshake that could still be decoded. */
export interface ExtensionHandshakeIssue {
  readonly kind:
    | BencodeIssue
    | 'wrong-type'
    | 'wrong-length'
    | 'out-of-range'
    | 'not-utf-8'
    /** Two names of `m` share an id; both are kept. */
    | 'duplicate-id'
    /** More names in `m` than are kept. */
    | 'too-many'
    | 'too-long'
    | 'trailing-bytes'
  /** The key; `m.` and a name for a member of `m`; empty for the whole dictionary. A byte string from the peer, at most 66 long. */
  readonly key: string
  /** What was found and what was expected, in one line; contains no text from the peer. */
  readonly detail: string
}

/** Reads typed members of a dictionary from a peer. Values that do not fit are reported as issues, at most 64. */
export class DictionaryReader {
  readonly issues: ExtensionHandshakeIssue[] = []
  readonly #dictionary: BencodeDictionary

  constructor(dictionary: BencodeDictionary) {
    this.#dictionary = dictionary
  }

  report(issue: ExtensionHandshakeIssue): void {
    if (this.issues.length < MAX_EXTENSION_ISSUES) this.issues.push(issue)
  }

  bytes(key: string): Uint8Array | undefined {
    const value = this.#dictionary.get(key)
    if (value === undefined || value instanceof Uint8Array) return value
    return this.#wrongType(key, value, 'a string')
  }

  integer(key: string, minimum: number, maximum: number): number | undefined {
    const value = this.#dictionary.get(key)
    return value === undefined ? undefined : this.#integer(key, value, minimum, maximum)
  }

  /** Reads 0 or 1. Any other number counts as set, as in other clients, and the text `0` or `1` is accepted too; both are reported as issues. */
  flag(key: string): boolean | undefined {
    const value = this.#dictionary.get(key)
    if (value === undefined) return undefined
    if (value instanceof Uint8Array && value.length === 1 && (value[0] === 0x30 || value[0] === 0x31)) {
      this.#wrongType(key, value, 'an integer; read as its digit')
      return value[0] === 0x31
    }
    if (typeof value !== 'number' && typeof value !== 'bigint') {
      return this.#wrongType(key, value, 'an integer')
    }
    if (value !== 0 && value !== 1) {
      this.report({ kind: 'out-of-range', key, detail: `${value}, expected 0 or 1; read as 1` })
    }
    return value !== 0
  }

  /** Reads an address as text; its length in bytes must be one of `lengths`. */
  address(key: string, lengths: readonly number[]): string | undefined {
    const bytes = this.bytes(key)
    if (bytes === undefined) return undefined
    if (lengths.includes(bytes.length)) return renderIpAddress(unmapIpv4(bytes))
    const start = toHex(bytes.subarray(0, 20))
    const detail = `${bytes.length} bytes, expected ${lengths.join(' or ')}: ${start}`
    this.report({ kind: 'wrong-length', key, detail })
    return undefined
  }

  /** Reads the names and ids of `m`. An id outside 0 to 255 is omitted, never wrapped. */
  extensions(key: string): ReadonlyMap<string, number> {
    const extensions = new Map<string, number>()
    const value = this.#dictionary.get(key)
    if (value === undefined) return extensions
    if (!(value instanceof Map)) {
      this.#wrongType(key, value, 'a dictionary')
      return extensions
    }
    const used = new Set<number>()
    for (const [name, member] of value as BencodeDictionary) {
      if (extensions.size >= MAX_EXTENSIONS) {
        this.report({ kind: 'too-many', key, detail: `${value.size} names; ${MAX_EXTENSIONS} are kept` })
        break
      }
      const id = this.#extensionId(`${key}.${name.slice(0, MAX_EXTENSION_NAME_LENGTH)}`, name, member)
      if (id === undefined) continue
      if (id !== 0 && used.has(id)) {
        this.report({
          kind: 'duplicate-id',
          key: `${key}.${name}`,
          detail: `${id} is also the id of another name`,
        })
      }
      used.add(id)
      extensions.set(name, id)
    }
    return extensions
  }

  #extensionId(key: string, name: string, value: BencodeValue): number | undefined {
    if (name.length <= MAX_EXTENSION_NAME_LENGTH) return this.#integer(key, value, 0, 255)
    this.report({ kind: 'too-long', key, detail: `a name of ${name.length} bytes` })
    return undefined
  }

  #integer(key: string, value: BencodeValue, minimum: number, maximum: number): number | undefined {
    if (typeof value !== 'number' && typeof value !== 'bigint')
      return this.#wrongType(key, value, 'an integer')
    if (value >= minimum && value <= maximum) return Number(value)
    this.report({ kind: 'out-of-range', key, detail: `${value}, expected ${minimum} to ${maximum}` })
    return undefined
  }

  #wrongType(key: string, value: BencodeValue, wanted: string): undefined {
    this.report({ kind: 'wrong-type', key, detail: `${typeName(value)}, expected ${wanted}` })
  }
}

function typeName(value: BencodeValue): string {
  if (value instanceof Uint8Array) return `a string of ${value.length} bytes`
  if (value instanceof Map) return 'a dictionary'
  return Array.isArray(value) ? 'a list' : 'an integer'
}
