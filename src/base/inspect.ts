/**
 * The method that `console.log` of Node, Deno and Bun calls to print an object. It is a registered symbol, so nothing is imported, and
 * where nobody looks for it, as in a browser, it does nothing.
 */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom')

/** Prints any value, as `util.inspect`. */
export type Inspect = (value: unknown, options: object) => string

/** An object by the name of its class and what is worth seeing of it. What is undefined is left out. */
export function inspectAs(name: string, shown: object, options: object, inspect: Inspect): string {
  const known = Object.entries(shown).filter(([, value]) => value !== undefined)
  return `${name} ${inspect(Object.fromEntries(known), options)}`
}
