import { Buffer } from 'node:buffer'

/** How a text or bytes can be written, independently of the code under test; in lower case. */
export function formsOf(original: string | Uint8Array): readonly string[] {
  if (typeof original !== 'string') return formsOfBytes(Buffer.from(original))
  const bytes = Buffer.from(original)
  const little = Buffer.from(original, 'utf16le')
  const big = Buffer.from(little).swap16()
  const wide = [little, big].flatMap((each) => [each.toString('latin1'), each.toString('hex')])
  return lower([bytes.toString('latin1'), encodeURIComponent(original), ...formsOfBytes(bytes), ...wide])
}

function formsOfBytes(bytes: Buffer): readonly string[] {
  const percent = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  const mixed = Array.from(bytes, (byte) => encodedByte(byte)).join('')
  return lower([bytes.toString('latin1'), bytes.toString('hex'), base32(bytes), percent, mixed])
}

function encodedByte(byte: number): string {
  const character = String.fromCharCode(byte)
  return /[\w.~-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`
}

/** The digits that do not depend on what follows. */
function base32(bytes: Buffer): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')
  const digits = bits.match(/.{5}/g) ?? []
  return digits.map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five, 2)]).join('')
}

function lower(forms: readonly string[]): readonly string[] {
  return forms.map((form) => form.toLowerCase())
}

/** Which of the originals can be found in an output, in any form. */
export function leaks(
  output: Uint8Array | string,
  originals: readonly (string | Uint8Array)[],
): readonly string[] {
  const text = Buffer.from(output).toString('latin1').toLowerCase()
  return originals.flatMap((original) => {
    const found = formsOf(original).filter((form) => text.includes(form))
    const shown = typeof original === 'string' ? original : Buffer.from(original).toString('hex')
    return found.map(
      (form) => `${shown} as ${JSON.stringify(form)} near ${JSON.stringify(around(text, form))}`,
    )
  })
}

function around(text: string, form: string): string {
  const at = text.indexOf(form)
  return text.slice(Math.max(0, at - 60), at + form.length + 30)
}
