import { concat, encodeUtf8, fromHex, toByteString } from '../../base/bytes.ts'
import { PeerError } from '../../base/errors.ts'
import type { Clock } from '../../net/clock.ts'
import type { PeerConnection } from '../../net/connection/peer-connection.ts'
import {
  MetadataFetch,
  type MetadataFailure,
  type MetadataStep,
} from '../../session/download/metadata-fetch.ts'
import type { UnreadableExtensionHandshake } from '../../session/peer/state.ts'
import { encodeBencode } from '../../wire/bencode.ts'
import { decodeMetadataMessage, encodeMetadataMessage } from '../../wire/extension/metadata.ts'
import type { InfoHashes } from '../../wire/torrent/info-hash.ts'
import { decodeInfo, type Metainfo } from '../../wire/torrent/metainfo.ts'
import { lacksPieceLayers } from './fetch-piece-layers.ts'
import { listenUntil, refuse } from '../session/listen.ts'
import type { SessionLog } from '../session/log.ts'
import { UT_METADATA_ID } from '../../wire/extension/codecs.ts'
import { NODE_HASHES } from '../../net/node-hashes.ts'

/** Longest wait for the extension handshake, in milliseconds; Transmission takes half a second. */
const EXTENSION_HANDSHAKE_WAIT_MS = 10_000

/** Longest wait for the next piece of metadata, in milliseconds. */
const METADATA_TIMEOUT_MS = 15_000

/** What fetching the metadata needs besides the connection. */
export interface MetadataRequest {
  readonly infoHashes: InfoHashes
  readonly clock: Clock
  /** Records how it ended. */
  readonly log: Pick<SessionLog, 'metadata'>
  /** For all of it, on the clock of the connection, in milliseconds. Default: none. */
  readonly deadline?: number
}

/** The torrent, or why there is none. */
export type FetchedMetadata = { readonly outcome: 'verified'; readonly metainfo: Metainfo } | MetadataFailure

/**
 * Fetches the info dictionary over an open connection, checks it against every known hash and decodes it. From
 * then on, the session knows the number of pieces.
 *
 * @throws PeerError E_NO_EXTENSION_PROTOCOL, E_MALFORMED_MESSAGE, E_NO_METADATA_EXTENSION, E_METADATA_SIZE,
 *   E_METADATA_REJECTED,
 *   E_METADATA_TIMEOUT, E_METADATA_HASH, E_METADATA_INVALID, or the error that ended the connection
 */
export async function fetchMetadata(connection: PeerConnection, request: MetadataRequest): Promise<Metainfo> {
  const fetched = await tryMetadata(connection, request)
  if (fetched.outcome !== 'verified') throw fetched.error
  return fetched.metainfo
}

/**
 * The same, for callers that go on without the metadata.
 * @throws PeerError E_MALFORMED_MESSAGE, or the error that ended the connection
 */
export async function tryMetadata(
  connection: PeerConnection,
  request: MetadataRequest,
): Promise<FetchedMetadata> {
  const { infoHashes, clock, log } = request
  const { state } = connection
  const extended = state.negotiated('extension-protocol')
  if (extended) {
    const deadline = clock.now() + EXTENSION_HANDSHAKE_WAIT_MS
    await listenUntil(connection, ({ hasExtensionHandshake }) => hasExtensionHandshake, deadline)
  }
  const { extensionHandshake, unreadableExtensionHandshake } = state
  if (extensionHandshake === undefined && unreadableExtensionHandshake !== undefined)
    throw unreadable(unreadableExtensionHandshake)
  const fetching = new MetadataFetch({ infoHashes, timeoutMs: METADATA_TIMEOUT_MS, hash: NODE_HASHES })
  const first = fetching.start(extended, extensionHandshake, clock.now())
  const fetched = await transferred(connection, fetching, first, request)
  const { outcome } = fetched
  const size = fetching.size === 0 ? null : fetching.size
  log.metadata({ outcome, size, received: fetching.receivedCount }, clock.now())
  if (outcome === 'verified') state.setPieceCount(fetched.metainfo.pieceCount)
  return fetched
}

