import type { ClosedBy } from '../../base/closed-by.ts'
import { VERSION } from '../../base/version.ts'
import { parseIpAddress, renderEndpoint } from '../../wire/address.ts'
import { encodeInterfaceDescription, encodeSectionHeader } from '../../wire/capture/pcapng-writer.ts'
import { LINKTYPE_ETHERNET } from '../../wire/network/ethernet.ts'
import { ENCRYPTED_REMARKS } from './encrypted-remarks.ts'
import { type CaptureEnds, FrameWriter, otherSide, type Side, SIDES } from './frame-writer.ts'
import { PacketSlab, type WriteBlocks } from './packet-slab.ts'
import { PayloadCutter } from './payload-cutter.ts'
import type { StreamWriter } from './stream-writer.ts'
import { PlacedRemarks } from './placed-remarks.ts'
import { TcpWriter } from './tcp-writer.ts'
import { UtpWriter } from './utp-writer.ts'

/** A connection as a capture shows it. */
export interface CapturedConnection {
  readonly transport: 'tcp' | 'utp'
  readonly ends: CaptureEnds
  readonly initiator: Side
}

/** What came of a connection that was dialled in vain, and what was reported. */
export interface CapturedRefusal {
  readonly answer: 'refused' | 'accepted-and-reset' | 'none'
  readonly reason: string
}

/** How a connection ended. */
export interface CapturedEnd {
  readonly by: ClosedBy
  readonly kind: 'fin' | 'rst' | null
}

/** Where the connections of a file are from. */
export interface CaptureOrigin {
  /** Said at its begin. */
  readonly comment: string
  /** As in `the sockets of peerwire 1.0`. */
  readonly source: string
}

const OWN_CONNECTIONS: CaptureOrigin = {
  comment:
    'Written by peerwire from what it sent and received. The frames are made up: their addresses of hardware, sequence numbers and acknowledgements are not those of the network, and the times are those at which peerwire wrote and read. Where the wire was encrypted, the clear text is here, and a comment on a packet says so.',
  source: `the sockets of peerwire ${VERSION}`,
}

const PACKAGE = `peerwire ${VERSION}`

/** Initial sequence numbers, different for the two sides. */
const INITIAL_SEQUENCE: Readonly<Record<Side, number>> = { local: 0x1000_0000, remote: 0x2000_0000 }

/** Between the initial sequence numbers of two connections. */
const SEQUENCE_STEP = 64_000

/** Initial packet numbers of uTP. */
const INITIAL_NUMBER: Readonly<Record<Side, number>> = { local: 1, remote: 1 }

/**
 * Writes connections as a pcapng file, in the order in which things happen. Block data is in it. It keeps a few numbers per
 * open connection.
 */
export class CaptureWriter {
  readonly #slab: PacketSlab
  #connections = 0
  readonly #open = new Set<ConnectionWriter>()

  /** @param write takes the bytes of the file, whole blocks at a time; the first calls are for the header */
  constructor(write: WriteBlocks, { comment, source }: CaptureOrigin = OWN_CONNECTIONS) {
    this.#slab = new PacketSlab(write)
    write(encodeSectionHeader({ comment, application: PACKAGE }), 0)
    write(
      encodeInterfaceDescription({ linkType: LINKTYPE_ETHERNET, name: 'peerwire', description: source }),
      0,
    )
  }

  /**
   * @param at like all times here in milliseconds since the Unix epoch
   * @param begunAt when its initiator began to open it
   */
  open(at: number, connection: CapturedConnection, begunAt = at): ConnectionWriter {
    const writer = this.begin(begunAt, connection)
    writer.accepted(at)
    return writer
  }

  /** Writes that its initiator asks for a connection. */
  begin(at: number, connection: CapturedConnection): ConnectionWriter {
    const { stream, frames } = this.#begin(connection)
    stream.syn(at)
    this.#slab.flush()
    return this.#follow(stream, frames)
  }

  /** Writes a connection from somewhere inside on. */
  join(connection: CapturedConnection): ConnectionWriter {
    const { stream, frames } = this.#begin(connection)
    return this.#follow(stream, frames)
  }

  /** Writes a connection that its initiator tried to open in vain. */
  notOpened(begunAt: number, at: number, connection: CapturedConnection, refusal: CapturedRefusal): void {
    const { stream, frames } = this.#begin(connection)
    const isAccepted = refusal.answer === 'accepted-and-reset'
    if (!isAccepted) frames.remark(`no connection: ${refusal.reason}`)
    stream.syn(begunAt)
    if (isAccepted) stream.accept(at)
    if (refusal.answer !== 'none') stream.reset(at, otherSide(connection.initiator))
    this.#slab.flush()
  }

  #begin({ transport, ends, initiator }: CapturedConnection): { stream: StreamWriter; frames: FrameWriter } {
    const frames = new FrameWriter(ends, this.#slab)
    const number = this.#connections++
    const id = (2 * number) & 0xffff
    // a further connection between the same ends is another one
    const later = number * SEQUENCE_STEP
    const initial = {
      local: (INITIAL_SEQUENCE.local + later) >>> 0,
      remote: (INITIAL_SEQUENCE.remote + later) >>> 0,
    }
    const stream: StreamWriter =
      transport === 'tcp'
        ? new TcpWriter(frames, initiator, initial)
        : new UtpWriter(frames, initiator, id, INITIAL_NUMBER)
    if (parseIpAddress(ends.remote.address) === undefined)
      frames.remark(`the address of ${renderEndpoint(ends.remote)} is known only to the proxy`)
    return { stream, frames }
  }

