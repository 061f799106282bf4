import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync, existsSync } from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { buildCli, endOf } from '../../support/cli-process.ts'

/** The command as a process of its own: what only a real stdout and real signals show. */

const HASH = '0123456789abcdef0123456789abcdef01234567'

const { program, folder, start, remove } = await buildCli()
const sockets = new Set<Socket>()
let server: Server | undefined

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  const closing = server
  server = undefined
  if (closing !== undefined) await new Promise((resolve) => closing.close(resolve))
})

afterAll(remove)

/** A server that accepts and says nothing; `greeted` resolves when a client has sent something. */
async function silentServer(): Promise<{ readonly peer: string; readonly greeted: Promise<unknown> }> {
  const silent = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', () => silent.emit('greeted'))
  })
  server = silent
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  return { peer: `127.0.0.1:${port}`, greeted: once(silent, 'greeted') }
}

describe.each([
  { signal: 'SIGINT', code: 130, error: 'E_INTERRUPTED' },
  { signal: 'SIGTERM', code: 143, error: 'E_TERMINATED' },
] as const)('$signal', ({ signal, code, error }) => {
  test('stops at once and prints what is known', async () => {
    const { peer, greeted } = await silentServer()
    const child = start(['connect', peer, '-i', HASH, '--json'])
    const end = endOf(child)
    await greeted
    child.kill(signal)
    const run = await end
    expect(run).toMatchObject({ code, stderr: '' })
    expect(JSON.parse(run.stdout.toString())).toMatchObject({
      exitCode: code,
      error: { code: error, phase: 'handshake' },
    })
  })

  test('leaves no file', async () => {
    const { peer, greeted } = await silentServer()
    const output = join(folder, `block-${signal}`)
    const child = start(['fetch-block', peer, '-i', HASH, '--piece', '0', '-o', output])
    const end = endOf(child)
    await greeted
    child.kill(signal)
    expect((await end).code).toBe(code)
    expect(existsSync(output)).toBe(false)
  })
})

test('a reader that goes away ends the command quietly', async () => {
  const child = start(['explain'])
  const end = endOf(child)
  child.stdout.destroy()
  expect(await end).toMatchObject({ code: 0, stderr: '' })
})

test.skipIf(!existsSync('/dev/full')).each([
  { argv: [program, 'explain'], says: 'peerwire explain: cannot write to standard output: ENOSPC\n' },
  {
    argv: [program, 'serve', '--synthetic', '16KiB', '--listen', '127.0.0.1:0', '--ndjson'],
    says: 'peerwire serve: cannot write to standard output: ENOSPC\n',
  },
  { argv: [program, '--version'], says: '' },
])('a stdout without room gives 9: $argv.1', async ({ argv, says }) => {
  const full = openSync('/dev/full', 'w')
  const child = spawn(process.execPath, argv, { stdio: ['ignore', full, 'pipe'] })
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  closeSync(full)
  expect({ code, stderr }).toStrictEqual({ code: 9, stderr: says })
})

test('a long document reaches a slow reader whole', async () => {
  const run = await endOf(start(['explain', '--json']))
  expect(run.code).toBe(0)
  expect((JSON.parse(run.stdout.toString()) as { topics: unknown[] }).topics.length).toBeGreaterThan(100)
})

test('a file that is no torrent, and one that is not there', async () => {
  expect(await endOf(start(['connect', '127.0.0.1:1', '-t', program]))).toMatchObject({
    code: 2,
    stdout: Buffer.alloc(0),
  })
  expect(await endOf(start(['connect', '127.0.0.1:1', '-t', folder]))).toMatchObject({
    code: 9,
    stderr: `peerwire connect: cannot read ${folder}: it is a folder;\n  type the path of a .torrent file behind -t\n`,
  })
})
