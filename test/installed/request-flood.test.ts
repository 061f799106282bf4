import { writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, test } from 'vitest'
import { concat, toHex } from '../../src/base/bytes.ts'
import type { ConnectReport } from '../../src/report/model/connect.ts'
import { encodeTorrentFile } from '../../src/run/metadata/fetch-metadata.ts'
import { encodeExtensionHandshake } from '../../src/wire/extension/handshake.ts'
import { encodeMetadataMessage } from '../../src/wire/extension/metadata.ts'
import { encodeMessages, type Message } from '../../src/wire/message/message.ts'
import { buildCli, endOf } from '../support/processes/cli-process.ts'
import { makeV1Torrent } from '../support/torrents/made-torrent.ts'
import { MAX_RESIDENT, reportedPeak, reportingPeak } from '../support/processes/peak-memory.ts'
import { answering, startPeer } from '../support/peers/scripted-peer.ts'
import { request } from '../support/peers/seeder.ts'
import { theirHandshake } from '../support/sessions/session.ts'

/** A peer that asks without end and reads nothing, before the command as a process of its own. */

const { start, folder, remove } = await buildCli()
const { metainfo } = makeV1Torrent()
const infoHash = new Uint8Array(metainfo.infoHashes.v1 ?? [])
const torrent = join(folder, 'made.torrent')
await writeFile(torrent, encodeTorrentFile(metainfo))

afterAll(remove)

/** Claims everything, and lets us ask for it. */
const GREETING: readonly Message[] = [
  {
    type: 'extended',
    id: 0,
    payload: encodeExtensionHandshake({
      extensions: new Map([['ut_metadata', 3]]),
      metadataSize: metainfo.infoBytes.length,
    }),
  },
  { type: 'bitfield', bits: new Uint8Array([0xff, 0xe0]) },
  { type: 'unchoke' },
]

const METADATA_REQUEST: Message = {
  type: 'extended',
  id: 2,
  payload: encodeMetadataMessage({ type: 'request', piece: 0 }),
}

/** Reads nothing from here on, and sends this for as long as it is taken. */
function flood(socket: Socket, bytes: Uint8Array): void {
  socket.pause()
  const pour = (): void => {
    if (socket.destroyed) return
    if (socket.write(bytes)) setImmediate(pour)
    else socket.once('drain', pour)
  }
  pour()
}

interface Flood {
  readonly asked: string
  readonly messages: readonly Message[]
  readonly features: Parameters<typeof theirHandshake>[0]
}

const ALL = ['fast', 'extension-protocol'] as const
const REQUESTS: Flood = { asked: 'requests', messages: [request(0, 0)], features: ALL }

const FLOODS: readonly (Flood & { readonly command: string; readonly args: readonly string[] })[] = [
  { ...REQUESTS, command: 'connect', args: ['-t', torrent, '--settle', '2s', '--wait', '4s'] },
  // without a bound some 500 MiB by then
  { ...REQUESTS, command: 'fetch', args: ['-t', torrent, '--sample', '9', '--block-timeout', '12s'] },
  {
    asked: 'metadata requests',
    messages: [METADATA_REQUEST],
    features: ALL,
    command: 'fetch',
    args: ['-t', torrent, '--sample', '9', '--block-timeout', '4s'],
  },
  {
    asked: 'chokes and unchokes',
    messages: [{ type: 'choke' }, { type: 'unchoke' }],
    // a choke then takes back all that we asked for, and we ask for it again
    features: ['extension-protocol'],
    command: 'fetch',
    args: ['-t', torrent, '--sample', '9', '--timeout', '4s'],
  },
  {
    ...REQUESTS,
    command: 'fetch-block',
    args: ['-t', torrent, '--piece', '1', '-o', join(folder, 'block'), '--timeout', '4s'],
  },
  { ...REQUESTS, command: 'metadata', args: ['-i', toHex(infoHash), '--timeout', '4s'] },
]

describe.concurrent.each(FLOODS)(
  '$command before a flood of $asked',
  ({ command, args, messages, features }) => {
    test('takes bounded memory, and reports the flood', async ({ expect }) => {
      const greeting = concat([theirHandshake(features, { infoHash }), encodeMessages(GREETING)])
      const unit = encodeMessages(messages)
      const chunk = Buffer.concat(Array.from({ length: Math.ceil(65_536 / unit.length) }, () => unit))
      const peer = await startPeer(answering(greeting, (socket) => flood(socket, chunk)))
      const peak = join(folder, `peak-${peer.port}`)
      const argv = [command, `127.0.0.1:${peer.port}`, ...args, '--encryption', 'off', '--json']
      const { stdout } = await endOf(start(argv, reportingPeak(peak)))
      await peer.stop()
      const { findings } = JSON.parse(stdout.toString()) as Pick<ConnectReport, 'findings'>
      expect(findings.map(({ id }) => id)).toContain('message-flood')
      expect(reportedPeak(peak)).toBeLessThan(MAX_RESIDENT)
    })
  },
)
