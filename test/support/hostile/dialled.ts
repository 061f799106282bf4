import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { systemClock } from '../../../src/net/clock.ts'
import { acceptEncryption } from '../../../src/net/mse/encryption.ts'
import { TcpTransport } from '../../../src/net/tcp/transport.ts'
import type { Transport } from '../../../src/net/transport.ts'
import type { ConnectOptions } from '../../../src/run/options.ts'
import type { Ports } from '../../../src/run/ports.ts'
import { indexTorrents } from '../../../src/wire/mse/keys.ts'
import { sessionOptions, testPorts, withMetainfo } from '../sessions/fetch-setup.ts'
import { startPeer } from '../peers/scripted-peer.ts'
import { type HostileRow, TARGET, TARGET_HASH } from './row.ts'
import { sayAll } from './serving.ts'

const NEVER = 600_000

export interface Way {
  readonly encryption: 'off' | 'require'
  /** Default the .torrent. */
  readonly target?: Parameters<typeof sessionOptions>[1]
}

/** What a command makes of a peer that says this, closes its side, and reads on. */
export async function dialHostile<Result>(
  row: Pick<HostileRow, 'bytes' | 'cutInto'>,
  { encryption, target = withMetainfo(TARGET.metainfo) }: Way,
  command: (options: ConnectOptions, ports: Ports) => Promise<Result>,
): Promise<Result> {
  const peer = await startPeer((socket) => {
    // who closes in the middle is not the matter here
    say(socket, row, encryption).catch(() => undefined)
  })
  const options: ConnectOptions = {
    ...sessionOptions(peer, target),
    encryption,
    interested: false,
    handshakeTimeoutMs: NEVER,
    settleMs: NEVER,
    // later than quiet, whenever the last of it comes
    waitMs: 2 * NEVER,
  }
  try {
    return await command(options, testPorts())
  } finally {
    await peer.stop()
  }
}

async function say(
  socket: Socket,
  { bytes, cutInto = bytes.length }: Pick<HostileRow, 'bytes' | 'cutInto'>,
  encryption: Way['encryption'],
): Promise<void> {
  const transport = new TcpTransport(socket)
  await sayAll(encryption === 'off' ? transport : await encrypted(transport), bytes, cutInto)
  // past the transport, which would not wait long for us to close too
  socket.end()
}

function encrypted(transport: Transport): Promise<Transport> {
  return acceptEncryption(transport, {
    clock: systemClock,
    random: (length) => new Uint8Array(randomBytes(length)),
    stepTimeoutMs: NEVER,
    findTorrent: indexTorrents([TARGET_HASH]),
    plaintext: 'refuse',
  })
}
