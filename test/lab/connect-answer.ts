import { claimsOf } from './claims.ts'
import type { NamedCause } from './score.ts'
import type { Made, Truth } from './situation.ts'
import type { World } from './world.ts'

const LIMIT_MS = 60_000

export interface ConnectOutcome {
  /** The message and the hint of its error. */
  readonly text: string
  /** It claims causes, and none of them is true. */
  readonly isWrong: boolean
  /** The causes of its document. */
  readonly named: readonly NamedCause[]
}

interface ConnectDocument {
  readonly error: { readonly message: string; readonly hint: string | null } | null
  /** What a failed session proves. */
  readonly causes?: readonly NamedCause[]
}

/** Runs `connect` on a situation: what one connection claims. */
export async function runConnect(
  world: World,
  made: Made,
  truth: Pick<Truth, 'causes' | 'also' | 'ambiguous'>,
  look: readonly string[] = [],
): Promise<ConnectOutcome> {
  const argv = ['connect', made.peer, ...made.target, ...look, '--json']
  const { stdout } = await world.run(argv, LIMIT_MS, made.through)
  const { error, causes = [] } = JSON.parse(stdout.toString()) as ConnectDocument
  const text = error === null ? '' : [error.message, error.hint ?? []].flat().join('; ')
  const claims = claimsOf(text)
  const possible = [...truth.causes, ...(truth.also ?? []), ...(truth.ambiguous ?? [])]
  const named = causes.map(({ code, confidence }) => ({ code, confidence }))
  return { text, named, isWrong: claims.length > 0 && !claims.some((code) => possible.includes(code)) }
}
