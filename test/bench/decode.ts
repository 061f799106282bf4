import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CaptureWriter } from '../../src/session/capture/capture-writer.ts'
import { encodeMessages, type Message } from '../../src/wire/message/message.ts'
import { missingProgram } from '../peers/programs.ts'
import { OUR_ID, theirHandshake } from '../support/sessions/session.ts'
import { type Cost, measureProcess, missingMeter } from './measured-process.ts'

/** `decode` against tshark, on the capture of a download, and how its cost grows with the capture. */

const BLOCK_LENGTH = 16_384

/** Blocks that come in one chunk. */
const BLOCKS_PER_CHUNK = 4

/** How much longer the second capture is, which tshark does not read: it would need gigabytes. */
const GROWTH = 10

const TSHARK = [
  '-d',
  'tcp.port==6881,bittorrent',
  '-Y',
  'bittorrent',
  '-T',
  'fields',
  '-e',
  'bittorrent.msg.type',
]

/** @param megabytes of data, in blocks of 16 KiB; the segments have 1460 bytes */
export async function compareDecoding(megabytes: number, rounds: number): Promise<void> {
  const missing = missingMeter() ?? missingProgram('tshark')
  if (missing !== undefined) return console.log(`decode: ${missing}`)
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-decode-'))
  const decode = (file: string) =>
    measureProcess(process.execPath, [join(process.cwd(), 'bin/peerwire.cjs'), 'decode', file, '-q'], folder)
  try {
    const short = await writeDownload(join(folder, 'short.pcapng'), megabytes, 1)
    const long = await writeDownload(join(folder, 'long.pcapng'), GROWTH * megabytes, 4)
    const costs: { ours: Cost[]; theirs: Cost[]; long: Cost[] } = { ours: [], theirs: [], long: [] }
    for (let round = 0; round < rounds; round++) {
      costs.ours.push(await decode(short))
      costs.theirs.push(await measureProcess('tshark', ['-r', short, ...TSHARK], folder))
      costs.long.push(await decode(long))
    }
    const [ours, theirs, grown] = [median(costs.ours), median(costs.theirs), median(costs.long)]
    print(`peerwire decode, ${await megabytesOf(short)}`, ours)
    print(`tshark, the same`, theirs)
    print(`peerwire decode, ${await megabytesOf(long)}, 4 connections`, grown)
    const ratio = (a: Cost, b: Cost) =>
      `${(a.wallMs / b.wallMs).toFixed(2)} wall, ${(a.cpuMs / b.cpuMs).toFixed(2)} CPU, ${(a.peakBytes / b.peakBytes).toFixed(2)} memory`
    console.log(`  of tshark: ${ratio(ours, theirs)}`)
    console.log(`  ${GROWTH} times as long: ${ratio(grown, ours)}`)
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Blocks that take turns among connections, the fourth of which is uTP. */
async function writeDownload(file: string, megabytes: number, count: number): Promise<string> {
  const output = openSync(file, 'w')
  const writer = new CaptureWriter((bytes) => writeSync(output, bytes))
  const block = Uint8Array.from({ length: BLOCK_LENGTH }, (_, i) => (i * 7) & 0xff)
  const connections = Array.from({ length: count }, (_, index) =>
    writer.open(1000, {
      transport: index === 3 ? 'utp' : 'tcp',
      ends: {
        local: { address: '192.0.2.1', port: 50_000 + index },
        remote: { address: '198.51.100.9', port: 6881 },
      },
      initiator: 'local',
    }),
  )
  for (const connection of connections) {
    connection.data(1010, 'local', theirHandshake(undefined, { peerId: OUR_ID }))
    connection.data(1020, 'remote', theirHandshake())
  }
  const blocks = megabytes * 64
  for (let piece = 0; piece < blocks; piece += BLOCKS_PER_CHUNK) {
    const connection = connections[(piece / BLOCKS_PER_CHUNK) % count]
    const pieces = Array.from({ length: BLOCKS_PER_CHUNK }, (_, i) => piece + i)
    const requests = pieces.map((one): Message => ({
      type: 'request',
      piece: one,
      begin: 0,
      length: BLOCK_LENGTH,
    }))
    connection?.data(1030 + piece, 'local', encodeMessages(requests))
    const answers = pieces.map((one): Message => ({ type: 'piece', piece: one, begin: 0, block }))
    connection?.data(1031 + piece, 'remote', encodeMessages(answers))
  }
  for (const connection of connections) connection.closed(1040 + blocks, { by: 'us', kind: 'fin' })
  closeSync(output)
  return file
}

async function megabytesOf(file: string): Promise<string> {
  return `${Math.round((await stat(file)).size / 1e6)} MB`
}

/** By the CPU time. */
function median(costs: readonly Cost[]): Cost {
  const sorted = costs.toSorted((a, b) => a.cpuMs - b.cpuMs)
  return sorted[sorted.length >> 1] ?? { wallMs: 0, cpuMs: 0, peakBytes: 0 }
}

function print(name: string, { wallMs, cpuMs, peakBytes }: Cost): void {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
  const memory = `${Math.round(peakBytes / 2 ** 20)} MiB`
  console.log(`  ${name.padEnd(40)} ${seconds(wallMs)} wall, ${seconds(cpuMs)} CPU, ${memory}`)
}
