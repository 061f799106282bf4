/** Reads a big-endian unsigned integer, as all numbers of the peer protocol are. The caller checks that the bytes exist. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  return (
    (((bytes[offset] as number) << 24) |
      ((bytes[offset + 1] as number) << 16) |
      ((bytes[offset + 2] as number) << 8) |
      (bytes[offset + 3] as number)) >>>
    0
  )
}

export function readUint16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number)
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24
  bytes[offset + 1] = value >>> 16
  bytes[offset + 2] = value >>> 8
  bytes[offset + 3] = value
}

export function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8
  bytes[offset + 1] = value
}

/** Up to this length, in characters, a list of their codes is faster than a native call with its set-up cost. */
const SHORT_TEXT = 64

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const HEX_DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

const NO_DIGIT = 255

/** Values of hex digits by character code; `NO_DIGIT` for other characters. */
const HEX_VALUES = hexValues()

function hexValues(): Uint8Array {
  const values = new Uint8Array(128).fill(NO_DIGIT)
  for (const [value, digit] of HEX_DIGITS.entries()) {
    values[digit] = value
    values[String.fromCharCode(digit).toUpperCase().charCodeAt(0)] = value
  }
  return values
}

/** Lower-case hex, two digits per byte. */
export function toHex(bytes: Uint8Array): string {
  if (2 * bytes.length > SHORT_TEXT)
    return strictUtf8.decode(fillHex(bytes, new Uint8Array(2 * bytes.length)))
  return String.fromCharCode(...fillHex(bytes, []))
}

/** @param digits has or gets two for each byte */
function fillHex<Digits extends Uint8Array | number[]>(bytes: Uint8Array, digits: Digits): Digits {
  let at = 0
  for (const byte of bytes) {
    digits[at++] = HEX_DIGITS[byte >> 4] as number
    digits[at++] = HEX_DIGITS[byte & 15] as number
  }
  return digits
}

/**
 * Decodes hex text. Case and white space do not matter.
 * @throws RangeError when the text is not an even number of hex digits
 */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '')
  if (digits.length % 2 !== 0) throw notHex(text)
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const high = HEX_VALUES[digits.charCodeAt(2 * i)] ?? NO_DIGIT
    const low = HEX_VALUES[digits.charCodeAt(2 * i + 1)] ?? NO_DIGIT
    if (high === NO_DIGIT || low === NO_DIGIT) throw notHex(text)
    bytes[i] = (high << 4) | low
  }
  return bytes
}

function notHex(text: string): RangeError {
  return new RangeError(`not hex: ${text.slice(0, 40)}`)
}

/** Whether a text is whole bytes in lower-case hex. A pattern that counts pairs runs out of stack with megabytes. */
export function isHex(text: string): boolean {
  return text.length % 2 === 0 && !/[^0-9a-f]/.test(text)
}

/** A copy that shares no memory with `bytes`. `slice` would not do: on a Buffer, which is what sockets return, it does not copy. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** True when both have the same length and the same bytes. Not constant-time: do not use it for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** One character per byte (Latin-1), so that keys and ids that are not text survive a round trip through a string. */
export function toByteString(bytes: Uint8Array): string {
  if (bytes.length <= SHORT_TEXT) {
    // spreading a list is many times faster than spreading a typed array
    const codes: number[] = []
    for (const byte of bytes) codes.push(byte)
    return String.fromCharCode(...codes)
  }
  let text = ''
  // in slices: spreading a large array would exceed the argument limit
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return text
}

/**
 * The inverse of `toByteString`.
 * @throws RangeError when a character is above U+00FF
 */
export function fromByteString(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0xff) throw new RangeError(`character ${code.toString(16)} is not a byte`)
    bytes[i] = code
  }
  return bytes
}

/** The text when the bytes are valid UTF-8, else undefined. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (bytes.length <= SHORT_TEXT && isAscii(bytes)) return toByteString(bytes)
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return undefined
  }
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 0x7f) return false
  return true
}

const encoder = new TextEncoder()

/** The text as UTF-8; lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Length of the text as UTF-8, in bytes. */
export function utf8Length(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) length++
    // a surrogate pair takes 4 bytes; its two units have already counted for 2 of them
    if (unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff || !isPaired(text, i))) length++
  }
  return length
}

/** Whether the surrogate at `at` is one half of a pair. */
function isPaired(text: string, at: number): boolean {
  const isHigh = text.charCodeAt(at) < 0xdc00
  const other = text.charCodeAt(isHigh ? at + 1 : at - 1)
  return isHigh ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other <= 0xdbff
}

/** True when all bytes are printable ASCII or white space. */
export function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d))
}
