import { printable } from '../escape.ts'

/** HTML that is safe to insert. Only `html` makes it. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What a template may contain: text is escaped, markup is not. */
type Part = Markup | string | number | undefined | readonly Part[]

/** A template of HTML. Everything that is inserted is escaped, unless it comes from `html` itself. */
export function html(template: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(template.map((text, i) => (i === 0 ? text : render(parts[i - 1]) + text)).join(''))
}

function render(part: Part): string {
  if (part === undefined) return ''
  if (part instanceof Markup) return part.text
  if (typeof part === 'string') return escapeHtml(part)
  return typeof part === 'number' ? String(part) : part.map(render).join('')
}

const ENTITIES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for HTML, without control characters and marks that change the direction of text. Line breaks are kept. */
function escapeHtml(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? ''))
    .join('\n')
}
