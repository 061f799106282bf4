import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { afterAll, expect, test } from 'vitest'
import { PeerError } from '../../../../src/base/errors.ts'
import { dialPeer } from '../../../../src/net/dial.ts'
import type { Dial } from '../../../../src/net/transport.ts'
import { runProbe } from '../../../../src/run/probe/run-probe.ts'
import type { Probe } from '../../../../src/trace/probe.ts'
import { decodeUtpPacket, encodeUtpPacket } from '../../../../src/wire/utp/packet.ts'
import { readCapture } from '../../../support/captures/capture-files.ts'
import { decodeBytes } from '../../../support/captures/decoded.ts'
import { testPorts } from '../../../support/sessions/fetch-setup.ts'
import { probeContext, USUAL_PROBE } from '../../../support/sessions/probe-context.ts'
import { recordedCapture } from '../../../support/captures/recorded-capture.ts'
import { startPeer } from '../../../support/peers/scripted-peer.ts'

/** A connection that is over before our first byte, or never began, is in the capture like any other. */

const cleanUps: (() => unknown)[] = []

afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp()
})

async function tcp(...talk: Parameters<typeof startPeer>): Promise<number> {
  const peer = await startPeer(...talk)
  cleanUps.push(() => peer.stop())
  return peer.port
}

async function unusedPort(): Promise<number> {
  const peer = await startPeer(() => undefined)
  await peer.stop()
  return peer.port
}

/** A UDP port that answers each packet like that. */
async function udp(answer: (packet: Buffer) => Uint8Array | undefined): Promise<number> {
  const socket: UdpSocket = createSocket('udp4')
  socket.on('message', (packet, { port, address }) => {
    const bytes = answer(packet)
    if (bytes !== undefined) socket.send(bytes, port, address)
  })
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  cleanUps.push(() => socket.close())
  return socket.address().port
}

function resetOf(packet: Buffer): Uint8Array | undefined {
  const decoded = decodeUtpPacket(packet)
  if (!decoded.ok) return undefined
  const { sequenceNumber } = decoded.packet
  return encodeUtpPacket({ ...decoded.packet, type: 'reset', acknowledged: sequenceNumber })
}

const MSE: Probe = { ...USUAL_PROBE, variant: 'mse' }
const UTP: Probe = { ...USUAL_PROBE, transport: 'utp' }
const STEPS: Probe = { ...USUAL_PROBE, how: 'steps' }

interface Row {
  readonly probe: Probe
  readonly port: () => Promise<number>
  readonly closedBy: 'peer' | null
  readonly closeKind: 'fin' | 'rst' | null
  /** Packets each way. */
  readonly packets: readonly [sent: number, received: number]
  /** How the connection is opened, and what is said of it in a comment. */
  readonly remark?: string
  readonly dial?: Dial
}

const banner = (socket: { end: (text: string) => void }) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')
const close = { allowHalfOpen: false }

test.each<[string, Row]>([
  [
    'closes on accept',
    {
      probe: USUAL_PROBE,
      port: () => tcp((socket) => socket.end(), close),
      closedBy: 'peer',
      closeKind: 'fin',
      packets: [2, 2],
    },
  ],
  [
    'closes on accept, when MSE would follow',
    {
      probe: MSE,
      port: () => tcp((socket) => socket.end(), close),
      closedBy: 'peer',
      closeKind: 'fin',
      packets: [2, 2],
    },
  ],
  [
    'resets on accept',
    {
      probe: USUAL_PROBE,
      port: () => tcp((socket) => socket.resetAndDestroy()),
      closedBy: 'peer',
      closeKind: 'rst',
      packets: [2, 2],
    },
  ],
  [
    'sends a banner and closes',
    {
      probe: USUAL_PROBE,
      port: () => tcp(banner, close),
      closedBy: 'peer',
      closeKind: 'fin',
      packets: [3, 3],
    },
  ],
  [
    'refuses',
    {
      probe: USUAL_PROBE,
      port: unusedPort,
      closedBy: 'peer',
      closeKind: 'rst',
      packets: [1, 1],
      remark: 'ECONNREFUSED',
    },
  ],
  [
    'refuses a scripted probe',
    {
      probe: STEPS,
      port: unusedPort,
      closedBy: 'peer',
      closeKind: 'rst',
      packets: [1, 1],
      remark: 'ECONNREFUSED',
    },
  ],
  [
    'refuses uTP with an ICMP message',
    {
      probe: UTP,
      port: unusedPort,
      closedBy: null,
      closeKind: null,
      packets: [1, 0],
      remark: 'ECONNREFUSED',
    },
  ],
  [
    'refuses uTP with a reset',
    {
      probe: UTP,
      port: () => udp(resetOf),
      closedBy: 'peer',
      closeKind: 'rst',
      packets: [1, 1],
      remark: 'E_CONNECT_REFUSED',
    },
  ],
  [
    'does not answer over uTP',
    {
      probe: UTP,
      port: () => udp(() => undefined),
      closedBy: null,
      closeKind: null,
      packets: [1, 0],
      remark: 'E_CONNECT_TIMEOUT',
      dial: (to, options) => dialPeer(to, { ...options, timeoutMs: 50 }),
    },
  ],
  [
    'does not answer over TCP',
    {
      probe: USUAL_PROBE,
      port: () => Promise.resolve(6881),
      closedBy: null,
      closeKind: null,
      packets: [1, 0],
      remark: 'E_CONNECT_TIMEOUT',
      dial: (_, { onDialling }) => {
        onDialling?.({ address: '127.0.0.1', port: 50_000, family: 4 })
        return Promise.reject(new PeerError('E_CONNECT_TIMEOUT', 'it did not answer'))
      },
    },
  ],
])('%s', async (_, { probe, port, closedBy, closeKind, packets, remark, dial = dialPeer }) => {
  const capture = recordedCapture()
  const to = { host: '127.0.0.1', port: await port() }
  const context = probeContext(to, { ...testPorts(), dial }, () => undefined)
  await runProbe(probe, 1, { ...context, capture: capture.port })
  const bytes = capture.end()
  const { capture: listed } = await decodeBytes(bytes)
  const [sent, received] = packets
  expect(listed?.connections).toMatchObject([
    {
      transport: probe.transport,
      responder: `127.0.0.1:${to.port}`,
      whole: true,
      closedBy,
      closeKind,
      packets: { sent, received },
    },
  ])
  const times = readCapture([bytes]).map(({ at }) => at ?? 0)
  expect(times).toStrictEqual(times.toSorted((a, b) => a - b))
  const text = Buffer.from(bytes).toString('latin1')
  if (remark === undefined) expect(text).not.toContain('no connection')
  else expect(text).toContain(`no connection: ${remark}`)
})
