import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { COMMAND_NAMES } from '../../../src/cli/commands/table.ts'
import { SHELLS } from '../../../src/report/model/completion.ts'
import { runPeerwire } from '../../support/processes/cli.ts'

const folder = await mkdtemp(join(tmpdir(), 'peerwire-completion-'))
const support = (file: string): string =>
  fileURLToPath(new URL(`../../support/shells/${file}`, import.meta.url))

afterAll(() => rm(folder, { recursive: true, force: true }))

/** How each shell is asked what it completes at the end of a line. */
const ASK: {
  readonly [shell in (typeof SHELLS)[number]]: (script: string, line: string) => readonly string[]
} = {
  bash: (script, line) => ['--norc', support('complete.bash'), script, line],
  zsh: (script, line) => ['-f', support('complete.zsh'), script, line],
  fish: (script, line) => ['-N', '-c', 'source $argv[1]; complete -C $argv[2]', script, line],
}

/** What is typed, and what must be among the completions; with `only`, nothing else. */
const ROWS: readonly { readonly line: string; readonly words: readonly string[]; readonly only?: true }[] = [
  { line: 'peerwire ', words: COMMAND_NAMES },
  { line: 'peerwire fetch-', words: ['fetch-block'], only: true },
  { line: 'peerwire help meta', words: ['metadata'], only: true },
  { line: 'peerwire --json dem', words: ['demo'], only: true },
  { line: 'peerwire connect --enc', words: ['--encryption'], only: true },
  { line: 'peerwire connect --encryption ', words: ['auto', 'off', 'prefer', 'require'], only: true },
  { line: 'peerwire connect 1.2.3.4:5 -i x --color ', words: ['auto', 'always', 'never'], only: true },
  { line: 'peerwire serve --fault corrupt', words: ['corrupt', 'corrupt-every'], only: true },
  { line: 'peerwire serve --listen 127.0.0.1:6', words: ['127.0.0.1:6881'], only: true },
  { line: 'peerwire connect --expect availability.p', words: ['availability.percent'] },
  { line: 'peerwire fetch-block --expect block.ver', words: ['block.verified'] },
  { line: 'peerwire explain E_HANDSHAKE_C', words: ['E_HANDSHAKE_CLOSED'], only: true },
  { line: 'peerwire explain bitfield-sp', words: ['bitfield-spare-bits'], only: true },
  { line: 'peerwire completion ', words: SHELLS, only: true },
  { line: `peerwire connect -t ${folder}/x`, words: ['x.torrent'], only: true },
]

describe.each(SHELLS)('%s', (shell) => {
  const missing = spawnSync(shell, ['--version']).error !== undefined
  const file = join(folder, `peerwire.${shell}`)

  test.skipIf(missing).each(ROWS)(
    missing ? `is not installed: ${shell}` : 'completes "$line"',
    async ({ line, words, only }) => {
      await writeFile(file, (await runPeerwire(['completion', shell])).stdout)
      await writeFile(join(folder, 'x.torrent'), '')
      const { stdout, stderr } = spawnSync(shell, ASK[shell](file, line), {
        encoding: 'utf8',
        env: { ...process.env, HOME: folder, LC_ALL: 'C.UTF-8' },
      })
      const offered = stdout
        .split('\n')
        // a path as a whole, or what is behind the folder
        .map((word) => /[^/\t]*(?=\t|$)/.exec(word.trim().replace(/^[^\t]*\//, ''))?.[0] ?? '')
        .filter((word) => word !== '')
      expect(offered, stderr).toStrictEqual(expect.arrayContaining([...words]))
      if (only === true) expect(new Set(offered)).toStrictEqual(new Set(words))
    },
  )
})

test('a missing or unknown shell is a usage error', async () => {
  for (const words of [[], ['tcsh'], ['bash', 'zsh']])
    expect((await runPeerwire(['completion', ...words])).exitCode).toBe(2)
})

test('the script is a document with --json', async () => {
  const { stdout } = await runPeerwire(['completion', 'fish', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ schema: 'peerwire.completion/1', shell: 'fish' })
})
