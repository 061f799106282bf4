import { readVectors, type Vector } from '../wire/vectors.ts'

type Fields = Readonly<Record<string, string | number>>

export const mseVectors = readVectors('mse') as readonly Vector<Fields, Fields>[]

export function mseVector(name: string): Vector<Fields, Fields> {
  const found = mseVectors.find((vector) => vector.name === name)
  if (found === undefined) throw new Error(`no vector is named ${name}`)
  return found
}
