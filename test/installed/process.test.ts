import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync, constants, existsSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { buildCli, endOf } from '../support/processes/cli-process.ts'
import { makeNamedPipe } from '../support/processes/named-pipe.ts'

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
  { signal: 'SIGHUP', code: 129, error: 'E_HANGUP' },
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

test('a reader that takes nothing more is waited for, until the second signal', async () => {
  const path = join(folder, 'unread')
  makeNamedPipe(path)
  const pipe = await open(path, constants.O_RDWR)
  try {
    // 64 KiB fit into a pipe, and the document is longer
    const child = spawn(process.execPath, [program, 'explain', '--json'], {
      stdio: ['ignore', pipe.fd, 'ignore'],
    })
    const ended = once(child, 'exit')
    await pipe.read(new Uint8Array(1))
    expect(child.exitCode).toBeNull()
    child.kill('SIGINT')
    child.kill('SIGTERM')
    expect([130, 143]).toContain((await ended)[0])
  } finally {
    await pipe.close()
  }
})

test('a file that is no torrent, and one that is not there', async () => {
  expect(await endOf(start(['connect', '127.0.0.1:1', '-t', program]))).toMatchObject({
    code: 2,
    stdout: Buffer.alloc(0),
  })
  expect(await endOf(start(['connect', '127.0.0.1:1', '-t', folder]))).toMatchObject({
    code: 9,
    stderr: `peerwire connect: cannot read ${folder}: it is a folder;\n  use the path of a .torrent file after -t\n`,
  })
})

test('waits for what keeps no process running', async () => {
  const { peer } = await silentServer()
  const file = join(folder, 'unref.cjs')
  await writeFile(
    file,
    `const { Socket } = require('node:net')
const { connect } = Socket.prototype
Socket.prototype.connect = function (...args) { return connect.apply(this, args).unref() }
const { setTimeout } = globalThis
globalThis.setTimeout = (...args) => setTimeout(...args).unref()`,
  )
  const argv = ['connect', peer, '-i', HASH, '--encryption', 'off', '--handshake-timeout', '50ms', '--json']
  const run = await endOf(start(argv, { NODE_OPTIONS: `--require ${file}` }))
  expect(run).toMatchObject({ code: 4, stderr: '' })
  expect(JSON.parse(run.stdout.toString())).toMatchObject({ error: { code: 'E_HANDSHAKE_TIMEOUT' } })
})

describe('a bug', () => {
  /** Runs the command with a module that breaks something in it first. */
  const broken = async (name: string, code: string, argv: readonly string[]) => {
    const file = join(folder, `${name}.cjs`)
    await writeFile(file, code)
    return endOf(start(argv, { NODE_OPTIONS: `--require ${file}` }))
  }
  const THROWS = `throw new TypeError('broken')`
  const CONNECT = ['connect', '127.0.0.1:9', '-i', HASH]

  test.each([
    ['a call that throws', `require('net').Socket.prototype.connect = () => { ${THROWS} }`],
    [
      'an error event',
      `require('net').Socket.prototype.connect = function () {
        process.nextTick(() => this.emit('error', new TypeError('broken')))
        return this
      }`,
    ],
    ['a listener', `process.once('newListener', () => process.nextTick(() => { ${THROWS} }))`],
  ])('is never the fault of the network: %s', async (name, code) => {
    const file = name.replaceAll(' ', '-')
    const run = await broken(file, code, [...CONNECT, '--json'])
    expect(run).toMatchObject({ code: 70, stderr: '' })
    expect(JSON.parse(run.stdout.toString())).toMatchObject({
      schema: 'peerwire.connect/1',
      exitCode: 70,
      error: { code: 'E_INTERNAL', message: expect.stringContaining('broken') as string },
    })
    expect((await broken(file, code, CONNECT)).code).toBe(70)
  })

  test('in looking up a name is not the fault of the name', async () => {
    const code = `require('dns').promises.lookup = async () => { ${THROWS} }`
    const run = await broken('lookup', code, ['connect', 'peer.invalid:9', '-i', HASH, '--json'])
    expect(run.code).toBe(70)
    expect(JSON.parse(run.stdout.toString())).toMatchObject({ error: { code: 'E_INTERNAL' } })
  })

  test('of serve is a document with --json, also after it has begun', async () => {
    const code = `process.once('newListener', () => setTimeout(() => { ${THROWS} }, 500))`
    const argv = ['serve', '--synthetic', '1MiB', '--listen', '127.0.0.1:0', '--json']
    const run = await broken('later', code, argv)
    expect(run).toMatchObject({ code: 70, stderr: '' })
    expect(JSON.parse(run.stdout.toString())).toMatchObject({ exitCode: 70, error: { code: 'E_INTERNAL' } })
  })

  test('is a line in text, with the stack only for -v', async () => {
    const code = `process.once('newListener', () => process.nextTick(() => { ${THROWS} }))`
    const run = await broken('text', code, CONNECT)
    expect(run.code).toBe(70)
    expect(run.stderr).toMatch(/^peerwire connect: this is a bug in peerwire: broken;\s+run again with -v/)
    expect(run.stderr).not.toContain('    at ')
    expect((await broken('text', code, [...CONNECT, '-v'])).stderr).toContain('    at ')
  })
})
