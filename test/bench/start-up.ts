import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Contender } from './interleaved.ts'

/** Node alone, and the command with these arguments; undefined where it is not built. */
export function startUps():
  readonly (readonly [title: string, contenders: readonly Contender[]])[] | undefined {
  const folder = process.cwd()
  const command = `${folder}/bin/peerwire.cjs`
  if (!existsSync(command) || !existsSync(`${folder}/dist/command/main.cjs`)) return undefined
  return [
    ['start-up: --version', [start('node -e 0', ['-e', '0']), start('--version', [command, '--version'])]],
    [
      'start-up: connect --help',
      [start('node -e 0', ['-e', '0']), start('connect --help', [command, 'connect', '--help'])],
    ],
  ]
}

function start(name: string, args: readonly string[]): Contender {
  // certificates that Node reads when it starts would be measured too
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env
  const run = (): number => {
    const { status } = spawnSync(process.execPath, args, { env, stdio: 'ignore' })
    if (status !== 0) throw new Error(`${name} ended with ${status}`)
    return 0
  }
  return { name, run }
}
