import { toHex } from '../../base/bytes.ts'
import { MAX_REDACTED_TEXTS } from '../../base/limits.ts'
import { parseIpAddress } from '../../wire/address.ts'
import { type Form, formsOfBytes, formsOfText } from './forms.ts'

/** Texts of this length or more are replaced also inside of words. */
const LONG = 8

/** Shorter texts say nothing by themselves, and would be found everywhere. */
const SHORT = 3

/** What can be an address in a text. */
export const IPV4_TOKEN = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d|\w)/g
export const IPV6_TOKEN = /(?<![\w.:])[0-9a-f]{0,4}:[0-9a-f:]*:[0-9a-f:.]*[0-9a-f:](?!\w)/gi
const ID = /(?<![0-9a-f])(?:[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-f])/gi

/**
 * What has got a pseudonym, for texts whose parts are not known: messages, hints, a command line. Every form of it in which a
 * text could carry it is replaced.
 */
export class KnownText {
  readonly #forms = new Map<string, string>()
  /** Hex of addresses, hashes and peer ids, to hex of their pseudonyms or the address as text. */
  readonly #tokens = new Map<string, string>()
  readonly #common: ReadonlySet<string>
  #texts = 0
  #pattern: RegExp | undefined

  /** @param common words of our own texts and documents, which are not replaced */
  constructor(common: ReadonlySet<string>) {
    this.#common = common
  }

  text(original: string, pseudonym: string): void {
    if (original.length < SHORT || this.#common.has(original.toLowerCase()) || /^[\d\s.,:-]*$/.test(original))
      return
    if (this.#hasRoom()) this.#add([[original, pseudonym], ...formsOfText(original, pseudonym)])
    else if (this.#forms.size < FORMS) this.#add([[original, pseudonym]])
  }

  address(bytes: Uint8Array, text: string, pseudonym: string): void {
    if (this.#tokens.size < TOKENS) this.#tokens.set(toHex(bytes), pseudonym)
    // the text alone is found as a token: it can be the start of another address
    if (this.#hasRoom()) this.#add(formsOfText(text, pseudonym).filter(([form]) => form !== text))
  }

  /** A hash or a peer id. */
  id(bytes: Uint8Array, pseudonym: Uint8Array): void {
    if (this.#tokens.size < TOKENS) this.#tokens.set(toHex(bytes), toHex(pseudonym))
    if (this.#hasRoom())
      this.#add([...formsOfBytes(bytes, pseudonym), ...formsOfText(toHex(bytes), toHex(pseudonym))])
  }

  replace(text: string): string {
    if (this.#tokens.size === 0 && this.#forms.size === 0) return text
    const isKnown = (bytes: Uint8Array | undefined) => bytes && this.#tokens.get(toHex(bytes))
    return this.#replaceForms(text)
      .replace(IPV4_TOKEN, (found) => isKnown(parseIpAddress(found)) ?? found)
      .replace(IPV6_TOKEN, (found) => isKnown(parseIpAddress(found)) ?? found)
      .replace(ID, (found) => this.#tokens.get(found.toLowerCase()) ?? found)
  }

  #replaceForms(text: string): string {
    if (this.#forms.size === 0) return text
    this.#pattern ??= patternOf([...this.#forms.keys()])
    return text.replace(this.#pattern, (found) => this.#forms.get(found.toLowerCase()) ?? 'redacted')
  }

  #add(forms: readonly Form[]): void {
    for (const [original, replacement] of forms) {
      const key = original.toLowerCase()
      if (original.length < SHORT || this.#forms.has(key)) continue
      this.#forms.set(key, replacement)
      this.#pattern = undefined
    }
  }

  #hasRoom(): boolean {
    return this.#texts++ < MAX_REDACTED_TEXTS
  }
}

const TOKENS = 100 * MAX_REDACTED_TEXTS

/** Beyond `MAX_REDACTED_TEXTS`, texts are looked for only as they are, up to this number of forms. */
const FORMS = 40 * MAX_REDACTED_TEXTS

/** The longest first: one can contain another. */
function patternOf(forms: readonly string[]): RegExp {
  const alternatives = forms
    .toSorted((a, b) => b.length - a.length)
    .map((form) => {
      const literal = form.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
      return form.length >= LONG ? literal : String.raw`(?<![\p{L}\p{N}])${literal}(?![\p{L}\p{N}])`
    })
  return new RegExp(alternatives.join('|'), 'giu')
}
