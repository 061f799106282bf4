import { isStop } from '../../../../src/report/text/session/verdict.ts'
import { type Claim, closedByPeer } from './claim.ts'

/** How a connection ended, after how many bytes. */
export const CLOSING: readonly Claim[] = [
  {
    sentence: 'the peer closed the connection after N bytes in and M bytes out',
    claim:
      /^the peer closed the connection after (\d+) bytes in and (\d+) bytes out(?:, giving its reason as (\S+) \(\d+\)(?:: .+)?)?$/,
    needs:
      'a `closed` event by the peer that is not an RST, with these two counts, and the reason if one is named',
    requires: ({ end }, [received, sent, reason]) =>
      end?.by === 'peer' &&
      end.kind !== 'rst' &&
      end.bytesReceived === Number(received) &&
      end.bytesSent === Number(sent) &&
      end.closeReason?.name === reason,
  },
  {
    sentence: 'the connection was reset after N bytes in and M bytes out',
    claim:
      /^the connection was reset after (\d+) bytes in and (\d+) bytes out(?:, giving its reason as \S+ \(\d+\)(?:: .+)?)?$/,
    needs: 'a `closed` event by the peer with an RST and these two counts',
    requires: (evidence, [received, sent]) =>
      closedByPeer(evidence, 'rst') &&
      evidence.end?.bytesReceived === Number(received) &&
      evidence.end.bytesSent === Number(sent),
  },
  {
    sentence: 'the connection was lost after N bytes in and M bytes out: REASON',
    claim: /^the connection was lost after (\d+) bytes in and (\d+) bytes out: (.+)$/,
    needs: 'a `closed` event by the network with these two counts and this reason',
    requires: ({ end }, [received, sent, reason]) =>
      end?.by === 'network' &&
      end.bytesReceived === Number(received) &&
      end.bytesSent === Number(sent) &&
      end.reason === reason,
  },
  {
    sentence: 'the connection timed out after N bytes in and M bytes out: REASON',
    claim: /^the connection timed out after (\d+) bytes in and (\d+) bytes out: (.+)$/,
    needs: 'a `closed` event by us with neither FIN nor RST, these two counts and this reason',
    requires: ({ end }, [received, sent, reason]) =>
      end?.by === 'us' &&
      end.kind === null &&
      end.bytesReceived === Number(received) &&
      end.bytesSent === Number(sent) &&
      end.reason === reason,
  },
  {
    sentence: 'the connection to ADDRESS was reset as soon as it was established',
    claim: /^the connection to \S+ was reset as soon as it was established$/,
    needs: 'an attempt that the peer closed with an RST, without a byte each way',
    requires: ({ attempt, isConnected }) =>
      !isConnected &&
      attempt?.closedBy === 'peer' &&
      attempt.closeKind === 'rst' &&
      attempt.bytesReceived === 0 &&
      attempt.bytesSent === 0,
  },
  {
    sentence: 'the peer closed after N bytes …: in the encryption handshake',
    claim:
      /^the peer closed after (?:(\d+) bytes.*|VC, before the end of crypto_select|crypto_select, before the end of PadD)$/,
    needs: 'a `closed` event by the peer, not an RST, in phase encryption, with this count',
    requires: ({ end }, [received]) =>
      end?.by === 'peer' &&
      end.kind !== 'rst' &&
      end.phase === 'encryption' &&
      (received === undefined || end.bytesReceived === Number(received)),
  },
  {
    sentence: 'the connection was reset after N bytes …: in the encryption handshake',
    claim:
      /^the connection was reset after (?:(\d+) bytes(?! in and ).*|VC, before the end of crypto_select|crypto_select, before the end of PadD)$/,
    needs: 'a `closed` event by the peer with an RST, in phase encryption, with this count',
    requires: (evidence, [received]) =>
      closedByPeer(evidence, 'rst') &&
      evidence.end?.phase === 'encryption' &&
      (received === undefined || evidence.end.bytesReceived === Number(received)),
  },
  {
    sentence: 'we closed after N ms and …',
    claim:
      /^we closed after \d+ ms and (?:(\d+) bytes.*|VC, before the end of crypto_select|crypto_select, before the end of PadD)$/,
    needs: 'a `closed` event by us in phase encryption, with this count',
    requires: ({ end }, [received]) =>
      end?.by === 'us' &&
      end.phase === 'encryption' &&
      (received === undefined || end.bytesReceived === Number(received)),
  },
  {
    sentence:
      'neither side closed it: check the network, and whether the machine of the peer is still running',
    claim:
      /^neither side closed it: check the network, and whether the machine of the peer is still running$/,
    needs: 'a `closed` event by the network',
    requires: ({ end }) => end?.by === 'network',
  },
  {
    sentence: 'a path that failed, a machine that went down and a client that hangs look the same from here',
    claim: /^a path that failed, a machine that went down and a client that hangs look the same from here$/,
    needs: 'a `closed` event by us with neither FIN nor RST',
    requires: ({ end }) => end?.by === 'us' && end.kind === null,
  },
  {
    sentence: 'the peer gave the close reason NAME (N)',
    claim: /^the peer gave the close reason (\S+) \((\d+)\)$/,
    needs: 'the same close reason in the figures of uTP',
    requires: ({ report }, [name, code]) =>
      report.utp?.closeReason?.name === name && report.utp?.closeReason?.code === Number(code),
  },
  {
    sentence:
      '1. TRANSPORT to ADDRESS, ENCRYPTION: OUTCOME in phase PHASE, sent N bytes, got M, closed by WHOM (HOW)',
    claim:
      /^attempt line: \d+\. (tcp|utp)(?: to (\S+))?, ([\w-]+): (ok|[\w-]+ in phase [\w-]+) (?:sent (\d+) bytes?, got (\d+), ([^…]*?)(?: after .*)?|no connection)$/,
    needs:
      'an attempt with these words, and a `closed` event with the same side, kind and counts; without a connection none',
    requires: (
      { attempt, end, isConnected },
      [transport, address, encryption, how, sent, received, words],
    ) => {
      if (attempt === undefined) return false
      const { outcome, phase, error } = attempt
      // an interruption is not a failure of the attempt
      const word = error !== null && isStop(error.code) ? 'stopped' : outcome
      const isSame =
        attempt.transport === transport &&
        (attempt.address ?? undefined) === address &&
        attempt.encryption === encryption &&
        how === (outcome === 'ok' ? 'ok' : `${word} in phase ${phase}`)
      if (sent === undefined) return isSame && !isConnected && attempt.closedBy === null
      // a reset that came before the connection was used has no event
      const by = end?.by ?? attempt.closedBy
      const kind = end === undefined ? attempt.closeKind : end.kind
      const side = { us: 'closed by us', peer: 'closed by the peer', network: 'lost by the network' }
      const close =
        by === null
          ? undefined
          : by === 'us' && kind === null
            ? 'abandoned by us'
            : `${side[by]}${kind === null ? '' : ` (${kind.toUpperCase()})`}`
      return (
        isSame &&
        close === words &&
        Number(sent) === (end?.bytesSent ?? 0) &&
        Number(received) === (end?.bytesReceived ?? 0)
      )
    },
  },
  {
    sentence: 'CODE in phase PHASE, N bytes received',
    claim: /^error line: (E_\w+) in phase ([\w-]+)(?:, (\d+) bytes? received)?$/,
    needs:
      'an attempt with this error and phase, or the last one, that received this many bytes over a connection',
    requires: ({ attempt, end }, [, , received]) =>
      received === undefined ||
      (attempt !== undefined && attempt.closedBy !== null && Number(received) === (end?.bytesReceived ?? 0)),
  },
]
