import type { Conversation } from '../conversation.ts'
import { defineTheme, type Fold, NOTHING } from '../rule.ts'

/** BEP 29: what the statistics of a uTP connection show. */
export const utp = defineTheme({
  findings: {
    'utp-window-small': {
      severity: 'warning',
      title: 'The receive window of the peer is closed or nearly closed',
      reference: 'BEP 29',
      explanation:
        'The window is the number of bytes that the peer will buffer. If it is smaller than one packet, almost nothing can be sent: the peer does not read, or it announces a small window on purpose.',
    },
    'utp-acknowledgement-invalid': {
      severity: 'warning',
      title: 'The peer acknowledges packets that were not sent',
      reference: 'BEP 29',
      explanation:
        'The acknowledgement number of a uTP packet is the number of the last packet received in order. Like libutp, peerwire ignores packets that acknowledge a number it has not sent yet, so the connection makes no progress.',
    },
    'utp-path-trouble': {
      severity: 'info',
      title: 'Packets were lost, duplicated or out of order',
      reference: 'BEP 29',
      explanation:
        'This happens occasionally on every network path, and uTP recovers. In larger numbers it slows the connection down. Typical causes are a wireless link, a full queue, or a router that prioritizes other traffic.',
    },
  },
  probe: [window, acknowledgements, path],
})

/** A peer's window shrinks only as we send, and we send very little. */
function window(conversation: Conversation): Fold<'utp-window-small'> {
  return {
    end() {
      const { utp: figures } = conversation
      if (
        figures === undefined ||
        figures.packetsReceived === 0 ||
        figures.peerWindow >= figures.packetPayload
      )
        return NOTHING
      const detail = `${figures.peerWindow} bytes at the end; our packets carry up to ${figures.packetPayload}`
      return [{ id: 'utp-window-small', detail }]
    },
  }
}

function acknowledgements(conversation: Conversation): Fold<'utp-acknowledgement-invalid'> {
  return {
    end() {
      const { utp: figures } = conversation
      if (figures === undefined || figures.packetsIgnored === 0) return NOTHING
      const detail = `${figures.packetsIgnored} of ${figures.packetsReceived} packets, which were ignored`
      return [{ id: 'utp-acknowledgement-invalid', detail }]
    },
  }
}

function path(conversation: Conversation): Fold<'utp-path-trouble'> {
  return {
    end() {
      const { utp: figures } = conversation
      if (figures === undefined) return NOTHING
      const counts = [
        [figures.packetsResent, 'retransmitted'],
        [figures.timeouts, 'timeouts'],
        [figures.duplicatesReceived, 'received more than once'],
        [figures.outOfOrderReceived, 'received out of order'],
      ] as const
      const trouble = counts.filter(([count]) => count > 0)
      if (trouble.length === 0) return NOTHING
      const detail = trouble.map(([count, what]) => `${count} ${what}`).join(', ')
      return [{ id: 'utp-path-trouble', detail }]
    },
  }
}
