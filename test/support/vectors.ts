import { readFileSync } from 'node:fs'

/** The rows of test/fixtures/vectors/NAME.json; the caller states the shape of what it reads from them. */
export function readVectors<Input, Expected>(
  name: string,
): readonly { readonly name: string; readonly input: Input; readonly expected: Expected }[] {
  const file = new URL(`../fixtures/vectors/${name}.json`, import.meta.url)
  return (
    JSON.parse(readFileSync(file, 'utf8')) as { vectors: ReturnType<typeof readVectors<Input, Expected>> }
  ).vectors
}

/** The payload of one whole *extended* message in hex: what follows length, id and sub-id. */
export function extendedPayload(wire: string): string {
  return wire.slice(12)
}
