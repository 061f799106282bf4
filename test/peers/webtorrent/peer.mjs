// One webtorrent client with one torrent, on loopback. Settings: a JSON object, the only argument.
import { readFileSync } from 'node:fs'
import net from 'node:net'

const wanted = JSON.parse(process.argv[2])

// webtorrent passes a port only, which would be every address of the machine
const { listen } = net.Server.prototype
net.Server.prototype.listen = function (port, callback) {
  return listen.call(this, { port: wanted.port, host: wanted.host }, callback)
}

const { default: WebTorrent } = await import('webtorrent')

const report = (key, value) => console.log(`@${key} ${value}`)

report('version', WebTorrent.VERSION)
const client = new WebTorrent({
  torrentPort: wanted.port,
  dht: false,
  tracker: false,
  lsd: false,
  utPex: false,
  utp: false,
  natUpnp: false,
  natPmp: false,
  webSeeds: false,
  ...(wanted.peerIdPrefix === undefined ? {} : { peerId: Buffer.from(wanted.peerIdPrefix.padEnd(20, 'x')) }),
})
client.on('error', (error) => {
  console.error(error)
  process.exit(1)
})
const torrent = client.add(readFileSync(wanted.torrent), { path: wanted.dataFolder })
torrent.on('ready', () => {
  report('checked', torrent.progress)
  if (wanted.connectTo === undefined) return
  const { host, port } = wanted.connectTo
  torrent.addPeer(`${host.includes(':') ? `[${host}]` : host}:${port}`)
})
process.on('SIGUSR2', () => client.remove(torrent, () => report('removed', 1)))
torrent.on('done', () => {
  report('complete', torrent.progress)
  if (wanted.endsWhenDone) client.destroy(() => process.exit())
})
