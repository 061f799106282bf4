// A project that uses the package: pack-check.mjs compiles it under several compilers and runs it. It prints `have 7` and
// `block verified`.
import { createServer } from 'node:net'
import { createRequire } from 'node:module'
import {
  connect,
  demo,
  dialTcp,
  encodeHandshake,
  encodeMessages,
  explain,
  fetchBlock,
  fetchTorrent,
  generatePeerId,
  metadata,
  PeerConnection,
  PeerError,
  serve,
  type ConnectOptions,
  type Message,
  type ServeOptions,
  type TraceEvent,
} from 'peerwire'
import { diagnose, type Finding } from 'peerwire/diagnose'
import { checkExpectations, renderReport, type ConnectReport, type Report } from 'peerwire/report'
import { ChokingState, type SessionEvent } from 'peerwire/session'
import { MessageDecoder, type WireItem } from 'peerwire/wire'

const infoHash = new Uint8Array(20).fill(7)
const theirs = encodeHandshake({
  reserved: new Uint8Array(8),
  infoHash,
  peerId: new Uint8Array(20).fill(1),
})
const messages: Message[] = [{ type: 'have', piece: 7 }]
const items: WireItem[] = new MessageDecoder().push(theirs)
if (items[0]?.kind !== 'handshake') throw new PeerError('E_INTERNAL', 'no handshake')
if (new ChokingState().canRequest) throw new PeerError('E_INTERNAL', 'choked peers are requested from')

const server = createServer((socket) => {
  socket.on('error', () => {})
  socket.end(Buffer.concat([theirs, encodeMessages(messages)]))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
const address = server.address()
if (address === null || typeof address === 'string') throw new Error('no port')
const { port } = address
const host = '127.0.0.1'
const events: SessionEvent['type'][] = []
const transport = await dialTcp({ address: host, port, family: 4 }, { timeoutMs: 5000 })
const connection = await PeerConnection.connect(transport, {
  torrent: { infoHash, pieceCount: undefined, extensionHandshake: {}, have: 'none' },
  peerId: generatePeerId('-XX0000-', new Uint8Array(12)),
  features: [],
  handshakeTimeoutMs: 5000,
  onEvent: ({ type }) => events.push(type),
})
for await (const message of connection)
  if (message.type === 'have') process.stdout.write(`have ${message.piece}\n`)

// the use cases
const trace: TraceEvent[] = []
const options: ConnectOptions = { host, port, infoHash, trace: (event) => trace.push(event) }
const report: ConnectReport = checkExpectations(await connect(options), ['handshake'])
const client: string | null | undefined = report.handshake?.peerId.client
const findings: readonly Finding[] = diagnose(trace)
const reports: Report[] = [report, explain('E_HANDSHAKE_CLOSED'), await demo()]
const texts = reports.map((one) => renderReport(one, { format: 'json' }))
const fetched = await fetchBlock({ host, port, torrent: new URL('file:///x.torrent'), piece: 0 }).catch(
  (error: unknown) => error,
)
if (!(fetched instanceof PeerError) || fetched.code !== 'E_FILE_READ') throw new Error(String(fetched))
const served: ServeOptions = { synthetic: 1_000_000, listen: { port: 0 }, totalTimeoutMs: 50 }
texts.push(renderReport(await serve(served)))
const unused = [metadata, fetchTorrent, client, findings, events]
if (!texts.every((text) => text.endsWith('\n')) || unused.length !== 5) throw new Error('no text')
const schema: unknown = createRequire(import.meta.url)('peerwire/schema/connect.json')
if (typeof schema !== 'object') throw new Error('no schema')
if (reports[2]?.ok === true) process.stdout.write('block verified\n')
server.close()
