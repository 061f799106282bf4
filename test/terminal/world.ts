import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nobody } from '../support/peers/bad-peers.ts'
import { buildCli } from '../support/processes/cli-process.ts'
import { SERVED, serveSynthetic } from '../support/peers/library-serving.ts'
import { type Terminal, Terminals, type WindowSize } from './tmux.ts'

/** Peers by the name of the fault that they have. */
const FAULTS = {
  healthy: [],
  findings: ['spare-bits'],
  choking: ['choke-forever'],
  corrupt: ['corrupt=3'],
  rejecting: ['reject-all', 'metadata-reject'],
  silent: ['silent', 'utp-silent'],
  http: ['http'],
  closing: ['close-on-accept', 'utp-refuse'],
  otherHash: ['wrong-info-hash'],
  // blocks that are allowed fast could come before the unchoke
  stalling: ['stall-after=5', 'no-allowed-fast'],
  slow: ['slow=20000'],
} as const

/** `mute` accepts connections, and neither answers nor closes, whatever it gets. */
export type PeerName = keyof typeof FAULTS | 'refused' | 'mute'

/** Addresses of the peers, HOST:PORT. */
export type Places = { readonly [name in PeerName]: string }

/** Peers of all kinds, and terminals where the command meets them. */
export interface TerminalWorld {
  readonly places: Places
  readonly folder: string
  /** Runs the command in a new window. Its folder has the torrent of all peers: `content.torrent`. */
  readonly open: (
    args: readonly string[],
    size: WindowSize,
    env?: { readonly [name: string]: string },
  ) => Promise<Terminal>
  /** The same for a line of shell, where `$peerwire` is the command. */
  readonly openShell: (line: string, size: WindowSize) => Promise<Terminal>
  /** The text with fixed ports, times, rates and temporary names. */
  readonly masked: (text: string) => string
  /** Resolves when the silent peer has received a handshake. */
  readonly metSilent: () => Promise<unknown>
  readonly close: () => Promise<void>
}

/** The locale decides about characters, and nothing else of the machine may change what is shown. */
const ENV = {
  LC_ALL: 'C.UTF-8',
  TMPDIR: '/tmp',
  PEERWIRE_OPTIONS: '',
}

export async function makeTerminalWorld(): Promise<TerminalWorld> {
  const cli = await buildCli()
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-terminal-'))
  await writeFile(join(folder, 'content.torrent'), SERVED.torrentBytes)
  const newFolder = async () => {
    const made = await mkdtemp(join(folder, 'window-'))
    await symlink(join(folder, 'content.torrent'), join(made, 'content.torrent'))
    return made
  }
  const terminals = await Terminals.make(folder)
  const meetings = new EventEmitter()
  const peers = await Promise.all(
    Object.entries(FAULTS).map(async ([name, faults]) => ({
      name,
      ...(await serveSynthetic({ faults, onEvent: ({ type }) => meetings.emit(`${name} ${type}`) })),
    })),
  )
  const free = await nobody()
  const mute = createServer((socket) => void socket.on('error', () => undefined).resume())
  await once(mute.listen(0, '127.0.0.1'), 'listening')
  const mutePort = (mute.address() as AddressInfo).port
  const addresses = [
    ...peers.map(({ name, port }) => ({ name, port })),
    { name: 'refused', port: portOf(free.address) },
    { name: 'mute', port: mutePort },
  ]
  // another peer changes no port of the screens
  const fixed = new Map([
    ...peers.map(({ port }, i) => [port, 50_001 + i] as const),
    [portOf(free.address), 50_100],
    [mutePort, 50_101],
  ])
  return {
    places: Object.fromEntries(
      addresses.map(({ name, port }) => [name, `127.0.0.1:${port}`]),
    ) as unknown as Places,
    folder,
    open: async (args, size, env = {}) =>
      terminals.open([process.execPath, cli.program, ...args], size, {
        folder: await newFolder(),
        env: { ...ENV, ...env },
      }),
    openShell: async (line, size) =>
      terminals.open(['bash', '-c', line], size, {
        folder: await newFolder(),
        env: { ...ENV, peerwire: `${process.execPath} ${cli.program}` },
      }),
    masked: (text) =>
      maskTimes(text)
        .replace(/(?<=127\.0\.0\.1:)\d{5}\b/g, (port) => String(fixed.get(Number(port)) ?? 50_000))
        .replace(/\/tmp\/peerwire-\w{6}/g, '/tmp/peerwire-XXXXXX'),
    metSilent: () => once(meetings, 'silent handshake'),
    close: async () => {
      await terminals.close()
      await Promise.all(peers.map(({ stop }) => stop()))
      mute.close()
      await rm(folder, { recursive: true, force: true })
      await cli.remove()
    },
  }
}

/** Sections that are about times and rates only. */
const MEASURED = /^( {2}(?:timing|transfer|latency))\b.*(?:\n {4,}.*)*/gm

function maskTimes(text: string): string {
  return (
    text
      .replace(MEASURED, '$1 …')
      .replace(/^[━·]+ .*$/gm, '[progress bar]')
      // headers and acknowledgements of a capture count as well
      .replace(/(?<=messages in )\d+/g, '…')
      // pieces are requested in a random order, and the last one is short
      .replace(/\b\d{4,}(?=,\s+closed\s+by\s+us|\s+bytes\s+received)/g, '…')
      .replace(/ {2,}\d[\d.]* (?:ms|s)$/gm, (time) => '# ms'.padStart(time.length))
      .replace(/\b\d[\d.]* (?:ms|s)\b/g, '# ms')
      .replace(/\b\d[\d.]* (?:bytes|[KM]iB)\/s/g, '# KiB/s')
  )
}

function portOf(address: string): number {
  return Number(address.split(':').at(-1))
}
