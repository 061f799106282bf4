import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { encodeHandshake } from '../../src/wire/handshake/handshake.ts'
import { decodeMetainfo } from '../../src/wire/torrent/metainfo.ts'
import { buildCli, endOf, type EndedProcess } from '../support/processes/cli-process.ts'

/** `serve` as a process of its own: signals, exit codes, ports and files. */

const { folder, start, run, remove } = await buildCli()

afterAll(remove)

const SERVE = ['serve', '--synthetic', '64KiB', '--listen', '127.0.0.1:0']

interface Event {
  readonly type: string
  readonly [key: string]: unknown
}

interface Listening {
  readonly child: ChildProcessWithoutNullStreams
  readonly port: number
  readonly infoHash: Uint8Array
  readonly ended: Promise<EndedProcess>
}

async function listening(...flags: readonly string[]): Promise<Listening> {
  const child = start([...SERVE, '--ndjson', ...flags])
  const ended = endOf(child)
  const [first] = (await once(child.stdout, 'data')) as [Buffer]
  const { address, torrent } = eventsOf(first)[0] as unknown as {
    readonly address: string
    readonly torrent: { readonly infoHashV1: string }
  }
  return { child, port: Number(address.split(':')[1]), infoHash: fromHex(torrent.infoHashV1), ended }
}

function eventsOf(stdout: Buffer): readonly Event[] {
  const lines = stdout.toString().split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Event)
}

function handshake(infoHash: Uint8Array): Uint8Array {
  return encodeHandshake({
    infoHash,
    peerId: new TextEncoder().encode('-PW0100-abcdefghijkl'),
    reserved: new Uint8Array(8),
  })
}

/** A peer that says this, waits for an answer and hangs up. */
async function visit({ port, infoHash }: Listening, ...then: readonly number[]): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.write(Buffer.concat([handshake(infoHash), Uint8Array.from(then)]))
  await once(socket, 'data')
  socket.end()
  socket.resume()
  await once(socket, 'close')
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s closes the connections, and ends with what was found',
  async (signal) => {
    const serving = await listening()
    const socket = connect(serving.port, '127.0.0.1')
    socket.write(handshake(serving.infoHash))
    await once(socket, 'data')
    // a reset is an error too, and as good an end
    const closed = new Promise((resolve) => socket.on('error', resolve).on('close', resolve))
    serving.child.kill(signal)
    await closed
    const ended = await serving.ended
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(eventsOf(ended.stdout).at(-1)).toMatchObject({
      type: 'end',
      report: { schema: 'peerwire.serve/1', exitCode: 0, error: null, connections: 1 },
    })
  },
)

test('a signal does not hide what a strict seeder found', async () => {
  const serving = await listening('--strict')
  // have, a piece that is not there
  await visit(serving, 0, 0, 0, 5, 4, 0, 0, 0, 99)
  serving.child.kill('SIGTERM')
  expect(await serving.ended).toMatchObject({ code: 1 })
})

test('ends with what it found when the reader of its output goes away, as head does', async () => {
  const serving = await listening()
  serving.child.stdout.destroy()
  // each visit is an event that nobody reads
  while (serving.child.exitCode === null && serving.child.signalCode === null) {
    await visit(serving).catch(() => undefined)
  }
  expect(await serving.ended).toMatchObject({ code: 0, stderr: '' })
})

describe('once', () => {
  test('ends with 0 after a peer', async () => {
    const serving = await listening('--once')
    await visit(serving)
    expect(await serving.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('ends with 1 when a strict seeder has something to say', async () => {
    const serving = await listening('--once', '--strict')
    // have, a piece that is not there
    await visit(serving, 0, 0, 0, 5, 4, 0, 0, 0, 99)
    const { code, stdout } = await serving.ended
    expect(code).toBe(1)
    expect(eventsOf(stdout)).toContainEqual(
      expect.objectContaining({
        type: 'violation',
        text: expect.stringMatching(/^message 2 at byte 68: piece 99, .* \(BEP 3\)$/) as string,
      }),
    )
  })
})

test('--torrent-out writes a torrent, and not over one that stands', async () => {
  const file = join(folder, 'made.torrent')
  const flags = [...SERVE, '--torrent-out', file, '--timeout', '10ms']
  const made = await run([...flags, '--ndjson'])
  expect(made.code).toBe(0)
  const { v1 } = decodeMetainfo(await readFile(file)).infoHashes
  expect(eventsOf(made.stdout)[0]).toMatchObject({ torrent: { infoHashV1: toHex(v1 ?? new Uint8Array()) } })
  expect((await run(flags)).code).toBe(9)
  expect((await run([...flags, '--force'])).code).toBe(0)
})

test('prints lines for people also into a pipe, and --json one document', async () => {
  const text = await run([...SERVE, '--timeout', '10ms'])
  const link = /^magnet:\?xt=urn:btih:([0-9a-f]{40})&x\.pe=127\.0\.0\.1:\d+$/m
  expect(text.stdout.toString()).toMatch(/^serving synthetic-65536-1, 4 pieces of 16 KiB, on /)
  expect(text.stdout.toString()).toMatch(link)
  expect((await run([...SERVE, '--text', '--timeout', '10ms'])).stdout.toString()).toMatch(link)
  const json = await run([...SERVE, '--json', '--timeout', '10ms'])
  expect(JSON.parse(json.stdout.toString())).toMatchObject({ schema: 'peerwire.serve/1', exitCode: 0 })
  expect((await run([...SERVE, '-q', '--timeout', '10ms'])).stdout).toHaveLength(0)
})

test('--fault help lists the ways to misbehave', async () => {
  const { code, stdout } = await run(['serve', '--fault', 'help'])
  expect(code).toBe(0)
  expect(stdout.toString()).toMatch(/\n\nhandshake:\n {2}silent +accept the connection/)
})

describe('a port that is taken gives 9', () => {
  const serveAt = async (port: number) => {
    const flags = ['--synthetic', '64KiB', '--listen', `127.0.0.1:${port}`, '--json']
    const { code, stdout } = await run(['serve', ...flags])
    return { code, error: (JSON.parse(stdout.toString()) as { error: unknown }).error }
  }

  test('by TCP', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const taken = await serveAt((server.address() as AddressInfo).port)
    server.close()
    expect(taken).toMatchObject({ code: 9, error: { code: 'E_BIND' } })
  })

  test('by UDP', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const taken = await serveAt(socket.address().port)
    socket.close()
    expect(taken).toMatchObject({ code: 9, error: { code: 'E_BIND' } })
  })
})

test.each([
  { flags: [], name: 'no torrent' },
  { flags: ['--synthetic', '1MiB', '--data', '.'], name: 'both sources' },
  { flags: ['--synthetic', 'much'], name: 'no size' },
  { flags: ['--synthetic', '1MiB', '--fault', 'rudeness'], name: 'no such fault' },
  { flags: ['--synthetic', '1MiB', '--listen', 'localhost'], name: 'no port to listen on' },
  { flags: ['--synthetic', '1MiB', '--connect', '127.0.0.1'], name: 'no port to dial' },
  { flags: ['--synthetic', '1MiB', '--json', '--text'], name: 'two kinds of output' },
  { flags: ['--synthetic', '1MiB', '--have', '3-1'], name: 'pieces backwards' },
])('$name is a wrong command line: 2', async ({ flags }) => {
  expect((await run(['serve', ...flags])).code).toBe(2)
})
