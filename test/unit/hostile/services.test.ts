import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { dialPeer } from '../../../src/net/dial.ts'
import { connect } from '../../support/verdicts/commands.ts'
import { sessionOptions, testPorts } from '../../support/sessions/fetch-setup.ts'
import { INFO_HASH } from '../../support/sessions/session.ts'
import { SERVICE_NAMES, startService } from '../../support/services/services.ts'
import { startUdpService, UDP_SERVICE_NAMES } from '../../support/services/udp-services.ts'

const limits = {
  // on a busy machine, even a connection over loopback takes a while
  connectTimeoutMs: 10_000,
  handshakeTimeoutMs: 300,
  unchokeTimeoutMs: 300,
  totalTimeoutMs: 20_000,
}

// an echo returns our own handshake, which a finding reports
const SESSIONLESS = SERVICE_NAMES.filter((name) => name !== 'echo')

test.concurrent.each(SESSIONLESS)('%s on the port of a peer is reached, and is no session', async (name) => {
  const service = await startService(name)
  const options = {
    ...sessionOptions(service, { infoHashes: { v1: INFO_HASH } as never }),
    ...limits,
    // every service accepts; on a busy machine that takes its time
    connectTimeoutMs: 10_000,
    encryption: 'off' as const,
    interested: false,
    settleMs: 20,
    waitMs: 300,
  }
  const report = await connect(options, testPorts())
  await service.stop()
  expect(report.exitCode).toBe(4)
  expect(report.handshake).toBeNull()
})

test.each(UDP_SERVICE_NAMES)('a UDP port with the service %s is no uTP', async (name) => {
  const service = await startUdpService(name)
  const options = {
    ...sessionOptions(service, { infoHashes: { v1: INFO_HASH } as never }),
    ...limits,
    // nothing answers a connection here
    connectTimeoutMs: 300,
    transport: 'utp' as const,
    encryption: 'off' as const,
    interested: false,
    settleMs: 20,
    waitMs: 300,
  }
  const report = await connect(options, { ...testPorts(), dial: dialPeer })
  await service.stop()
  expect(report.ok).toBe(false)
  expect(report.attempts).toMatchObject([{ bytesReceived: 0 }])
})

test('a UDP service answers as it is described', async () => {
  const service = await startUdpService('echo')
  const socket = createSocket('udp4')
  socket.send('hello', service.port, service.host)
  const [answer] = (await once(socket, 'message')) as [Buffer]
  expect(answer.toString()).toBe('hello')
  socket.close()
  await service.stop()
})