  #follow(stream: StreamWriter, frames: FrameWriter): ConnectionWriter {
    const writer = new ConnectionWriter(stream, frames, this.#slab, () => this.#open.delete(writer))
    this.#open.add(writer)
    return writer
  }

  /** Writes what was held back: nothing follows. */
  end(at: number): void {
    for (const connection of this.#open) connection.finish(at)
  }
}

/** Writes one connection. Nothing is written after its end. */
export class ConnectionWriter {
  readonly #stream: StreamWriter
  readonly #frames: FrameWriter
  readonly #slab: PacketSlab
  readonly #cutters: Readonly<Record<Side, PayloadCutter>> = {
    local: new PayloadCutter(),
    remote: new PayloadCutter(),
  }
  readonly #remarks: Readonly<Record<Side, PlacedRemarks>>
  readonly #onClosed: () => void
  readonly #finished = new Set<Side>()
  #isClosed = false

  /** @param onClosed called once, at its end */
  constructor(stream: StreamWriter, frames: FrameWriter, slab: PacketSlab, onClosed: () => void) {
    this.#stream = stream
    this.#frames = frames
    this.#slab = slab
    this.#onClosed = onClosed
    const remark = (text: string) => frames.remark(text)
    this.#remarks = { local: new PlacedRemarks(remark), remote: new PlacedRemarks(remark) }
  }

  /** The other side accepted it. */
  accepted(at: number): void {
    if (this.#isClosed) return
    this.#stream.accept(at)
    this.#slab.flush()
  }

  /** An encryption handshake is over, which is left out: what follows is clear text, whatever it was on the wire. */
  encrypted(encryption: 'rc4' | 'mse-plaintext'): void {
    this.#frames.remark(ENCRYPTED_REMARKS[encryption])
  }

  /** The connection ends before an encryption handshake is over: there is no clear text. */
  notEncrypted(at: number, end: CapturedEnd): void {
    if (!this.#isClosed) this.#frames.remark('it ended in the encryption handshake (MSE), which is left out')
    this.closed(at, end)
  }

  /**
   * Adds a comment to the packet that carries a byte. The comment goes to the next packet of the connection if that packet
   * is already written, or no byte is given.
   * @param offset of the byte in the stream of that side
   */
  remark(from: Side, offset: number | undefined, text: string): void {
    if (this.#isClosed) return
    if (offset === undefined) this.#frames.remark(text)
    else this.#remarks[from].add(offset, text)
  }

  data(at: number, from: Side, bytes: Uint8Array): void {
    if (this.#isClosed) return
    this.#send(at, from, this.#cutters[from].cut(bytes, this.#stream.maxPayload))
    this.#slab.flush()
  }

  /** Bytes of a side are missing. @param length undefined where their number is not known */
  gap(at: number, from: Side, length: number | undefined): void {
    if (this.#isClosed) return
    const rest = this.#cutters[from].rest()
    if (rest.length > 0) this.#send(at, from, [rest])
    this.#slab.flush()
    this.#cutters[from].skip(length)
    this.#stream.skip(from, length)
    if (length !== undefined) this.#remarks[from].pass(length)
  }

  /** One side sends nothing more; the connection ends when the other does not either. */
  fin(at: number, from: Side): void {
    if (this.#isClosed || this.#finished.has(from)) return
    this.#finished.add(from)
    this.#flushSide(at, from)
    this.#stream.fin(at, from)
    this.#slab.flush()
    if (this.#finished.size < SIDES.length) return
    this.finish(at)
    this.#isClosed = true
    this.#onClosed()
  }

  /** Writes what was held back, and remarks that found no packet: nothing follows. */
  finish(at: number): void {
    this.flush(at)
    if (this.#frames.hasRemarks) this.#stream.acknowledge(at, 'local')
    this.#slab.flush()
  }

  /** An end that neither side sent writes nothing. */
  closed(at: number, { by, kind }: CapturedEnd): void {
    if (this.#isClosed) return
    if (by === 'network' || kind === null) this.finish(at)
    else {
      this.flush(at)
      const from = by === 'us' ? 'local' : 'remote'
      if (kind === 'fin') this.#stream.fin(at, from)
      else this.#stream.reset(at, from)
      this.#slab.flush()
    }
    this.#isClosed = true
    this.#onClosed()
  }

  /** Writes the part of a message that was held back until the rest comes. */
  flush(at: number): void {
    for (const side of SIDES) this.#flushSide(at, side)
  }

  #flushSide(at: number, side: Side): void {
    const rest = this.#cutters[side].rest()
    if (rest.length > 0) this.#send(at, side, [rest])
    this.#remarks[side].giveUp()
  }

  #send(at: number, from: Side, payloads: readonly Uint8Array[]): void {
    const remarks = this.#remarks[from]
    let start = 0
    for (const [index, { length }] of payloads.entries()) {
      if (remarks.isDue(length) && index > start) {
        this.#stream.data(at, from, payloads.slice(start, index))
        start = index
      }
      remarks.pass(length)
    }
    if (start < payloads.length) this.#stream.data(at, from, payloads.slice(start))
  }
}
