import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Client } from '../client.ts'

/** Debian builds the module for its own interpreter only, which need not be the first on PATH. */
export const PYTHON = '/usr/bin/python3'

const SCRIPT = fileURLToPath(new URL('libtorrent_peer.py', import.meta.url))

/** A short Python script holds the session; it reports on its standard output, a line `@key value` for each events. */
export const libtorrent: Client = {
  missingReason: () => {
    const probe = spawnSync(PYTHON, ['-c', 'import libtorrent'], { stdio: 'ignore' })
    return probe.status === 0 ? undefined : 'python3-libtorrent is not installed'
  },

  unsupported: () => undefined,

  async prepare({ options, torrentPath, host, port }) {
    const settings = {
      torrent: torrentPath,
      dataFolder: options.dataFolder,
      host,
      port,
      encryption: options.encryption ?? 'allow',
      transport: options.transport ?? 'tcp',
      connectTo: options.connectTo,
      names: options.names,
      peerLog: options.peerLog ?? false,
      unchokeSlots: options.unchokeSlots,
      onePeerPerAddress: options.onePeerPerAddress ?? false,
      superSeeding: options.superSeeding ?? false,
      uploadRateLimit: options.uploadRateLimit,
    }
    return { program: PYTHON, args: ['-u', SCRIPT, JSON.stringify(settings)] }
  },

  async load(setup, process) {
    const wanted = setup.options.role === 'download' ? 'checked' : 'complete'
    await process.until('verified data', async () => process.reported(wanted))
    return process.reported('version') ?? ''
  },

  async removeTorrent(_setup, process) {
    process.signal('SIGUSR2')
    await process.until('no torrent', async () => process.reported('removed'))
  },

  isComplete: async (_setup, process) => process.reported('complete') !== undefined,
}
