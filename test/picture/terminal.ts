import { readAnsi, type Span } from './ansi.ts'

const COLUMN = 8.4
const ROW = 19
const PADDING = 18
const BAR = 34

const FILL = {
  plain: '#d6dde6',
  red: '#ff7b72',
  green: '#5fd39a',
  yellow: '#e3b341',
  cyan: '#6cc7e8',
} as const

/** A terminal window as SVG: its lines with their colours, at a fixed width. */
export function drawTerminal(lines: readonly string[], columns: number): string {
  const width = Math.ceil(columns * COLUMN + 2 * PADDING)
  const height = BAR + lines.length * ROW + PADDING
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, i) => `<circle cx="${20 + i * 20}" cy="17" r="6" fill="${fill}"/>`,
  )
  const rows = lines.map((line, i) => drawRow(readAnsi(line), BAR + (i + 0.72) * ROW))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<rect width="${width}" height="${height}" rx="9" fill="#12161c"/>`,
    ...dots,
    `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" xml:space="preserve">`,
    ...rows.filter((row) => row !== ''),
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

function drawRow(spans: readonly Span[], y: number): string {
  let column = 0
  const parts = spans.map((span) => {
    const x = PADDING + column * COLUMN
    const length = Array.from(span.text).length
    column += length
    return span.text.trim() === '' ? '' : drawSpan(span, x, length)
  })
  const text = parts.join('')
  return text === '' ? '' : `<text y="${y.toFixed(1)}">${text}</text>`
}

/** The length is given, so that every font fills the same columns. */
function drawSpan({ text, color, bold, dim }: Span, x: number, length: number): string {
  const look = `fill="${FILL[color]}"${bold ? ' font-weight="bold"' : ''}${dim ? ' opacity="0.6"' : ''}`
  return `<tspan x="${x.toFixed(1)}" textLength="${(length * COLUMN).toFixed(1)}" lengthAdjust="spacingAndGlyphs" ${look}>${escapeXml(text)}</tspan>`
}

function escapeXml(text: string): string {
  const entities: { readonly [character: string]: string } = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    ' ': '\u00a0',
  }
  // spaces at the end of a span would not be drawn
  return text.replace(/[&<> ]/g, (character) => entities[character] ?? '')
}
