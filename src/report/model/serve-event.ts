import * as s from '../../base/schema/schema.ts'
import { encryption, torrent, transport } from './session.ts'
import { violation, serve, servedPeer } from './serve.ts'

const state = s.words(['handshake', 'idle', 'waiting', 'served'])
/** Before its handshake, not interested, interested but choked, and allowed to request. */
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
/** How far serving one peer has come. */
export interface ServedPeerProgress extends s.Infer<typeof peerProgress> {}

const events = [
  event(['listening'], { address: s.text, torrent }),
  event(['connected'], { peer: s.count, remote: s.text, transport, encryption, dialled: s.boolean }),
  event(['refused'], { peer: s.count, remote: s.text, reason: s.text }),
  // no-peer: the connection ended before it was known to be a peer: nothing came, or the encryption handshake failed
  event(['no-peer', 'dial-failed'], { remote: s.text, reason: s.text }),
  event(['handshake'], { peer: s.count, client: s.nullable(s.text) }),
  event(['interested', 'not-interested', 'unchoked', 'choked'], { peer: s.count }),
  event(['closed'], { report: servedPeer }),
  // once a second while there are peers
  event(['progress'], { peers: s.list(peerProgress), uploaded: s.count }),
  // events that were left out because the reader of the output was too slow
  event(['lost'], { events: s.count }),
  // last
  event(['end'], { report: serve }),
] as const
const judgement = event(['violation', 'note'], { peer: s.count, ...violation })
const printedJudgement = event(['violation', 'note'], {
  peer: s.count,
  ...violation,
  text: s.described(s.text, 'the line of the text view'),
})

/** What happens while serving. Text from a peer is not escaped in it. */
export type ServeEvent = s.Infer<(typeof events)[number]> | s.Infer<typeof judgement>

/** One line of what `serve --ndjson` prints. */
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
