import { expect, test } from 'vitest'
import { PeerConnection } from '../../../../src/net/connection/peer-connection.ts'
import { PieceTransfer } from '../../../../src/run/fetch/piece-transfer.ts'
import { FileRoots } from '../../../../src/run/fetch/piece-verifier.ts'
import { Bitfield } from '../../../../src/wire/bitfield.ts'
import { encodeMessages, type BlockRange, type Message } from '../../../../src/wire/message/message.ts'
import { FakeTransport } from '../../../support/transports/fake-transport.ts'
import { makeV1Torrent } from '../../../support/torrents/made-torrent.ts'
import { blockOf } from '../../../support/peers/scripted-seeder.ts'
import { OUR_ID, theirHandshake, TORRENT } from '../../../support/sessions/session.ts'
import { VirtualClock } from '../../../support/transports/virtual-clock.ts'

const torrent = makeV1Torrent()
const { metainfo } = torrent

/** Answers the requests that came since it was last called. */
type Answer = (requests: readonly BlockRange[], at: number) => readonly Message[]

const reject = ({ piece, begin, length }: BlockRange): Message => ({ type: 'reject', piece, begin, length })

/** Runs a transfer from a peer that unchokes at once, until it ends. */
async function transfer(answer: Answer) {
  const transport = new FakeTransport()
  const clock = new VirtualClock()
  const requests: BlockRange[] = []
  const opening = PeerConnection.connect(transport, {
    torrent: { ...TORRENT, pieceCount: metainfo.pieceCount },
    peerId: OUR_ID,
    clock,
    onEvent: (event) => {
      if (event.type !== 'sent') return
      for (const message of event.messages) if (message.type === 'request') requests.push(message)
    },
  })
  transport.deliver(theirHandshake(['fast']))
  const connection = await opening
  transport.deliver(encodeMessages([{ type: 'have-all' }, { type: 'unchoke' }]))
  const running = new PieceTransfer(connection, {
    metainfo,
    roots: new FileRoots(metainfo),
    pieces: Bitfield.full(metainfo.pieceCount),
    store: undefined,
    clock,
    unchokeTimeoutMs: 35_000,
    blockTimeoutMs: 10_000,
  })
  const outcome: { endedAt?: number; error?: unknown } = {}
  const ended = running.run().then(
    () => (outcome.endedAt = clock.now()),
    (error: unknown) => Object.assign(outcome, { endedAt: running.endedAt, error }),
  )
  for (let turn = 0; turn < 1000 && outcome.endedAt === undefined; turn++) {
    const messages = answer(requests.splice(0), clock.now())
    if (messages.length > 0) transport.deliver(encodeMessages(messages))
    clock.advance(100)
    await Promise.resolve()
  }
  await ended
  return outcome
}

let newest: BlockRange | undefined

test.each<[string, Answer, number]>([
  ['that answers nothing', () => [], 10_000],
  [
    'that answers the last of its first requests alone',
    (requests, at) => {
      if (at === 0) newest = requests.at(-1)
      return at === 300 && newest !== undefined ? [blockOf(torrent, newest)] : []
    },
    10_300,
  ],
  ['that rejects every request after six seconds', rejectLater(6000), 10_000],
])('the block time-out ends a peer %s, however often requests are sent again', async (_, answer, endsAt) => {
  const { error, endedAt } = await transfer(answer)
  expect(error).toMatchObject({ code: 'E_BLOCK_TIMEOUT' })
  expect((error as Error).message).toContain('no block came in 10000 ms')
  expect(endedAt).toBe(endsAt)
})

function rejectLater(afterMs: number): Answer {
  const waiting: { readonly request: BlockRange; readonly at: number }[] = []
  return (requests, at) => {
    waiting.push(...requests.map((request) => ({ request, at: at + afterMs })))
    const due = waiting.filter((one) => one.at <= at)
    for (const one of due) waiting.splice(waiting.indexOf(one), 1)
    return due.map(({ request }) => reject(request))
  }
}
