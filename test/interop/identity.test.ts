import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ClientIdentity, type Identity } from '../../src/diagnose/client/identity.ts'
import type { ConnectReport } from '../../src/report/model/connect.ts'
import type { TraceEvent } from '../../src/trace/event.ts'
import { describePeer } from '../peers/describe-peer.ts'
import type { PeerNames } from '../peers/options.ts'
import { startPeer, type PeerKind, type PeerOptions, type RunningPeer } from '../peers/peer.ts'
import { makeTorrent } from '../peers/torrents.ts'
import { buildCli } from '../support/processes/cli-process.ts'
import { renamed } from '../support/reports/names-withheld.ts'
import { readTrace } from '../support/captures/trace-file.ts'

/** Real clients, as the command identifies them by their behaviour alone. */

const FAMILIES: Readonly<Record<PeerKind, string>> = {
  transmission: 'Transmission',
  aria2: 'aria2',
  libtorrent: 'libtorrent',
  qbittorrent: 'libtorrent',
  webtorrent: 'WebTorrent',
}

const KINDS = Object.keys(FAMILIES) as readonly PeerKind[]
const WITH_UTP: readonly PeerKind[] = ['transmission', 'libtorrent', 'qbittorrent']
const WITH_MSE: readonly PeerKind[] = [...WITH_UTP, 'aria2']

/** Ways to connect, the clients that have them, and whether the behaviour must suffice. */
const WAYS: readonly { flags: readonly string[]; kinds: readonly PeerKind[]; identifies: boolean }[] = [
  { flags: [], kinds: KINDS, identifies: true },
  { flags: ['--no-fast'], kinds: KINDS, identifies: true },
  { flags: ['--no-extensions'], kinds: KINDS, identifies: false },
  { flags: ['--no-extensions', '--no-fast'], kinds: KINDS, identifies: false },
  { flags: ['--encryption', 'require'], kinds: WITH_MSE, identifies: true },
  { flags: ['--transport', 'utp'], kinds: WITH_UTP, identifies: true },
]

const torrent = await makeTorrent({ length: 40 * 16_384 + 4321, pieceLength: 16_384 })
const cli = await buildCli()

afterAll(async () => {
  await cli.remove()
  await torrent.remove()
})

let traces = 0

async function connect(
  peer: RunningPeer,
  flags: readonly string[],
): Promise<{ readonly document: ConnectReport; readonly events: readonly TraceEvent[] }> {
  const file = join(cli.folder, `trace-${++traces}.ndjson`)
  const target = [`${peer.host}:${peer.port}`, '-t', torrent.torrentPath]
  const run = await cli.run(['connect', ...target, '--json', '--trace-file', file, ...flags])
  expect(run).toMatchObject({ code: 0, stderr: '' })
  const document = JSON.parse(run.stdout.toString()) as ConnectReport
  return { document, events: readTrace(await readFile(file, 'utf8')) }
}

function identify(events: readonly TraceEvent[]): Identity {
  const client = new ClientIdentity()
  for (const event of events) client.step(event)
  return client.identity()
}

async function withPeer(
  kind: PeerKind,
  options: Partial<PeerOptions>,
  body: (peer: RunningPeer) => Promise<void>,
): Promise<void> {
  const { torrentBytes, dataFolder } = torrent
  const peer = await startPeer(kind, { torrent: torrentBytes, dataFolder, ...options })
  try {
    await body(peer)
  } finally {
    await peer.stop()
  }
}

for (const kind of KINDS) {
  describePeer(kind, () => {
    test('is identified without its peer id and v, and never contradicts them', () =>
      withPeer(kind, WITH_UTP.includes(kind) ? { transport: 'both' } : {}, async (peer) => {
        for (const { flags, identifies } of WAYS.filter(({ kinds }) => kinds.includes(kind))) {
          const { document, events } = await connect(peer, flags)
          expect(document.identity.conflict, flags.join(' ')).toBe(false)
          expect(document.findings.map(({ id }) => id)).not.toContain('client-conflict')
          const { byBehaviour } = identify(renamed(events))
          if (identifies) expect(byBehaviour?.confidence, flags.join(' ')).toBe('likely')
          if (byBehaviour !== undefined) expect(byBehaviour.family).toBe(FAMILIES[kind])
          expect(document.identity.byBehaviour?.family).toBe(byBehaviour?.family)
          await peer.takesAnother()
        }
      }))
  })
}

const FORGED: readonly { kind: PeerKind; names: PeerNames; claims: string }[] = [
  {
    kind: 'aria2',
    names: { peerIdPrefix: '-qB4520-', version: 'qBittorrent/4.5.2' },
    claims: 'qBittorrent',
  },
  {
    kind: 'libtorrent',
    names: { peerIdPrefix: '-TR3000-', version: 'Transmission 3.00' },
    claims: 'Transmission',
  },
  { kind: 'webtorrent', names: { peerIdPrefix: 'A2-1-36-0-', version: '' }, claims: 'aria2' },
]

for (const { kind, names, claims } of FORGED) {
  describePeer(
    kind,
    () => {
      test('is a conflict', () =>
        withPeer(kind, { names }, async (peer) => {
          const { identity, findings } = (await connect(peer, [])).document
          expect(identity).toMatchObject({ byPeerId: claims, conflict: true })
          expect(identity.byBehaviour).toMatchObject({ family: FAMILIES[kind], confidence: 'likely' })
          const found = findings.find(({ id }) => id === 'client-conflict')
          expect(found?.severity).toBe('warning')
          expect(found?.detail).toContain(
            `its peer id says ${claims}, it behaves like ${FAMILIES[kind]}: it `,
          )
        }))
    },
    `${kind} in the name of ${claims}`,
  )
}
