import { PeerError } from '../base/errors.ts'
import type { JsonValue } from '../base/schema/json-value.ts'
import type { Schema } from '../base/schema/schema.ts'
import { escapeText, printable } from './escape.ts'
import { plainValue, valueAt } from './expect.ts'
import { schemasAt } from './schema-path.ts'

/** A parsed `--write-out`: literal text, and paths into the document. */
export type Template = readonly (string | { readonly path: readonly string[] })[]

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\n', '\n'],
  ['\\t', '\t'],
  ['\\r', '\r'],
  ['\\\\', '\\'],
  ['%%', '%'],
])

/**
 * Parses a template such as `%{client} %{timing.handshakeMs}\n`. A path is as in an expectation; `\n`, `\t`, `\r`, `\\` and `%%`
 * are a line break, a tab, a carriage return, a backslash and a percent sign. Any other text is itself.
 *
 * @param schema of the document that is printed
 * @throws PeerError E_USAGE for a path that the document cannot have, and for one that is not closed
 */
export function parseTemplate(text: string, schema: Schema): Template {
  const parts = text.split(/(%\{[^}]*\}|\\[ntr\\]|%%)/)
  return parts.map((part) => {
    const [, dotted] = /^%\{([^}]*)\}$/.exec(part) ?? []
    if (dotted === undefined) {
      const open = part.indexOf('%{')
      if (open !== -1) throw notClosed(part.slice(open))
      return ESCAPES.get(part) ?? part
    }
    const path = dotted.split('.')
    schemasAt(schema, path, (problem) => unknownPath(dotted, problem))
    return { path }
  })
}

/** Prints the values of a document: texts as they are, unknown values as `null`, lists and objects as JSON. */
export function renderTemplate(template: Template, document: object): string {
  return template
    .map((part) => (typeof part === 'string' ? part : shown(valueAt(document as JsonValue, part.path))))
    .join('')
}

function shown(value: JsonValue): string {
  const plain = plainValue(value)
  return printable(typeof plain === 'string' ? plain : JSON.stringify(plain))
}

function notClosed(path: string): PeerError {
  return new PeerError('E_USAGE', escapeText(`"${path}" is not closed`), {
    hint: 'write %{PATH}, or %%{ for the characters themselves',
  })
}

function unknownPath(dotted: string, problem: string): PeerError {
  const what = dotted === '' ? '"%{}" has no path' : problem
  return new PeerError('E_USAGE', escapeText(what), {
    hint: 'use paths of the JSON document, as --json prints it',
  })
}
