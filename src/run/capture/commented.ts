import type { ServedView } from '../../diagnose/conversation.ts'
import type { CapturePort, ConnectionTap } from '../../net/capture/tap.ts'
import type { Clock } from '../../net/clock.ts'
import type { TransportEnd } from '../../net/transport.ts'
import { ConnectionObserver } from '../../session/observe/observer.ts'
import type { Role } from '../../session/observe/connection.ts'
import type { TorrentTarget } from '../options.ts'
import { targetEvent } from '../session/target-event.ts'
import { FindingRemarks } from './finding-remarks.ts'

/** What the findings of a capture are judged by. */
export interface CommentedOptions {
  readonly clock: Pick<Clock, 'now'>
  /** What is known of the torrent now: its metadata may come over the connection. */
  readonly torrent: () => TorrentTarget
  /** What we serve; undefined where we connect to peers. */
  readonly served?: ServedView
}

/**
 * Adds comments at findings to what a capture observes. The bytes are dissected before they are passed on, as `decode` would
 * dissect the capture, so that a comment is on the packet with the byte that it is about.
 */
export function commentedCapture(capture: CapturePort, options: CommentedOptions): CapturePort {
  return {
    ...(capture.notOpened && { notOpened: (connection) => capture.notOpened?.(connection) }),
    open: (connection, initiator, dialledAt) =>
      new CommentedTap(capture.open(connection, initiator, dialledAt), connection, options),
  }
}

class CommentedTap implements ConnectionTap {
  readonly #tap: ConnectionTap
  readonly #clock: Pick<Clock, 'now'>
  readonly #openedAt: number
  readonly #observer: ConnectionObserver
  readonly #remarks: FindingRemarks
  readonly #torrent: () => TorrentTarget
  #metainfo: TorrentTarget['metainfo']

  constructor(
    tap: ConnectionTap,
    { kind, local, remote }: Parameters<CapturePort['open']>[0],
    { clock, torrent, served }: CommentedOptions,
  ) {
    this.#tap = tap
    this.#clock = clock
    this.#openedAt = clock.now()
    this.#torrent = torrent
    const known = torrent()
    this.#metainfo = known.metainfo
    this.#remarks = new FindingRemarks({ target: targetEvent(known, 0), served })
    const transport = kind === 'utp' ? 'utp' : 'tcp'
    // the findings are about the peer, whichever side dialled
    const ends = { initiator: local, responder: remote }
    const observed = { number: 1, transport, ends, isWhole: true, startedAt: 0 } as const
    const sink = {
      step: (step: Parameters<FindingRemarks['step']>[0]) => this.#note(this.#remarks.step(step)),
      // nothing is lost above a transport
      lost: () => undefined,
    }
    this.#observer = new ConnectionObserver(observed, sink, {
      infoHashes: known.infoHashes,
      pieceCount: known.metainfo?.pieceCount,
    })
    this.#observer.accepted(0)
  }

  encrypted(encryption: Parameters<ConnectionTap['encrypted']>[0]): void {
    this.#tap.encrypted(encryption)
  }

  notEncrypted(end: TransportEnd): void {
    this.#remarks.giveUp()
    this.#tap.notEncrypted(end)
  }

  sent(bytes: Uint8Array): void {
    this.#dissect('initiator', bytes)
    this.#tap.sent(bytes)
  }

  received(bytes: Uint8Array): void {
    this.#dissect('responder', bytes)
    this.#tap.received(bytes)
  }

  remark(offset: number | undefined, text: string): void {
    this.#tap.remark(offset, text)
  }

  closed(end: TransportEnd): void {
    this.#learn()
    const by = end.by === 'us' ? 'initiator' : end.by === 'peer' ? 'responder' : null
    this.#observer.closed(this.#at(), by, end.kind)
    this.#note(this.#remarks.end())
    this.#tap.closed(end)
  }

  #dissect(from: Role, bytes: Uint8Array): void {
    this.#learn()
    this.#observer.streams[from].bytes(this.#at(), bytes)
  }

  /** Earlier messages are then judged by the torrent too. */
  #learn(): void {
    const torrent = this.#torrent()
    if (torrent.metainfo === this.#metainfo) return
    this.#metainfo = torrent.metainfo
    this.#note(this.#remarks.step(targetEvent(torrent, this.#at())))
  }

  #note(remarks: ReturnType<FindingRemarks['step']>): void {
    for (const { offset, text } of remarks) this.#tap.remark(offset, text)
  }

  /** Milliseconds since the connection was observed. */
  #at(): number {
    return this.#clock.now() - this.#openedAt
  }
}
