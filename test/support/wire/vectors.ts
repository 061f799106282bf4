import { readFileSync } from 'node:fs'

export interface Vector<Input, Expected> {
  readonly name: string
  readonly input: Input
  readonly expected: Expected
}

/** The rows of test/fixtures/vectors/NAME.json; the caller declares their type. */
export function readVectors(name: string): readonly unknown[] {
  const file = new URL(`../../fixtures/vectors/${name}.json`, import.meta.url)
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { readonly vectors: readonly unknown[] }
  return vectors
}

/** The payload of one complete *extended* message in hex: the bytes after length, id and sub-id. */
export function extendedPayload(wire: string): string {
  return wire.slice(12)
}
