/** Characters that take two columns of a terminal. V8 takes a millisecond to compile them, and most texts have none. */
const wide = () =>
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]$/u

/** Text without a character that takes another width than one column. */
const NARROW = /^[\0-\u02ff]*$/

/** The width of a text without colours, in columns. */
export function displayWidth(text: string): number {
  if (NARROW.test(text)) return text.length
  let width = 0
  for (const character of text) width += columnsOf(character)
  return width
}

/** The text, or its beginning and the ellipsis when it takes more than `width` columns. */
export function cutColumns(text: string, width: number, ellipsis: string): string {
  if (displayWidth(text) <= width) return text
  let kept = ''
  let left = width - displayWidth(ellipsis)
  for (const character of text) {
    left -= columnsOf(character)
    if (left < 0) break
    kept += character
  }
  return `${kept}${ellipsis}`
}

/**
 * Lines of at most `width` columns, broken between words. A word that is longer than a line is broken at the width, except
 * for a hash, which is there to be copied: a terminal joins the lines that it wraps itself.
 * @param firstWidth columns of the first line, at most `width`; when the first word does not fit, that line is empty
 */
export function foldColumns(text: string, width: number, firstWidth = width): readonly string[] {
  const lines: string[] = []
  let line = ''
  const room = () => (lines.length === 0 ? firstWidth : width)
  for (const word of text.split(' ').flatMap((word) => piecesOf(word, width))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (displayWidth(longer) <= room()) {
      line = longer
    } else {
      if (line !== '' || firstWidth < width) lines.push(line)
      line = word
    }
  }
  return line === '' ? lines : [...lines, line]
}

/** Parts with commas between them, on as few lines of at most `width` columns as they need; no part is broken if it fits a line. */
export function foldParts(parts: readonly string[], width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const [i, part] of parts.entries()) {
    const text = i === parts.length - 1 ? part : `${part},`
    const longer = line === '' ? text : `${line} ${text}`
    if (displayWidth(longer) <= width) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    const folded = foldColumns(text, width)
    lines.push(...folded.slice(0, -1))
    line = folded.at(-1) ?? ''
  }
  return line === '' ? lines : [...lines, line]
}

/** Adds spaces after a text so that it takes `width` columns. */
export function pad(text: string, width: number): string {
  return `${text}${' '.repeat(Math.max(0, width - displayWidth(text)))}`
}

const HASH = /^(?:[\da-f]{40}|[\da-f]{64})[,.;:]?$/

function piecesOf(word: string, width: number): readonly string[] {
  if (displayWidth(word) <= width || HASH.test(word)) return [word]
  const parts: string[] = []
  let part = ''
  for (const character of word) {
    if (displayWidth(part) + columnsOf(character) > width) {
      parts.push(part)
      part = ''
    }
    part += character
  }
  return [...parts, part]
}

function columnsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (/^\p{M}$/u.test(character)) return 0
  return wide().test(character) ? 2 : 1
}
