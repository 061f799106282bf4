import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { describePeer } from './describe-peer.ts'
import { missingReason, type PeerKind } from './peer.ts'
import { missingProgram } from './programs.ts'
import { titleWithout } from './without.ts'

/** In the namespace only: an address for documentation, which no machine has (RFC 5737). */
export const NAMESPACE_ADDRESS = '198.51.100.1'

/** Set in the run of the tests that is in the namespace. */
const INSIDE = 'PEERWIRE_IN_NAMESPACE'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Whoever may not make network namespaces may make one of users first, in which they may. */
const UNSHARE = { program: 'unshare', flags: ['--user', '--map-root-user', '--net'] }

/**
 * As `describePeer`, for tests in a network of their own (Linux): nothing is in it but loopback, which has NAMESPACE_ADDRESS as
 * well. The test file runs again in there. Where no such network may be made, the tests are skipped and the name says so.
 */
export function describeInNamespace(kind: PeerKind, testUrl: string, body: () => void): void {
  if (process.env[INSIDE] === '1') {
    describePeer(kind, body)
    return
  }
  const title = `${kind} in a network of its own`
  if (missingReason(kind) !== undefined) describe.skip(titleWithout(kind, title), body)
  else if (!hasNamespaces()) describe.skip(titleWithout('network namespaces', title), body)
  // each test in there has a timeout of its own
  else test(title, { timeout: 600_000 }, () => runInNamespace(fileURLToPath(testUrl)))
}

function hasNamespaces(): boolean {
  if (missingProgram(UNSHARE.program) !== undefined || missingProgram('ip') !== undefined) return false
  return spawnSync(UNSHARE.program, [...UNSHARE.flags, 'true'], { stdio: 'ignore' }).status === 0
}

async function runInNamespace(testPath: string): Promise<void> {
  const setUp = `ip link set lo up && ip address add ${NAMESPACE_ADDRESS}/32 dev lo && exec "$@"`
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts', testPath]
  const child = spawn(
    UNSHARE.program,
    [...UNSHARE.flags, 'sh', '-c', setUp, 'sh', process.execPath, ...vitest],
    {
      cwd: ROOT,
      env: { ...withoutVitest(process.env), [INSIDE]: '1', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-8000)))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  expect(code, output).toBe(0)
}

/** What the outer run of the tests tells its workers is not for the inner one. */
function withoutVitest(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith('VITEST')))
}
