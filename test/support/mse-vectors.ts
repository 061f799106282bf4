import { readVectors } from './vectors.ts'

type Fields = Readonly<Record<string, string | number>>

export const mseVectors = readVectors<Fields, Fields>('mse')

export function mseVector(name: string): (typeof mseVectors)[number] {
  const found = mseVectors.find((vector) => vector.name === name)
  if (found === undefined) throw new Error(`no vector is named ${name}`)
  return found
}
