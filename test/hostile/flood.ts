// npm run flood -- [--megabytes 1024] [--case NUMBER]
import { parseArgs } from 'node:util'
import { feed, serveFlood } from './feeder.ts'
import { floodConnection } from './flood-connection.ts'
import { floodDecoder } from './flood-decoder.ts'
import { FLOODS, type FloodOutcome } from './floods.ts'

const MOST_GROWTH_MEGABYTES = 32

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '1024' },
    case: { type: 'string' },
    // how the process at the other end is started
    feed: { type: 'string' },
    serve: { type: 'boolean', default: false },
  },
})
const length = Number(values.megabytes) * 1024 * 1024
const chosen = FLOODS.filter((_, index) => values.case === undefined || index === Number(values.case))
if (chosen.length === 0 || !(length > 0)) {
  console.error(`--megabytes above 0, --case from 0 to ${FLOODS.length - 1}`)
  process.exit(2)
}

function report(what: string, outcome: FloodOutcome, code: string | undefined, since: number): void {
  const { memory, messages } = outcome
  const growth = memory.growthMegabytes
  const passed = growth <= MOST_GROWTH_MEGABYTES && outcome.code === code
  if (!passed) process.exitCode = 1
  const seconds = ((performance.now() - since) / 1000).toFixed(1)
  const end = outcome.code === undefined ? '' : `, ${outcome.code}`
  const figures = `${memory.fedMegabytes.toFixed(0)} MB, ${messages} messages${end}, ${seconds} s`
  const resident = `grew by ${growth.toFixed(1)} MB to ${memory.mostMegabytes.toFixed(0)} MB`
  console.log(`${passed ? 'ok' : 'FAILED'} ${what}: ${figures}, ${resident}`)
}

async function floodAll(): Promise<void> {
  for (const flood of chosen) {
    const { name, code, liveShare } = flood
    const decoderStart = performance.now()
    report(`codec, ${name}`, floodDecoder(flood, length), code, decoderStart)
    for (const side of ['acceptor', 'initiator'] as const) {
      const liveStart = performance.now()
      report(`${side}, ${name}`, await floodConnection(side, flood, length * liveShare), code, liveStart)
    }
  }
}

const [flood] = chosen
if (values.serve && flood !== undefined) await serveFlood(flood, length)
else if (values.feed !== undefined && flood !== undefined) await feed(Number(values.feed), flood, length)
else await floodAll()
