import { expect } from 'vitest'
import type { Clock } from '../../../src/net/clock.ts'
import type { CapturePort } from '../../../src/net/capture/tap.ts'
import { recordCapture } from '../../../src/net/capture/recorder.ts'
import { concat } from '../../../src/base/bytes.ts'
import type { AttemptReport, SessionReport } from '../../../src/report/model/session.ts'
import type { TorrentTarget } from '../../../src/run/options.ts'
import { decodeBytes } from '../captures/decoded.ts'
import { remarkedFindings } from '../captures/packet-comments.ts'
import { withoutExceptions } from './capture-exceptions.ts'

/** A capture that is longer is not compared: others wait for this process. In bytes. */
const MAX_COMPARED = 1024 * 1024

const CHUNK_LENGTH = 8192

/** The capture of a session, in memory. */
export class Recapture {
  readonly port: CapturePort
  readonly #end: () => void
  readonly #blocks: Uint8Array[] = []
  #length = 0

  constructor(clock: Pick<Clock, 'now'>) {
    const recorder = recordCapture({ clock, epochMs: 0, write: (block) => this.#add(block) })
    this.port = recorder
    this.#end = () => recorder.end()
  }

  /** The file; undefined if it is too long to be compared. */
  bytes(): Uint8Array | undefined {
    this.#end()
    return this.#length > MAX_COMPARED ? undefined : concat(this.#blocks)
  }

  #add(block: Uint8Array): void {
    this.#length += block.length
    if (this.#length <= MAX_COMPARED) this.#blocks.push(block)
  }
}

/** What a capture says of a session as the session itself does. */
const SAME = [
  'handshake',
  'extensionHandshake',
  'availability',
  'choking',
  'fast',
  'dhtPort',
  'messages',
  'client',
] as const

/**
 * Fails when the capture of a session, decoded with what the session knew of its torrent, does not come to what its report
 * says of its last connection, but for what a capture cannot have (`capture-exceptions.ts`).
 */
export async function expectCapture(
  live: SessionReport,
  bytes: Uint8Array,
  torrent: TorrentTarget,
): Promise<void> {
  const only = await decodeBytes(bytes, { torrent }, CHUNK_LENGTH)
  const connection = only.capture?.connections.length ?? 0
  const last = live.attempts.at(-1)
  if (connection === 0 || last === undefined) {
    expect(
      live.attempts.filter(({ bytesSent, bytesReceived }) => bytesSent + bytesReceived > 0),
    ).toStrictEqual([])
    return
  }
  const { report: captured } =
    only.connection === connection ? only : await decodeBytes(bytes, { torrent, connection }, CHUNK_LENGTH)
  // a connection without a whole message is listed, and has no report
  if (captured === null) {
    expect(live.handshake).toBeNull()
    return
  }
  const attempt = captured.attempts.at(-1)
  if (attempt === undefined) throw new Error('no attempt')
  // several connections may have the same finding
  if (connection === 1) expect(remarkedFindings(bytes)).toStrictEqual(idsOf(captured))
  for (const key of SAME) expect({ [key]: captured[key] }).toStrictEqual({ [key]: live[key] })
  const [ofCapture, ofLive] = withoutExceptions(sidesOf(captured, attempt), sidesOf(live, last))
  expect(ofCapture).toStrictEqual(ofLive)
}

const idsOf = ({ findings }: SessionReport) => findings.map(({ id }) => id).toSorted()

function sidesOf({ findings, identity }: SessionReport, attempt: AttemptReport) {
  return { findings, attempt, identity }
}