/** Sends what each step asks for until the fetch is over. */
async function transferred(
  connection: PeerConnection,
  fetching: MetadataFetch,
  first: MetadataStep,
  { clock, deadline = Number.POSITIVE_INFINITY }: MetadataRequest,
): Promise<FetchedMetadata> {
  let step = first
  while (step.result === undefined) {
    await send(connection, step)
    await connection.untilMessages(Math.min(step.wakeAt ?? clock.now(), deadline))
    step = take(fetching, connection, clock.now())
    if (step.result === undefined && clock.now() >= deadline) {
      const text = 'the metadata did not come in time'
      return {
        outcome: 'timed-out',
        error: new PeerError('E_METADATA_TIMEOUT', text, { phase: 'metadata' }),
      }
    }
  }
  return step.result.type === 'failed' ? step.result : readInfo(step.result.infoBytes)
}

function unreadable({ reason, offset }: UnreadableExtensionHandshake): PeerError {
  const message = `the extension handshake of the peer cannot be read, at byte ${offset}: ${reason}`
  return new PeerError('E_MALFORMED_MESSAGE', message, {
    phase: 'extension-handshake',
    offset,
    reference: 'BEP 10',
    hint: 'get the metadata from another peer, or use a .torrent',
  })
}

/** Leaves out the hints for a .torrent file, which do not apply here. */
function readInfo(infoBytes: Uint8Array): FetchedMetadata {
  try {
    return { outcome: 'verified', metainfo: decodeInfo(infoBytes, NODE_HASHES) }
  } catch (cause) {
    if (!(cause instanceof PeerError) || cause.code !== 'E_BAD_TORRENT') throw cause
    const { message, offset, reference } = cause
    const error = new PeerError(
      'E_METADATA_INVALID',
      `the metadata has the info hash and is not a torrent: ${message}`,
      {
        phase: 'metadata',
        hint: 'every peer of this info hash has the same metadata: take another torrent',
        cause,
        offset,
        reference,
      },
    )
    return { outcome: 'not-a-torrent', error }
  }
}

/**
 * Builds a .torrent from the received bytes of the info dictionary, without encoding it again, so that its hash stays
 * the same. It has either all piece layers or no such key, as for a magnet link: clients reject an incomplete set.
 */
export function encodeTorrentFile(metainfo: Metainfo): Uint8Array {
  const { infoBytes, version, pieceLayers } = metainfo
  const parts = [encodeUtf8('d4:info'), infoBytes]
  if (version !== 'v1' && !lacksPieceLayers(metainfo)) {
    const layers = new Map(
      Array.from(pieceLayers ?? [], ([root, layer]) => [toByteString(fromHex(root)), layer]),
    )
    parts.push(encodeUtf8('12:piece layers'), encodeBencode(layers))
  }
  return concat([...parts, encodeUtf8('e')])
}

async function send(connection: PeerConnection, { send }: MetadataStep): Promise<void> {
  const id = connection.state.extensionHandshake?.extensions.get('ut_metadata') ?? 0
  if (send.length === 0 || id === 0) return
  await connection.send(
    ...send.map((message) => ({ type: 'extended', id, payload: encodeMetadataMessage(message) }) as const),
  )
}

/** Processes all waiting messages, then the time, and combines what they send. */
function take(fetching: MetadataFetch, connection: PeerConnection, at: number): MetadataStep {
  const batch = connection.takeMessages()
  refuse(connection, batch)
  const send: MetadataStep['send'][number][] = []
  for (const message of batch) {
    if (message.type !== 'extended' || message.id !== UT_METADATA_ID) continue
    const decoded = decodeMetadataMessage(message.payload)
    if (!decoded.ok) continue
    const step = fetching.received(decoded.value, at)
    if (step.result !== undefined) return step
    send.push(...step.send)
  }
  const last = fetching.tick(at)
  return { ...last, send: [...send, ...last.send] }
}
