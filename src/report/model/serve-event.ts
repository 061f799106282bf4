import * as s from '../../base/schema/schema.ts'
import { encryption, torrent, transport } from './session.ts'
import { violation, serve, servedPeer } from './serve.ts'

const state = s.words(['handshake', 'idle', 'waiting', 'served'])
/** State of a peer: before its handshake, not interested, interested but choked, or allowed to request. */
export type ServedPeerState = s.Infer<typeof state>

const peerProgress = s.object({
  peer: s.count,
  remote: s.text,
  client: s.nullable(s.text),
  state,
  uploaded: s.described(s.count, 'bytes of blocks'),
  bytesPerSecond: s.count,
  violationCount: s.count,
})
/** Progress of serving one peer. */
export interface ServedPeerProgress extends s.Infer<typeof peerProgress> {}

const events = [
  event(['listening'], { address: s.text, torrent, faults: s.list(s.text) }),
  event(['connected'], { peer: s.count, remote: s.text, transport, encryption, dialled: s.boolean }),
  event(['refused'], { peer: s.count, remote: s.text, reason: s.text }),
  // no-peer: the connection ended before the peer sent anything, or its encryption handshake failed
  event(['no-peer', 'dial-failed'], { remote: s.text, reason: s.text }),
  event(['handshake'], { peer: s.count, client: s.nullable(s.text) }),
  event(['interested', 'not-interested', 'unchoked', 'choked'], { peer: s.count }),
  event(['closed'], { report: servedPeer }),
  // once a second while there are peers
  event(['progress'], { peers: s.list(peerProgress), uploaded: s.count }),
  // number of events dropped because the reader of the output was too slow
  event(['lost'], { events: s.count }),
  // always the last event
  event(['end'], { report: serve }),
] as const
const judgement = event(['violation', 'note'], { peer: s.count, ...violation })
const printedJudgement = event(['violation', 'note'], {
  peer: s.count,
  ...violation,
  text: s.described(s.text, 'the line of the text view'),
})

/** An event that `serve` emits. Text from a peer is not escaped. */
export type ServeEvent = s.Infer<(typeof events)[number]> | s.Infer<typeof judgement>

/** One line of the output of `serve --ndjson`. */
export const serveEvent = s.anyOf([...events, printedJudgement])

function event<const Types extends readonly string[], const P extends s.Properties>(
  types: Types,
  properties: P,
) {
  return s.object({
    type: s.words(types),
    atMs: s.described(s.milliseconds, 'since the start of the command'),
    ...properties,
  })
}
