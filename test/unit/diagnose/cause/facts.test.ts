import { expect, test } from 'vitest'
import { FACTS } from '../../../../src/diagnose/cause/facts.ts'
import { FACT_CLAIMS, claimOf } from '../../../support/verdicts/facts/facts.ts'

const TEXTS = Object.values(FACTS).map(({ text }) => text)

test('every fact has words that a claim checks', () => {
  expect(TEXTS.filter((text) => claimOf(text)?.sentence !== text)).toStrictEqual([])
})

test('every claim is about the words of a fact, and no two facts have the same', () => {
  expect(new Set(TEXTS).size).toBe(TEXTS.length)
  expect(FACT_CLAIMS.map(({ sentence }) => sentence).toSorted()).toStrictEqual(TEXTS.toSorted())
})
