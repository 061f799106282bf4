import { expect, test } from 'vitest'
import { headerLines } from '../../../../src/report/text/header.ts'
import { makePage } from '../../../../src/report/text/page/page.ts'
import { PLAIN_PAPER } from '../../../../src/report/text/page/paper.ts'

test.each([
  [
    'on the second line',
    'has all pieces of it',
    'short',
    ['✓ peer:1  has all pieces of it', '  short                            0.3 s'],
  ],
  [
    'on the first where the second is full',
    'has all',
    'a second line that is as long as it is',
    ['✓ peer:1  has all                  0.3 s', '  a second line that is as long as it is'],
  ],
  [
    'on the first where there is no second',
    'has all',
    undefined,
    ['✓ peer:1  has all                  0.3 s'],
  ],
  [
    'on a line of its own where nothing else has room',
    'has all pieces of everything',
    undefined,
    ['✓ peer:1  has all pieces of everything', '                                   0.3 s'],
  ],
])('on a narrow page the time is %s', (_, verdict, about, lines) => {
  const headed = { name: 'peer:1', verdict, ok: true, error: null, totalMs: 300 }
  expect(headerLines(headed, makePage({ ...PLAIN_PAPER, width: 40 }), { about })).toStrictEqual(lines)
})
