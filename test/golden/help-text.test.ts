import { expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands/table.ts'
import { runPeerwire } from '../support/processes/cli.ts'

const WIDTHS = [40, 60, 80, 120]

test.each(['', ...Object.keys(COMMANDS)])('peerwire %s --help', async (command) => {
  const argv = command === '' ? ['--help'] : [command, '--help']
  const pages: string[] = []
  for (const columns of WIDTHS) {
    const { exitCode, stdout, stderr } = await runPeerwire(argv, { variables: { COLUMNS: String(columns) } })
    expect({ exitCode, stderr }).toStrictEqual({ exitCode: 0, stderr: '' })
    // examples are there to be copied: they are broken between words of the shell only
    const prose = stdout.replace(/^Examples:\n(?: .*\n)+/m, '')
    expect(prose.split('\n').filter((line) => line.length > columns)).toStrictEqual([])
    pages.push(`── ${columns} columns ──\n${stdout}`)
  }
  const name = command === '' ? 'help' : `help-${command}`
  await expect(pages.join('\n')).toMatchFileSnapshot(`expected/${name}.txt`)
})
