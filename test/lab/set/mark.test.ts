import { describe, expect, test } from 'vitest'
import { markOf } from './mark.ts'

type Arguments = Parameters<typeof markOf>
type Row = readonly [string, Arguments[0], Partial<Arguments[1]>, ReturnType<typeof markOf>]

const both = { causes: ['utp-only', 'data-gone'] } as const
const either = { causes: ['works', 'changed'], isOneOf: true } as const
const unclear = { causes: ['path-dies'], ambiguous: ['path-dies', 'path-mtu'] } as const

const certain = (code: Arguments[0][number]['code']) => ({ code, confidence: 'certain' }) as const
const likely = (code: Arguments[0][number]['code']) => ({ code, confidence: 'likely' }) as const

const ROWS: readonly Row[] = [
  ['both of two', [certain('utp-only'), certain('data-gone')], both, 'right'],
  ['one of two', [certain('utp-only')], both, 'partial'],
  ['a false one that is certain', [certain('utp-only'), certain('filtered')], both, 'wrong'],
  ['a false one that is likely', [likely('filtered')], both, 'silent'],
  ['nothing', [], both, 'silent'],
  ['either of two', [certain('changed')], either, 'right'],
  ['one that looks the same first', [likely('path-mtu'), likely('path-dies')], unclear, 'right'],
  ['what nobody can know, as certain', [certain('path-dies')], unclear, 'wrong'],
  [
    'only what is true as well',
    [certain('utp-only')],
    { causes: ['data-gone'], also: ['utp-only'] },
    'partial',
  ],
  [
    'an excluded one behind a true one',
    [certain('utp-only'), { code: 'path-mtu', confidence: 'possible' }],
    { causes: ['utp-only'], excluded: ['path-mtu'] },
    'wrong',
  ],
  [
    'a true one first that may not be',
    [certain('data-gone'), certain('utp-only')],
    { ...both, first: ['utp-only'] },
    'partial',
  ],
  [
    'a true one behind a false one',
    [likely('filtered'), likely('data-gone')],
    { causes: ['data-gone'] },
    'partial',
  ],
]

describe('the mark of a situation of a set', () => {
  for (const [name, named, truth, mark] of ROWS)
    test(name, () => {
      expect(markOf(named, { causes: [], note: '', ...truth })).toBe(mark)
    })
})
