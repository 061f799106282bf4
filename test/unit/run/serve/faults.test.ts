import { expect, test } from 'vitest'
import { toHex } from '../../../../src/base/bytes.ts'
import { renderServeLine } from '../../../../src/report/text/serve/serve.ts'
import { PLAIN_PAPER } from '../../../../src/report/text/page/paper.ts'
import { FAULTS } from '../../../../src/session/faults/table.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import { type Leecher, request, settle } from '../../../support/peers/seeder.ts'
import { type Serving, startServing } from '../../../support/peers/serving.ts'

/** What the traces and events of `serve` say of a faulty seeder is what its peer gets. */

interface Item {
  readonly what: string
  readonly offset: number
  readonly length: number
}

interface Visit {
  readonly serving: Serving
  readonly leecher: Leecher
  readonly trace: readonly TraceEvent[]
}

/** A leecher that asks for two blocks and metadata, and waits for some minutes. */
async function visit(fault: string): Promise<Visit> {
  const trace: TraceEvent[] = []
  const serving = await startServing({
    faultNames: [fault],
    strict: false,
    trace: (event) => trace.push(event),
  })
  const leecher = serving.connect()
  leecher.greet()
  await settle()
  const metadata = new TextEncoder().encode('d8:msg_typei0e5:piecei0ee')
  leecher.send({ type: 'extended', id: 1, payload: metadata }, request(0), request(1), request(39, 0, 5))
  for (let minute = 0; minute < 8; minute++) {
    await settle()
    serving.clock.advance(60_000)
  }
  leecher.peer.close()
  await serving.interrupt()
  return { serving, leecher, trace }
}

function receivedItems({ items, bytes }: Leecher): readonly Item[] {
  const framed = items.flatMap((item) =>
    item.kind === 'broken'
      ? []
      : [
          {
            what: item.kind === 'handshake' ? 'handshake' : item.message.type,
            offset: item.offset,
            length: item.length,
          },
        ],
  )
  const end = framed.reduce((sum, { length }) => sum + length, 0)
  return end === bytes.length ? framed : [...framed, { what: 'raw', offset: end, length: bytes.length - end }]
}

/** Parts of bytes that are not framed count as one. */
function tracedItems(trace: readonly TraceEvent[]): readonly Item[] {
  const items: Item[] = []
  for (const event of trace) {
    if (event.type === 'raw') {
      const last = items.at(-1)
      if (last?.what === 'raw') items[items.length - 1] = { ...last, length: last.length + event.length }
      else items.push({ what: 'raw', offset: event.offset, length: event.length })
    } else if (event.type === 'sent') {
      const { offset, length } = event
      items.push({ what: event.what === 'handshake' ? 'handshake' : event.message.type, offset, length })
    }
  }
  return items
}

const IN_THE_STREAM = FAULTS.filter(({ phase }) => phase !== 'encryption' && phase !== 'utp')

test.each(IN_THE_STREAM)('$name: trace and report have what the peer got', async ({ name }) => {
  const { serving, leecher, trace } = await visit(name)
  expect(tracedItems(trace)).toStrictEqual(receivedItems(leecher))
  const closed = trace.find((event) => event.type === 'closed')
  expect(closed?.bytesSent).toBe(leecher.bytes.length)
  const times = trace.map(({ at }) => at)
  expect(times).toStrictEqual(times.toSorted((a, b) => a - b))
  const blocks = leecher.messages.reduce(
    (sum, message) => sum + (message.type === 'piece' ? message.block.length : 0),
    0,
  )
  const { uploaded, peers } = await serving.report
  expect([uploaded, peers[0]?.uploaded]).toStrictEqual([blocks, blocks])
})

test('a handshake that was changed is traced as it left', async () => {
  const { leecher, trace } = await visit('wrong-info-hash')
  const sent = trace.find((event) => event.type === 'sent')
  expect(sent).toMatchObject({
    what: 'handshake',
    handshake: { infoHash: toHex(leecher.bytes.subarray(28, 48)) },
  })
})

test('what happened in one turn is in its order', async () => {
  const types = async (fault: string) => {
    const { trace } = await visit(fault)
    return trace.flatMap((event) =>
      event.type === 'sent' || event.type === 'received'
        ? [`${event.type} ${event.what === 'handshake' ? 'handshake' : event.message.type}`]
        : [],
    )
  }
  const first = ['sent handshake', 'received handshake', 'sent extended']
  // one that changes nothing of it
  expect((await types('choke-after=1000')).slice(0, 3)).toStrictEqual(first)
  expect((await types('wrong-info-hash')).slice(0, 3)).toStrictEqual(first)
})

test('what was delayed has the time at which it left', async () => {
  const { trace } = await visit('late-unchoke=30000')
  const isOfType = (type: string) => (event: TraceEvent) =>
    'what' in event && event.what === 'message' && event.message.type === type
  const interested = trace.find(isOfType('interested'))?.at ?? NaN
  expect(trace.find(isOfType('unchoke'))?.at).toBeGreaterThanOrEqual(interested + 30_000)
})

test('a message that is withheld is no event', async () => {
  const { serving } = await visit('choke-forever')
  expect(serving.events.map(({ type }) => type)).not.toContain('unchoked')
})

test('the first line names the faults', async () => {
  const { serving } = await visit('choke-forever')
  const [begin] = serving.events
  const lines = begin?.type === 'listening' ? renderServeLine(begin, PLAIN_PAPER) : ''
  expect(lines).toContain('faults choke-forever\n')
})
