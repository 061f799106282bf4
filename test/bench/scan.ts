import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Cost, measureProcess, missingMeter } from './measured-process.ts'

const HASH = 'ab'.repeat(20)

const HANDSHAKE = `Buffer.concat([Buffer.of(19), Buffer.from('BitTorrent protocol'), Buffer.alloc(8),
  Buffer.from('${HASH}', 'hex'), Buffer.from('-XX0100-abcdefghijkl')])`

/** Answers a handshake with its own and a bitfield, on every address of loopback. */
const RESPONDER = `
  const reply = Buffer.concat([${HANDSHAKE}, Buffer.of(0, 0, 0, 2, 5, 0x80)])
  const server = require('node:net').createServer({ noDelay: true }, (socket) => {
    let length = 0
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      if (length < 68 && (length += chunk.length) >= 68) socket.write(reply)
    })
  })
  server.listen({ port: 0, host: '0.0.0.0', backlog: 4096 }, () => console.log(server.address().port))`

/** The least that a program can do: connect, handshake, wait for the milliseconds of its argument, close; 256 at once. */
const BARE = `
  const { connect } = require('node:net')
  const peers = require('node:fs').readFileSync('peers.txt', 'utf8').trim().split('\\n')
  const handshake = ${HANDSHAKE}
  handshake[67]++
  const waitMs = Number(process.argv[1])
  const end = (socket) => waitMs === 0 ? socket.end() : setTimeout(() => socket.end(), waitMs)
  let next = 0
  const start = () => {
    if (next >= peers.length) return
    const [host, port] = peers[next++].split(':')
    const socket = connect({ host, port: Number(port), noDelay: true })
    let length = 0
    socket.on('connect', () => socket.write(handshake))
    socket.on('data', (chunk) => (length += chunk.length) >= 68 && end(socket))
    socket.on('close', start)
  }
  for (let i = 0; i < 256; i++) start()`

/** Compares `scan` of loopback peers with a bare loop, in turns, and prints what each took. */
export async function compareScans(count: number, rounds: number): Promise<void> {
  const missing = missingMeter()
  if (missing !== undefined) {
    console.log(`scan: not measured, ${missing}`)
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'peerwire-scan-'))
  const responder = spawn(process.execPath, ['-e', RESPONDER], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [port] = (await once(responder.stdout, 'data')) as [Buffer]
    const peers = Array.from(
      { length: count },
      (_, i) => `127.1.${i >> 8}.${i & 255}:${port.toString().trim()}`,
    )
    writeFileSync(join(folder, 'peers.txt'), `${peers.join('\n')}\n`)
    const scan = [join(process.cwd(), 'bin/peerwire.cjs'), 'scan', 'peers.txt', '-i', HASH, '--json']
    const contenders = {
      'bare loop': ['-e', BARE, '0'],
      'scan, --settle 0s': [...scan, '--settle', '0s'],
      'bare loop, waits 0.3 s': ['-e', BARE, '300'],
      scan,
    }
    console.log(`scan of ${count} peers on loopback, 256 at once, in turns`)
    for (let round = 0; round < rounds; round++) {
      for (const [name, args] of Object.entries(contenders)) {
        print(name, count, await measureProcess(process.execPath, args, folder))
      }
    }
  } finally {
    responder.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

function print(name: string, count: number, { wallMs, cpuMs, peakBytes }: Cost): void {
  const rate = Math.round((count * 1000) / wallMs)
  const peak = Math.round(peakBytes / 2 ** 20)
  console.log(
    `  ${name.padEnd(23)} ${Math.round(wallMs)} ms, ${rate} peers/s, ${Math.round(cpuMs)} ms of CPU, ${peak} MiB`,
  )
}
