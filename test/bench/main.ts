// npm run bench -- [--full] [--rounds N] [--only TEXT] [--keep]
// npm run bench -- --only download [--full] [--rounds N] [--megabytes N] [--piece-kibibytes N] [--chart FILE]
// npm run bench -- --only utp [--rounds N] [--megabytes N] [--piece-kibibytes N]
// npm run bench -- --only upload [--full] [--rounds N] [--megabytes N]
// npm run bench -- --only decode [--rounds N] [--megabytes N]
// npm run bench -- --only scan [--full] [--rounds N]
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { batches, copyCut, items, borrowedBatches, loadRival, rival, tightLoop } from './decoders.ts'
import { renderChart } from './download/download-chart.ts'
import { compareDecoding } from './decode.ts'
import { compareDownloads, type DownloadOptions } from './download/download.ts'
import { TCP_CONTEST, UTP_CONTEST } from './download/downloaders.ts'
import { encoders } from './encoders.ts'
import { encryptionHandshakes, loadRivalEncryption, rc4Contenders } from './encryption.ts'
import { compareInterleaved, renderTimings, type Contender } from './interleaved.ts'
import { RatioRecord } from './ratios.ts'
import { compareScans } from './scan.ts'
import { startUps } from './start-up.ts'
import { blocks, chunksOf, control, haves, type Stream } from './streams.ts'
import { compareUploads } from './upload.ts'

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    megabytes: { type: 'string' },
    'piece-kibibytes': { type: 'string', default: '1024' },
    chart: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds ?? 9)
const record = new RatioRecord()
const scale = values.full ? 5 : 1
const blockBytes = values.full ? 2 ** 28 : 2 ** 26
const wire = await loadRival()
if (wire === undefined) console.log('bittorrent-protocol: absent, not compared\n')

interface Case {
  readonly title: string
  readonly make: () => Stream
  /** Bytes of a chunk. */
  readonly chunk: number
  readonly reuseBuffers?: boolean
  /** Whether the floor copies too. */
  readonly copies?: boolean
}

const CASES: readonly Case[] = [
  {
    title: 'blocks of 16 KiB, 64 KiB chunks, borrowed memory',
    make: () => blocks(blockBytes),
    chunk: 65_536,
    reuseBuffers: true,
  },
  {
    title: 'blocks of 16 KiB, 64 KiB chunks, may be kept',
    make: () => blocks(blockBytes),
    chunk: 65_536,
    copies: true,
  },
  { title: 'have, 64 KiB chunks', make: () => haves(1_000_000 * scale), chunk: 65_536 },
  { title: 'mixed control traffic, 64 KiB chunks', make: () => control(1_000_000 * scale), chunk: 65_536 },
  { title: 'control traffic, 7-byte chunks', make: () => control(200_000 * scale), chunk: 7 },
  { title: 'control traffic, 1-byte chunks', make: () => control(25_000 * scale), chunk: 1 },
  { title: 'twice as much of it, 1-byte chunks', make: () => control(50_000 * scale), chunk: 1 },
]

for (const { title, make, chunk, reuseBuffers, copies } of CASES) {
  if (!title.includes(values.only)) continue
  const { bytes, messages } = make()
  const chunks = chunksOf(bytes, chunk)
  const contenders = [
    reuseBuffers === true ? borrowedBatches(chunks) : batches(chunks),
    items(chunks),
    tightLoop(bytes),
  ]
  if (copies === true) contenders.push(copyCut(bytes, chunk))
  if (wire !== undefined) contenders.push(rival(wire, chunks))
  await compare(`${title}: ${messages} messages, ${bytes.length} bytes`, contenders)
}

const requests = 1_000_000 * scale
if ('encode requests'.includes(values.only))
  await compare(`encode ${requests} requests`, encoders(requests, wire))

const rivalEncryption = await loadRivalEncryption()
if (rivalEncryption === undefined) console.log('encryption of bittorrent-protocol: absent, not compared\n')
if ('rc4, 64 MiB'.includes(values.only))
  await compare('rc4, 64 MiB in chunks of 16 KiB', rc4Contenders(64, rivalEncryption))
if ('encryption handshakes'.includes(values.only))
  await compare('10 encryption handshakes, both sides', encryptionHandshakes(rivalEncryption))

const starts = startUps()
if (starts === undefined) console.log('start-up: absent, the command is not built (npm run build)')
for (const [title, contenders] of starts ?? []) {
  if (title.includes(values.only)) await compare(title, contenders)
}

// these take minutes and fill the disk: only when asked for
if (values.only === 'download') await compareOverTcp()
if (values.only === 'utp')
  await compareDownloads(UTP_CONTEST, downloadOptions(values.full ? 256 : 64), record)
if (values.only === 'decode')
  await compareDecoding(Number(values.megabytes ?? 128), Number(values.rounds ?? 3))
if (values.only === 'scan') await compareScans(values.full ? 10_000 : 2000, Number(values.rounds ?? 3))
if (values.only === 'upload') await compareUploads(downloadOptions(values.full ? 1024 : 256), record)
record.save(values.keep)

async function compareOverTcp(): Promise<void> {
  const options = downloadOptions(values.full ? 1024 : 256)
  const sections = await compareDownloads(TCP_CONTEST, options, record)
  if (values.chart === undefined) return
  const title = `${options.megabytes} MiB from one peer, verified, to disk`
  writeFileSync(values.chart, renderChart(title, sections, TCP_CONTEST.reference))
}

function downloadOptions(megabytes: number): DownloadOptions {
  return {
    megabytes: Number(values.megabytes ?? megabytes),
    pieceKibibytes: Number(values['piece-kibibytes']),
    rounds: Number(values.rounds ?? 3),
  }
}

async function compare(title: string, contenders: readonly Contender[]): Promise<void> {
  const timings = await compareInterleaved(contenders, rounds)
  console.log(renderTimings(title, timings, (name, ratio) => record.compare(title, name, ratio)))
}
