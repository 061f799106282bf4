import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { RawStream } from './raw-stream.ts'

/** Our number for ut_metadata, and the one of the seeder under test. */
export const METADATA_ID = { ours: 9, theirs: 2 } as const

const PEER_ID = '-RW0001-rawrawrawraw'

/** A message by hand: its id, and 32-bit numbers or bytes behind it. */
export function frame(id: number, ...parts: readonly (number | string | Uint8Array)[]): Buffer {
  const body = Buffer.concat([Buffer.of(id), ...parts.map((part) => bytesOf(part))])
  return Buffer.concat([bytesOf(body.length), body])
}

function bytesOf(part: number | string | Uint8Array): Uint8Array {
  if (typeof part !== 'number') return Buffer.from(part)
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(part)
  return bytes
}

/** A handshake by hand, with the bits of BEP 6 and BEP 10. */
export function rawHandshake(infoHash: Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from('\x13BitTorrent protocol'),
    Buffer.from('0000000000100004', 'hex'),
    infoHash,
    Buffer.from(PEER_ID),
  ])
}

/** What a leecher says first: handshake, extension handshake, have-none, interested, and a request for metadata. */
export function rawGreeting(infoHash: Uint8Array): Buffer {
  const extensions = `d1:md11:ut_metadatai${METADATA_ID.ours}ee13:metadata_sizei1000ee`
  const request = 'd8:msg_typei0e5:piecei0ee'
  return Buffer.concat([
    rawHandshake(infoHash),
    frame(20, Buffer.of(0), extensions),
    frame(15),
    frame(2),
    frame(20, Buffer.of(METADATA_ID.theirs), request),
  ])
}

export const rawRequest = (piece: number, begin: number, length: number): Buffer =>
  frame(6, piece, begin, length)

export { PEER_ID as RAW_PEER_ID }

/** What a visitor does on a connection, whatever carries it. */
export interface Visit {
  readonly infoHash: Uint8Array
  /** Said as soon as the connection stands. Default: the greeting. */
  readonly opening?: Uint8Array
  /** Requests, sent behind the first unchoke, each when the one before it was answered. */
  readonly requests: readonly Buffer[]
  /** Whether what was to be seen is there. */
  readonly until: (seen: RawStream) => boolean
  /** Looks on until nothing has come for this long, in milliseconds: for what is not to come. */
  readonly quietMs?: number
}

/** The least that a carrier of bytes can do. */
export interface RawLine {
  readonly seen: RawStream
  readonly send: (bytes: Uint8Array) => void
  /** Resolves when something has come or the connection has ended. */
  readonly changed: () => Promise<void>
  readonly close: () => void
}

/** Longest that a visit may take, in milliseconds: far beyond what it takes on a busy machine. */
const PATIENCE_MS = 30_000

/** Goes through a visit, and hangs up. */
export async function visitOver(line: RawLine, visit: Visit): Promise<RawStream> {
  const { seen } = line
  const requests = [...visit.requests]
  const asked = requests.length
  line.send(visit.opening ?? rawGreeting(visit.infoHash))
  const deadline = performance.now() + PATIENCE_MS
  while (!visit.until(seen) && seen.end === undefined && performance.now() < deadline) {
    const answered = seen.count(7) + seen.count(16)
    if (seen.count(1) > 0 && requests.length > 0 && asked - requests.length <= answered)
      line.send(requests.shift() ?? Buffer.alloc(0))
    else await withTimeout(line.changed(), 1000)
  }
  if (visit.quietMs !== undefined) await untilQuiet(line, visit.quietMs)
  line.close()
  return seen
}

/** Looks on until nothing has come for so long. */
export async function untilQuiet({ seen, changed }: RawLine, quietMs: number): Promise<void> {
  let before = -1
  while (before !== seen.bytes.length && seen.end === undefined) {
    before = seen.bytes.length
    await withTimeout(changed(), quietMs)
  }
}

function withTimeout(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** A plain TCP connection. */
export async function rawTcp(port: number): Promise<RawLine> {
  const socket = connect(port, '127.0.0.1')
  const line = lineOf(socket)
  await Promise.race([once(socket, 'connect').catch(() => undefined), line.changed()])
  return line
}

function lineOf(socket: Socket): RawLine {
  const seen = new RawStream()
  const wakers = new Set<() => void>()
  const wake = () => {
    for (const waker of wakers) waker()
    wakers.clear()
  }
  socket.setNoDelay(true)
  socket.on('data', (chunk) => {
    seen.push(chunk)
    wake()
  })
  socket.on('error', () => {
    seen.end = 'rst'
    wake()
  })
  socket.on('end', () => {
    seen.end ??= 'fin'
    wake()
  })
  return {
    seen,
    send: (bytes) => void socket.write(bytes),
    changed: () => new Promise((resolve) => wakers.add(resolve)),
    close: () => socket.destroy(),
  }
}
