import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeMessages, type Message } from '../../src/wire/message/message.ts'
import { missingProgram } from '../peers/programs.ts'
import { captureOf } from '../support/observed.ts'
import { OUR_ID, theirHandshake } from '../support/session.ts'
import { type Cost, measureProcess, missingMeter } from './measured-process.ts'

/** `decode` against tshark, on the capture of a download. */

const BLOCK_LENGTH = 16_384

/** Blocks that come in one chunk. */
const BLOCKS_PER_CHUNK = 4

/** @param megabytes of data, in blocks of 16 KiB; the segments have 1460 bytes */
export async function compareDecoding(megabytes: number, rounds: number): Promise<void> {
  const missing = missingMeter() ?? missingProgram('tshark')
  if (missing !== undefined) return console.log(`decode: ${missing}`)
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-decode-'))
  try {
    const file = join(folder, 'download.pcapng')
    const blocks = megabytes * 64
    const capture = downloadOf(blocks)
    await writeFile(file, capture)
    console.log(`${blocks} blocks, a capture of ${Math.round(capture.length / 1e6)} MB`)
    const template = '%{report.messages.received.piece}'
    const ours = ['bin/peerwire.cjs', 'decode', file, '-w', template]
    const theirs = ['-r', file, '-d', 'tcp.port==6881,bittorrent', '-Y', 'bittorrent']
    for (let round = 0; round < rounds; round++) {
      const [program, ...rest] = [
        process.execPath,
        join(process.cwd(), ours[0] ?? ''),
        ...ours.slice(1),
      ] as const
      print('peerwire decode', await measureProcess(program, rest, folder))
      print(
        'tshark',
        await measureProcess('tshark', [...theirs, '-T', 'fields', '-e', 'bittorrent.msg.type'], folder),
      )
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function downloadOf(blocks: number): Uint8Array {
  const block = Uint8Array.from({ length: BLOCK_LENGTH }, (_, i) => (i * 7) & 0xff)
  return captureOf((open) => {
    const connection = open()
    connection.data(1010, 'local', theirHandshake(undefined, { peerId: OUR_ID }))
    connection.data(1020, 'remote', theirHandshake())
    for (let piece = 0; piece < blocks; piece += BLOCKS_PER_CHUNK) {
      const pieces = Array.from({ length: BLOCKS_PER_CHUNK }, (_, i) => piece + i)
      const requests = pieces.map((one): Message => ({
        type: 'request',
        piece: one,
        begin: 0,
        length: BLOCK_LENGTH,
      }))
      connection.data(1030 + piece, 'local', encodeMessages(requests))
      connection.data(
        1031 + piece,
        'remote',
        encodeMessages(pieces.map((one) => ({ type: 'piece', piece: one, begin: 0, block }))),
      )
    }
    connection.closed(1040 + blocks, { by: 'us', kind: 'fin' })
  })
}

function print(name: string, { wallMs, cpuMs, peakBytes }: Cost): void {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
  const memory = `${Math.round(peakBytes / 2 ** 20)} MiB`
  console.log(`  ${name.padEnd(16)} ${seconds(wallMs)} wall, ${seconds(cpuMs)} CPU, ${memory}`)
}
