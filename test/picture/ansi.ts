/** A piece of a line with one style. */
export interface Span {
  readonly text: string
  readonly color: Color
  readonly bold: boolean
  readonly dim: boolean
}

export type Color = 'plain' | 'red' | 'green' | 'yellow' | 'cyan'

const COLORS: { readonly [code: number]: Color } = {
  31: 'red',
  32: 'green',
  33: 'yellow',
  36: 'cyan',
  39: 'plain',
}

const ESCAPE = '\u001b'

/** Splits a line with colours of a terminal (SGR) into spans. Other escape sequences are an error: a picture cannot show them. */
export function readAnsi(line: string): readonly Span[] {
  const spans: Span[] = []
  let style: Omit<Span, 'text'> = { color: 'plain', bold: false, dim: false }
  const [start = '', ...parts] = line.split(`${ESCAPE}[`)
  if (start !== '') spans.push({ ...style, text: start })
  for (const part of parts) {
    const [sequence = '', code = ''] = /^([\d;]*)m/.exec(part) ?? []
    if (sequence === '') throw new Error(`an escape sequence that is not a colour: ${JSON.stringify(part)}`)
    style = after(style, Number(code))
    const text = part.slice(sequence.length)
    if (text !== '') spans.push({ ...style, text })
  }
  return spans
}

function after(style: Omit<Span, 'text'>, code: number): Omit<Span, 'text'> {
  if (code === 0) return { color: 'plain', bold: false, dim: false }
  if (code === 1) return { ...style, bold: true }
  if (code === 2) return { ...style, dim: true }
  if (code === 22) return { ...style, bold: false, dim: false }
  return { ...style, color: COLORS[code] ?? style.color }
}
