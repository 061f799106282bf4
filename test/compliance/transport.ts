import { afterEach, describe, expect, test } from 'vitest'
import { concat } from '../../src/base/bytes.ts'
import type { Endpoint, Transport } from '../../src/net/transport.ts'
import { writeAll } from '../../src/net/write-all.ts'
import { TransportRecorder } from '../support/transports/transport-recorder.ts'
import { patternBytes } from '../support/utp/utp-pair.ts'

/** Two connected transports, neither of them started. */
export interface TransportPair {
  /** The one that dialled. */
  readonly near: Transport
  readonly far: Transport
  /** Bytes of `near` that were needed to open the pair, and will be delivered to `far` first. */
  readonly opening?: number
  /** Where `near` dialled to. */
  readonly dialled: Endpoint
  /** Whether each side sees the other's address: not through a proxy. */
  readonly isDirect: boolean
  close(): Promise<void>
}

/** What every transport has to do, whatever carries it. */
export function describeTransport(
  name: string,
  open: () => Promise<TransportPair>,
  is: Pick<Transport, 'kind' | 'encryption'>,
): void {
  describe(name, () => {
    let pair: TransportPair | undefined

    afterEach(async () => {
      await pair?.close()
      pair = undefined
    })

    async function connect() {
      const opened = await open()
      pair = opened
      const record = () => {
        const there = new TransportRecorder(opened.far, opened.opening)
        return { here: new TransportRecorder(opened.near), there }
      }
      return { ...opened, record }
    }

    test('says what it is and whom it connects', async () => {
      const { near, far, dialled, isDirect, record } = await connect()
      record()
      expect(near).toMatchObject(is)
      expect(far).toMatchObject(is)
      expect(near.remote).toStrictEqual(dialled)
      if (!isDirect) return
      expect(far.local).toStrictEqual(dialled)
      expect(far.remote.port).toBe(near.local.port)
    })

    test('delivers both ways in order, whatever the sizes, and counts', async () => {
      const { near, far, record } = await connect()
      const { here, there } = record()
      const before = [near.bytesReceived, far.bytesSent]
      const bytes = patternBytes(300_000)
      for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3) % 20_011) {
        near.write(bytes.slice(at, at + size))
        far.write(bytes.slice(at, at + size))
      }
      await Promise.all([here.until(bytes.length), there.until(bytes.length)])
      expect(Buffer.compare(here.bytes, bytes)).toBe(0)
      expect(Buffer.compare(there.bytes, bytes)).toBe(0)
      expect(near.bytesReceived - (before[0] ?? 0)).toBe(bytes.length)
      // what uTP sends again is counted again
      expect(far.bytesSent - (before[1] ?? 0)).toBeGreaterThanOrEqual(bytes.length)
      expect([...here.faults, ...there.faults]).toStrictEqual([])
    })

    test('what is written together arrives in order, between what is written alone, and is not changed', async () => {
      const { near, record } = await connect()
      const { there } = record()
      const bytes = patternBytes(120_013)
      const parts = [
        bytes.slice(1, 14),
        bytes.slice(14, 14),
        bytes.slice(14, 80_000),
        bytes.slice(80_000, 120_012),
      ]
      const before = parts.map((part) => part.slice())
      near.write(bytes.slice(0, 1))
      writeAll(near, parts)
      near.write(bytes.slice(120_012))
      await there.until(bytes.length)
      expect(Buffer.compare(there.bytes, bytes)).toBe(0)
      expect(parts).toStrictEqual(before)
      expect(there.faults).toStrictEqual([])
    })

    test('what was written together may change when that is reported, which is later than the call', async () => {
      const { near, far, record } = await connect()
      const { here, there } = record()
      near.write(Uint8Array.of(1))
      await there.until(1)
      far.pause()
      const bytes = patternBytes(500_000)
      const reported: number[] = []
      let written = 0
      // more than all buffers of a kernel hold, unless the transport copies
      while (reported.length === written && written < 24) {
        const memory = bytes.slice()
        const call = ++written
        writeAll(near, [memory.subarray(0, 13), memory.subarray(13)], () => {
          reported.push(call)
          memory.fill(0)
        })
        expect(reported).not.toContain(call)
        await turns(3)
      }
      far.resume()
      await there.until(1 + written * bytes.length)
      await turns(3)
      const sent = concat([Uint8Array.of(1), ...Array.from({ length: written }, () => bytes)])
      expect(Buffer.compare(there.bytes, sent)).toBe(0)
      expect(reported).toStrictEqual(Array.from({ length: written }, (_, index) => index + 1))
      expect([...here.faults, ...there.faults]).toStrictEqual([])
    })

    test('does not change what is written', async () => {
      const { near, record } = await connect()
      const { there } = record()
      const bytes = patternBytes(70_000)
      near.write(bytes)
      await there.until(bytes.length)
      expect(Buffer.compare(bytes, patternBytes(70_000))).toBe(0)
    })

    test('holds a writer back while the reader is paused, and then lets it go on', async () => {
      const { near, far, record } = await connect()
      const { here, there } = record()
      near.write(Uint8Array.of(1))
      await there.until(1)
      far.pause()
      const chunk = patternBytes(500_000)
      const written: Uint8Array[] = [Uint8Array.of(1)]
      let hasRoom = true
      // more than all buffers of a kernel hold
      while (hasRoom && written.length < 100) {
        hasRoom = near.write(chunk)
        written.push(chunk)
      }
      expect(hasRoom).toBe(false)
      await turns(5)
      expect(there.length).toBe(1)
      far.resume()
      await here.untilDrained()
      const bytes = concat(written)
      await there.until(bytes.length)
      expect(Buffer.compare(there.bytes, bytes)).toBe(0)
      expect([...here.faults, ...there.faults]).toStrictEqual([])
    })

    test('keeps what comes before somebody listens', async () => {
      const { near, far, opening } = await connect()
      const bytes = patternBytes(20_000)
      near.write(bytes)
      await turns(10)
      const there = new TransportRecorder(far, opening)
      await there.until(bytes.length)
      expect(Buffer.compare(there.bytes, bytes)).toBe(0)
      expect(there.faults).toStrictEqual([])
    })

    test.each(['near', 'far'] as const)('FIN of the %s side comes after all its bytes', async (side) => {
      const { near, far, record } = await connect()
      const { here, there } = record()
      const [from, own, other] = side === 'near' ? [near, here, there] : [far, there, here]
      const bytes = patternBytes(200_000)
      from.write(bytes)
      from.end()
      expect(await other.closed).toStrictEqual({ by: 'peer', kind: 'fin' })
      expect(await own.closed).toStrictEqual({ by: 'us', kind: 'fin' })
      expect(Buffer.compare(other.bytes, bytes)).toBe(0)
      expect([own.ends, other.ends]).toStrictEqual([1, 1])
    })

    test('an end before somebody listens is reported later', async () => {
      const { near, far, opening } = await connect()
      const here = new TransportRecorder(near)
      near.write(patternBytes(5000))
      near.end()
      await here.closed
      await turns(5)
      const there = new TransportRecorder(far, opening)
      expect((await there.closed).kind).toBe('fin')
      expect(there.length).toBe(5000)
      expect([...here.faults, ...there.faults]).toStrictEqual([])
    })

    test.each(['near', 'far'] as const)('an abort of the %s side is a reset at the other', async (side) => {
      const { near, far, record } = await connect()
      const { here, there } = record()
      near.write(Uint8Array.of(1))
      await there.until(1)
      const [from, own, other] = side === 'near' ? [near, here, there] : [far, there, here]
      from.abort()
      expect(await own.closed).toStrictEqual({ by: 'us', kind: 'rst' })
      expect(await other.closed).toStrictEqual({ by: 'peer', kind: 'rst' })
    })

    test('delivers nothing but the end after its own end, and the end once', async () => {
      const { near, far, record } = await connect()
      const { here, there } = record()
      far.write(patternBytes(100_000))
      near.end()
      near.end()
      const came = here.length
      near.write(Uint8Array.of(1))
      await Promise.all([here.closed, there.closed])
      near.abort()
      near.end()
      near.write(Uint8Array.of(1))
      near.pause()
      near.resume()
      await turns(5)
      expect(here.length).toBe(came)
      expect([here.ends, there.ends]).toStrictEqual([1, 1])
      expect([...here.faults, ...there.faults]).toStrictEqual([])
    })

    test.each(['end', 'abort', 'pause'] as const)(
      '%s may be called where bytes are delivered',
      async (call) => {
        const { near, far, record } = await connect()
        const { here, there } = record()
        there.onBytes = () => far[call]()
        near.write(patternBytes(50_000))
        await there.until(1)
        if (call === 'pause') {
          there.onBytes = undefined
          await turns(3)
          far.resume()
          await there.until(50_000)
        } else await Promise.all([here.closed, there.closed])
        expect([...here.faults, ...there.faults]).toStrictEqual([])
      },
    )
  })
}

/** Lets the event loop go round, so that what would come has come. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
