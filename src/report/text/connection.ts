import type { DecodedConnection } from '../model/decode.ts'
import type { Page } from './page/page.ts'
import { count, renderSize, renderTime } from './quantity.ts'

/** Who is there, what was said, and how it ended. */
export function connectionParts(connection: DecodedConnection, page: Page): readonly string[] {
  const { protocol, initiatorClient, responderClient, messages, bytes } = connection
  const { closedBy, closeKind, losses, whole, durationMs, encryption, handshakeHidden } = connection
  const isKnown = protocol === 'bittorrent'
  const said = (counts: { readonly [type: string]: number }) => {
    const total = Object.values(counts).reduce((sum, number) => sum + number, 0)
    return isKnown ? ` ${count(total, 'message')} in` : ''
  }
  const by = closedBy === 'us' ? 'initiator' : 'responder'
  const clients = [initiatorClient, responderClient].map((client) => client ?? 'unknown client')
  return [
    isKnown ? clients.join(` ${page.glyphs.sent} `) : PROTOCOLS[protocol],
    `${page.glyphs.sent}${said(messages.sent)} ${renderSize(bytes.sent)}`,
    `${page.glyphs.received}${said(messages.received)} ${renderSize(bytes.received)}`,
    renderTime(durationMs),
    ...(closedBy === null ? [] : [`closed by the ${by}${closeKind === null ? '' : ` (${closeKind})`}`]),
    ...(encryption === 'mse-plaintext' ? ['encryption handshake (MSE), then plaintext'] : []),
    ...(handshakeHidden ? ['the handshake of the initiator is encrypted'] : []),
    ...(whole ? [] : ['begins before the capture, so who opened it is a guess']),
    ...(losses === 0 ? [] : [`messages missing in ${count(losses, 'place')}`]),
    ...(!isKnown || (losses === 0 && whole && !handshakeHidden) ? [] : ['no findings therefore']),
  ]
}

const PROTOCOLS = {
  encrypted: 'encrypted',
  other: 'not BitTorrent',
  unknown: 'too little to say what it is',
} as const
