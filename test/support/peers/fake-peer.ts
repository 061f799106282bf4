import { setImmediate as turn } from 'node:timers/promises'
import { concat } from '../../../src/base/bytes.ts'
import type { Ports } from '../../../src/run/ports.ts'
import { encodeFeatures, type NamedFeature } from '../../../src/wire/handshake/reserved-bits.ts'
import { encodeHandshake } from '../../../src/wire/handshake/handshake.ts'
import { MessageDecoder } from '../../../src/wire/message/decoder.ts'
import { encodeMessage, type Message } from '../../../src/wire/message/message.ts'
import { FakeTransport } from '../transports/fake-transport.ts'
import { testPorts } from '../sessions/fetch-setup.ts'
import { VirtualClock } from '../transports/virtual-clock.ts'

/** A peer for a use case. The test controls its messages and its clock. */
export class FakePeer {
  readonly clock = new VirtualClock()
  readonly transport = new FakeTransport()
  /** The address that the use case dials. */
  readonly address = { host: '127.0.0.1', port: 1 }

  get ports(): Ports {
    return { ...testPorts(), clock: this.clock, dial: () => Promise.resolve(this.transport) }
  }

  /** Answers the handshake of the other side. */
  async handshake(infoHash: Uint8Array, ...features: readonly NamedFeature[]): Promise<void> {
    await this.pass()
    const reserved = encodeFeatures(features)
    await this.bytes(encodeHandshake({ infoHash, peerId: new Uint8Array(20).fill(0x41), reserved }))
  }

  say(...messages: readonly Message[]): Promise<void> {
    return this.bytes(concat(messages.map((message) => encodeMessage(message))))
  }

  async bytes(bytes: Uint8Array): Promise<void> {
    this.transport.deliver(bytes)
    await this.pass()
  }

  async wait(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.pass()
  }

  /** The types of the messages that the use case has sent so far. */
  get heard(): readonly Message['type'][] {
    return new MessageDecoder().pushBatch(concat(this.transport.writes)).messages.map(({ type }) => type)
  }

  /** Lets everything that waits for a promise continue. */
  async pass(): Promise<void> {
    for (let i = 0; i < 10; i++) await turn()
  }
}
