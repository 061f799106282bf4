import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Client } from '../client.ts'

const FOLDER = new URL('../webtorrent/', import.meta.url)

/** A script of its own folder, with its own dependencies; it reports as the libtorrent one does. */
export const webtorrent: Client = {
  missingReason: () =>
    existsSync(new URL('node_modules/webtorrent/package.json', FOLDER))
      ? undefined
      : 'webtorrent is not installed (npm ci --ignore-scripts in test/peers/webtorrent)',

  unsupported({ encryption = 'off', transport = 'tcp' }) {
    // it has a switch for MSE, with which it never answers an incoming connection
    if (encryption !== 'off') return `encryption ${encryption}`
    return transport === 'tcp' ? undefined : 'uTP without its compiled module'
  },

  async prepare({ options, torrentPath, host, port }) {
    const settings = {
      torrent: torrentPath,
      dataFolder: options.dataFolder,
      host,
      port,
      connectTo: options.connectTo,
      peerIdPrefix: options.names?.peerIdPrefix,
    }
    const register = new URL('register.mjs', FOLDER).href
    const script = fileURLToPath(new URL('peer.mjs', FOLDER))
    return { program: process.execPath, args: ['--import', register, script, JSON.stringify(settings)] }
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
