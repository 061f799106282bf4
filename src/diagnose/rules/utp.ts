import type { Conversation } from '../conversation.ts'
import { defineTheme, type Fold } from '../rule.ts'

/** BEP 29: what the figures of a uTP connection show. */
export const utp = defineTheme({
  findings: {
    'utp-window-small': {
      severity: 'warning',
      title: 'The receive window of the peer is shut, or nearly so',
      reference: 'BEP 29',
      explanation:
        'The window says how many bytes the peer will buffer. With less than a packet hardly anything can be sent to it: it does not read, or it says so on purpose.',
    },
    'utp-acknowledgement-invalid': {
      severity: 'warning',
      title: 'Packets acknowledge what was never sent',
      reference: 'BEP 29',
      explanation:
        'The acknowledgement of a uTP packet is the number of the last packet that its sender got in order. Packets with a number that was not sent yet are ignored here, as libutp does, so the connection makes no progress.',
    },
    'utp-path-trouble': {
      severity: 'info',
      title: 'Packets were lost, repeated or out of order',
      reference: 'BEP 29',
      explanation:
        'That happens on every path now and then, and uTP makes up for it. Much of it slows a connection down: a radio link, a full queue, a router that favours other traffic.',
    },
  },
  probe: [window, acknowledgements, path],
})

/** An honest window only shrinks as we send, and we hardly send anything. */
function window(conversation: Conversation): Fold<'utp-window-small'> {
  return {
    *end() {
      const { utp: figures } = conversation
      if (
        figures === undefined ||
        figures.packetsReceived === 0 ||
        figures.peerWindow >= figures.packetPayload
      )
        return
      const detail = `${figures.peerWindow} bytes at the end, where a packet of ours has up to ${figures.packetPayload}`
      yield { id: 'utp-window-small', detail }
    },
  }
}

function acknowledgements(conversation: Conversation): Fold<'utp-acknowledgement-invalid'> {
  return {
    *end() {
      const { utp: figures } = conversation
      if (figures === undefined || figures.packetsIgnored === 0) return
      const detail = `${figures.packetsIgnored} of ${figures.packetsReceived} packets, which are ignored`
      yield { id: 'utp-acknowledgement-invalid', detail }
    },
  }
}

function path(conversation: Conversation): Fold<'utp-path-trouble'> {
  return {
    *end() {
      const { utp: figures } = conversation
      if (figures === undefined) return
      const counts = [
        [figures.packetsResent, 'sent again'],
        [figures.timeouts, 'time-outs'],
        [figures.duplicatesReceived, 'received twice'],
        [figures.outOfOrderReceived, 'received out of order'],
      ] as const
      const trouble = counts.filter(([count]) => count > 0)
      if (trouble.length === 0) return
      yield { id: 'utp-path-trouble', detail: trouble.map(([count, what]) => `${count} ${what}`).join(', ') }
    },
  }
}
