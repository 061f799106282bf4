import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { emptyFolder } from '../../torrents.ts'
import { startServe } from '../../clients/serve.ts'
import { byFile, type World } from '../../world.ts'
import { PEER_ADDRESS, routedNetwork } from '../../network/routed.ts'
import { startUntilOutput } from '../../set/process.ts'
import type { SetSituation, Starting } from '../../set/situation.ts'

async function seeding(world: World, starting: Starting) {
  const torrent = await world.torrent('usual')
  const { peer } = starting.keep(await startServe(world, torrent, []))
  return { torrent, peer }
}

/** A seeder two hops away, and a route of our machine that is not what it should be. */
function withRoute(route: readonly string[]) {
  return async (world: World, starting: Starting) => {
    const network = starting.keep(await routedNetwork())
    const torrent = await world.torrent('usual')
    const listen = `${PEER_ADDRESS}:6881`
    starting.keep(await startServe(world, torrent, [], { through: network.on('peer'), listen }))
    await network.ip('ours', 'route', 'del', 'default')
    if (route.length > 0) await network.ip('ours', 'route', 'add', ...route)
    return { peer: listen, target: byFile(torrent), through: network.on('ours') }
  }
}

const limited = (files: number): readonly string[] => ['sh', '-c', `ulimit -n ${files}; exec "$@"`, 'sh']

/** How many files the command needs to start. */
async function leastFiles(world: World): Promise<number> {
  for (let files = 10; files < 100; files++) {
    const { code } = await world.run(['--version'], 10_000, limited(files))
    if (code === 0) return files
  }
  throw new Error('the command does not start')
}

/** What is wrong is here. */
export const MACHINE: readonly SetSituation[] = [
  {
    name: '--source of the other family',
    causes: ['local-address'],
    note: '--source ::1 for a peer on 127.0.0.1',
    make: async (world, starting) => {
      const { torrent, peer } = await seeding(world, starting)
      return { peer, target: [...byFile(torrent), '--source', '::1'] }
    },
  },
  {
    name: '--source that this machine does not have',
    causes: ['local-address'],
    note: 'the address of a VPN that is down',
    make: async (world, starting) => {
      const { torrent, peer } = await seeding(world, starting)
      return { peer, target: [...byFile(torrent), '--source', '10.8.0.2'] }
    },
  },
  {
    name: 'a machine without IPv6, and an IPv6 peer',
    causes: ['no-route'],
    note: 'a namespace with IPv4 routes only',
    make: async (world, starting) => {
      const network = starting.keep(await routedNetwork())
      const target = byFile(await world.torrent('usual'))
      return { peer: '[2001:db8::7]:6881', target, through: network.on('ours') }
    },
  },
  {
    name: 'a limit of open files',
    causes: ['local-limit'],
    note: 'ulimit -n with the least number that starts the command; --trace-file takes the last one',
    make: async (world, starting) => {
      const { torrent, peer } = await seeding(world, starting)
      const through = limited(await leastFiles(world))
      const target = [...byFile(torrent), '--trace-file', join(await emptyFolder(world), 'trace')]
      return { peer, target, through }
    },
  },
  {
    name: 'a kill switch by an unreachable route',
    causes: ['no-route', 'local-firewall'],
    isOneOf: true,
    ambiguous: ['firewall-rejects', 'no-such-host'],
    note: 'connect fails with EHOSTUNREACH, as with an ICMP error',
    make: withRoute(['unreachable', 'default']),
  },
  {
    name: 'a kill switch by a prohibited route',
    causes: ['local-firewall'],
    also: ['no-route'],
    note: 'connect fails with EACCES',
    make: withRoute(['prohibit', 'default']),
  },
  {
    name: 'a kill switch by a black hole',
    causes: ['no-route', 'local-firewall'],
    isOneOf: true,
    note: 'connect fails with EINVAL',
    make: withRoute(['blackhole', 'default']),
  },
  {
    name: 'a default route over a router that does not forward',
    causes: ['filtered'],
    also: ['no-such-host'],
    note: 'the router has no way on and says nothing',
    make: async (world, starting) => {
      const network = starting.keep(await routedNetwork())
      await network.ip('router', 'route', 'add', 'blackhole', '192.0.2.0/24')
      const target = byFile(await world.torrent('usual'))
      return { peer: '192.0.2.7:6881', target, through: network.on('ours') }
    },
  },
  {
    name: 'a local port that another program has',
    causes: ['local-limit', 'local-address'],
    isOneOf: true,
    note: 'no ephemeral port is free: the range is one port, and in use to the same peer',
    make: async (world, starting) => {
      const network = starting.keep(await routedNetwork())
      const torrent = await world.torrent('usual')
      const listen = `${PEER_ADDRESS}:6881`
      const at = { through: network.on('peer'), listen }
      starting.keep(await startServe(world, torrent, ['--fault', 'choke-forever'], at))
      const ours = network.on('ours')
      const [ip = '', ...within] = ours
      const range = 'net.ipv4.ip_local_port_range=40001 40001'
      await promisify(execFile)(ip, [...within, 'sysctl', '-qw', range])
      const holder = `import socket,time;s=socket.create_connection(("${PEER_ADDRESS}",6881));print(1,flush=True);time.sleep(300)`
      starting.keep(await startUntilOutput([...ours, '/usr/bin/python3', '-c', holder]))
      return { peer: listen, target: byFile(torrent), through: ours }
    },
  },
  {
    name: 'a name with two addresses, of which one refuses',
    causes: ['works'],
    note: 'localhost: ::1 refuses, 127.0.0.1 serves',
    make: async (world, starting) => {
      const { torrent, peer } = await seeding(world, starting)
      return { peer: peer.replace('127.0.0.1', 'localhost'), target: byFile(torrent) }
    },
  },
]
