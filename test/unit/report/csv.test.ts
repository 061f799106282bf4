import { expect, test } from 'vitest'
import { csvRecord } from '../../../src/report/csv.ts'

test.each([
  [['a', 1, null, true], 'a,1,,true'],
  [['a, b', 'say "x"'], '"a, b","say ""x"""'],
  [['two\nlines\r'], String.raw`two\x0alines\x0d`],
  [['=cmd()', '+1', '-1', '@x'], "'=cmd(),'+1,'-1,'@x"],
  [['=a,"b'], `"'=a,""b"`],
  [[-1], '-1'],
  [['\u001b[31m\u202e'], String.raw`\x1b[31m\u{202e}`],
] as const)('%j', (cells, line) => {
  expect(csvRecord(cells)).toBe(`${line}\r\n`)
})
