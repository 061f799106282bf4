// The least that a download costs in Node over TCP: node floor-download.mjs {"host","port",...}, see floor-leecher.mjs
import { connect } from 'node:net'
import { startLeecher } from './floor-leecher.mjs'

const work = JSON.parse(process.argv[2])
const socket = connect({
  host: work.host,
  port: work.port,
  noDelay: true,
  onread: {
    buffer: Buffer.allocUnsafe(262_144),
    callback: (size, buffer) => {
      take(buffer.subarray(0, size))
      return true
    },
  },
})
const take = startLeecher(work, (bytes) => socket.write(bytes))
