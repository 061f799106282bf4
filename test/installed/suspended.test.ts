import { readFile } from 'node:fs/promises'
import type { ChildProcess } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { concat, toHex } from '../../src/base/bytes.ts'
import { listenTcp } from '../../src/net/tcp/tcp.ts'
import type { Listen, Transport } from '../../src/net/transport.ts'
import { listenUtp } from '../../src/net/utp/utp.ts'
import { encodeMessages } from '../../src/wire/message/message.ts'
import { type BuiltCli, buildCli, endOf } from '../support/processes/cli-process.ts'
import { INFO_HASH, theirHandshake } from '../support/sessions/session.ts'

/** Longer than the time limit of the command and than what its clock takes for a busy machine. */
const STOPPED_MS = 4000

let cli: BuiltCli
beforeAll(async () => {
  cli = await buildCli()
})
afterAll(() => cli.remove())

/** Waits until the system says that the process is stopped. */
async function untilStopped({ pid }: ChildProcess): Promise<void> {
  for (;;) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    if (/^State:\s+T/m.test(status)) return
    await wait(5)
  }
}

/** Calls back once with the peer's first bytes, and drops the rest. */
function onFirstBytes(transport: Transport, callback: () => void): void {
  let hasCome = false
  transport.start({
    bytes: () => {
      if (!hasCome) callback()
      hasCome = true
    },
    drained: () => undefined,
    closed: () => undefined,
  })
}

/** Runs `connect` against a peer that answers while the command is stopped. */
async function connectStopped(listen: Listen, transport: 'tcp' | 'utp') {
  let came: (peer: Transport) => void = () => undefined
  const asked = new Promise<Transport>((resolve) => {
    came = resolve
  })
  const listener = await listen({ address: '127.0.0.1', port: 0, family: 4 }, (one) =>
    onFirstBytes(one, () => came(one)),
  )
  const peer = `127.0.0.1:${listener.address.port}`
  const options = ['--transport', transport, '--handshake-timeout', '3s', '--encryption', 'off', '--json']
  const child = cli.start(['connect', peer, '-i', toHex(INFO_HASH), ...options])
  const ended = endOf(child)
  try {
    const accepted = await asked
    child.kill('SIGSTOP')
    await untilStopped(child)
    accepted.write(concat([theirHandshake(['fast']), encodeMessages([{ type: 'have-all' }])]))
    // what is left of its time limit passes while it cannot look
    await wait(STOPPED_MS)
    child.kill('SIGCONT')
    const { code, stdout } = await ended
    return { code, report: JSON.parse(stdout.toString()) as unknown }
  } finally {
    child.kill('SIGKILL')
    await listener.close()
  }
}

test.skipIf(process.platform !== 'linux').each([
  ['tcp', listenTcp],
  ['utp', listenUtp],
] as const)(
  'a command that was stopped reads what came over %s before it judges the peer',
  async (transport, listen) => {
    const { code, report } = await connectStopped(listen, transport)
    expect(report).toMatchObject({
      exitCode: 0,
      error: null,
      attempts: [{ transport, outcome: 'ok', closedBy: 'us' }],
      availability: { source: 'have-all' },
    })
    expect(code).toBe(0)
  },
)
