import * as fc from 'fast-check'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { reachMachine, REFUSED, TURNED_AWAY, UNANSWERED } from '../support/peers/reach-lab.ts'
import type { After } from '../support/services/service.ts'

/** What a made-up service does, and when: after so many bytes, or after a time. */
interface Deed {
  readonly when: { readonly bytes: number } | { readonly ms: number }
  readonly does: 'text' | 'bytes' | 'echo' | 'handshake' | 'fin' | 'rst'
  readonly length: number
}

const deed: fc.Arbitrary<Deed> = fc.record({
  when: fc.oneof(
    fc.record({ bytes: fc.constantFrom(0, 1, 3, 18, 20, 28, 48, 68, 95, 96, 97) }),
    fc.record({ ms: fc.integer({ min: 0, max: 6000 }) }),
  ),
  does: fc.constantFrom('text', 'bytes', 'echo', 'handshake', 'fin', 'rst'),
  length: fc.constantFrom(1, 20, 68, 95, 96, 97, 200, 608, 609),
})

// each connection takes the next of these, and then the first again: a peer may change its mind
const service = fc.array(fc.array(deed, { maxLength: 3 }), { minLength: 1, maxLength: 4 })

function perform({ does, length }: Deed, socket: Socket, received: Buffer, seed: number): void {
  switch (does) {
    case 'text':
      return void socket.write('x'.repeat(length))
    case 'bytes':
      return void socket.write(Uint8Array.from({ length }, (_, i) => (i * 73 + seed) & 0xff))
    case 'echo':
      return void socket.write(received)
    case 'handshake':
      return void socket.write(Buffer.concat([Buffer.from('\u0013BitTorrent protocol'), Buffer.alloc(48, 7)]))
    case 'fin':
      return void socket.end()
    case 'rst':
      return void socket.resetAndDestroy()
  }
}

function talkOf(connections: readonly (readonly Deed[])[]) {
  let next = 0
  return (socket: Socket, after: After) => {
    const seed = next
    const deeds = [...(connections[next++ % connections.length] ?? [])]
    let received: Buffer = Buffer.alloc(0)
    const onBytes = () => {
      for (const one of [...deeds]) {
        if (!('bytes' in one.when) || one.when.bytes > received.length) continue
        deeds.splice(deeds.indexOf(one), 1)
        perform(one, socket, received, seed)
      }
    }
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      onBytes()
    })
    for (const one of deeds)
      if ('ms' in one.when)
        socket.on(
          'close',
          after(one.when.ms, () => perform(one, socket, received, seed)),
        )
    onBytes()
  }
}

const udp = fc.constantFrom(REFUSED, UNANSWERED, TURNED_AWAY)

test('whatever a service does, what is said of it is on record', async () => {
  await fc.assert(
    fc.asyncProperty(service, udp, async (connections, utp) => {
      // it throws when a path is called what the trace does not show
      const report = await reachMachine({ tcp: talkOf(connections), utp })
      const isProven = report.paths.some(({ proof }) => proof !== null)
      expect(report.exitCode).toBe(isProven ? 0 : 4)
      expect(report.connections).toBeLessThanOrEqual(12)
    }),
    { numRuns: 60 },
  )
})
