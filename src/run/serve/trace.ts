import { toHex } from '../../base/bytes.ts'
import { errorReport } from '../../report/error-report.ts'
import type { SeededTorrent, SeederEvent } from '../../net/seeder/options.ts'
import type { SentEvent } from '../../session/faults/sent-stream.ts'
import { traceSessionEvent } from '../../session/peer/trace.ts'
import type { TraceEntry } from '../../trace/event.ts'
import type { TracePieces } from '../../trace/serving.ts'
import { renderEndpoint } from '../../wire/address.ts'
import { UT_METADATA_ID } from '../../wire/extension/codecs.ts'
import type { Metainfo } from '../../wire/torrent/metainfo.ts'
import { servedView, treeHeight } from './served-view.ts'

const EXTENSION_NAMES = {
  received: (id: number) => (id === UT_METADATA_ID ? 'ut_metadata' : undefined),
  sent: () => undefined,
}

/** Items per event, so that a line has a bound. */
const CHUNK_LENGTH = 1000

/** What the events of the connections are judged by: events without a connection, at the begin of a trace. */
export function servingEntries(torrent: SeededTorrent, strict: boolean): readonly TraceEntry[] {
  const { metainfo, have } = torrent
  const { queueLength } = servedView(torrent)
  const announced = have === 'all' ? null : toHex(have.toBytes())
  return [
    { type: 'serving', strict, queueLength, have: announced },
    ...chunksOf(piecesOf(torrent)).map((pieces): TraceEntry => ({ type: 'served-pieces', pieces })),
    ...chunksOf(treesOf(metainfo)).map((trees): TraceEntry => ({ type: 'served-trees', trees })),
  ]
}

/** What was said on a connection as its trace has it. */
export function sentEntries(event: SentEvent): readonly TraceEntry[] {
  if (event.type !== 'unframed-sent') return traceSessionEvent(event, EXTENSION_NAMES)
  const { offset, length, first } = event
  return [{ type: 'raw', direction: 'sent', offset, length, bytes: toHex(first) }]
}

/** Any other event of a connection as its trace has it. */
export function servedEntries(
  event: Exclude<SeederEvent, { readonly type: 'session' }>,
): readonly TraceEntry[] {
  switch (event.type) {
    case 'connected': {
      const { kind, encryption, local, remote } = event.transport
      const ends = { local: renderEndpoint(local), remote: renderEndpoint(remote) }
      const dialled = event.dialled ? { dialled: true } : {}
      const connected = { type: 'connected', transport: kind, ...ends, ...dialled } as const
      return encryption === 'plaintext'
        ? [connected]
        : [connected, { type: 'encryption', step: 'established', encryption }]
    }
    case 'refused':
      return []
    case 'request-refused': {
      const { reason, answered } = event
      return [{ type: 'request-refused', reason, answered }]
    }
    case 'closed': {
      const { end, error, phase, bytesSent, bytesReceived, pending, refused } = event
      const { by, kind, failure, reason } = end
      return [
        ...(refused.length === 0 ? [] : [{ type: 'requests-refused', requests: refused } as const]),
        {
          type: 'closed',
          ...{ by, kind, phase, bytesSent, bytesReceived, pending },
          ...(failure !== undefined && { reason: failure.detail }),
          ...(reason !== undefined && { closeReason: { code: reason.code, name: reason.name } }),
        },
        { type: 'ended', phase, error: error === undefined ? null : errorReport(error) },
      ]
    }
  }
}

function piecesOf(torrent: SeededTorrent): readonly TracePieces[] {
  const { pieceCount, lengthOf } = servedView(torrent)
  const runs: { count: number; length: number }[] = []
  for (let piece = 0; piece < pieceCount; piece++) {
    const length = lengthOf(piece)
    const last = runs.at(-1)
    if (last?.length === length) last.count++
    else runs.push({ count: 1, length })
  }
  return runs
}

function treesOf({ files }: Metainfo) {
  return files.flatMap(({ piecesRoot, length }) =>
    piecesRoot === undefined ? [] : [{ piecesRoot: toHex(piecesRoot), height: treeHeight(length) }],
  )
}

function chunksOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / CHUNK_LENGTH)
  return Array.from({ length: count }, (_, i) => items.slice(i * CHUNK_LENGTH, (i + 1) * CHUNK_LENGTH))
}
