import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BuiltCli, buildCli, endOf } from '../support/processes/cli-process.ts'
import {
  canMakeNamespaces,
  makeNamespace,
  type NetworkNamespace,
} from '../support/processes/network-namespace.ts'

const HASH = 'aa'.repeat(20)

describe.skipIf(!canMakeNamespaces())('faults of the path, in a network namespace', () => {
  let cli: BuiltCli
  let network: NetworkNamespace
  beforeAll(async () => {
    cli = await buildCli()
    network = await makeNamespace()
    await network.ip('route', 'add', 'prohibit', '192.0.2.1/32')
    await network.ip('route', 'add', 'unreachable', '192.0.2.2/32')
    await network.ip('route', 'add', 'blackhole', '192.0.2.3/32')
  })
  afterAll(async () => {
    await network.remove()
    await cli.remove()
  })

  const start = (argv: readonly string[]) => network.start(process.execPath, [cli.program, ...argv])

  async function reportOf(argv: readonly string[]) {
    const { stdout } = await endOf(start([...argv, '--json']))
    return JSON.parse(stdout.toString()) as { findings: { id: string }[]; error: { message: string } }
  }

  const DIALS = [
    ['192.0.2.1', 'E_LOCAL_FIREWALL', 9, 'local-error', 'EACCES'],
    ['192.0.2.2', 'E_CONNECT_UNREACHABLE', 3, 'unreachable', 'EHOSTUNREACH'],
    ['192.0.2.3', 'E_BIND', 9, 'local-error', 'EINVAL'],
    ['192.0.2.4', 'E_CONNECT_UNREACHABLE', 3, 'unreachable', 'ENETUNREACH'],
  ] as const
  const BOTH = (['tcp', 'utp'] as const).flatMap((transport) =>
    DIALS.map((row) => [transport, ...row] as const),
  )

  test.each(BOTH)('%s to %s is %s', async (transport, address, code, exitCode, outcome, reason) => {
    const report = await reportOf(['connect', `${address}:6881`, '-i', HASH, '--transport', transport])
    expect(report).toMatchObject({ exitCode, error: { code }, attempts: [{ outcome, closedBy: null }] })
    expect(report.error.message).toContain(reason)
  })

  test('a path that goes away during a transfer is lost by the network, and nobody closed', async () => {
    const torrent = join(cli.folder, 'x.torrent')
    const serving = ['--synthetic', '4MiB', '--torrent-out', torrent, '--listen', '127.0.0.1:6881']
    const seeder = start(['serve', ...serving, '--fault', 'slow=64KiB', '--ndjson'])
    const seederEnded = endOf(seeder)
    await untilPrinted(seeder.stdout, /"listening"/)
    const output = ['-o', join(cli.folder, 'out'), '--block-timeout', '8s']
    const fetching = reportOf(['fetch', '127.0.0.1:6881', '-t', torrent, ...output])
    await untilPrinted(seeder.stdout, /"uploaded":[1-9]/)
    // what the command asks again after half of its block time-out finds no way
    await network.ip('link', 'set', 'lo', 'down')
    const report = await fetching
    seeder.kill('SIGINT')
    await seederEnded
    expect(report).toMatchObject({
      exitCode: 6,
      error: { code: 'E_SESSION_LOST', phase: 'transfer' },
      attempts: [{ outcome: 'lost', closedBy: 'network', closeKind: null }],
    })
    expect(report.error.message).toContain('ETIMEDOUT')
    expect(report.findings.map(({ id }) => id).filter((id) => id.startsWith('closed'))).toStrictEqual([])
  })
})

async function untilPrinted(stream: NodeJS.ReadableStream, text: RegExp): Promise<void> {
  let printed = ''
  while (!text.test(printed)) {
    const [chunk] = (await once(stream, 'data')) as [Buffer]
    printed += chunk.toString()
  }
}
