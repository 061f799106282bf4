import { describe, expect, test } from 'vitest'
import { concat, encodeUtf8 } from '../../../../src/base/bytes.ts'
import { Redactor } from '../../../../src/report/redact/redactor.ts'
import type { DecodeReport } from '../../../../src/report/model/decode.ts'
import type { TraceEvent } from '../../../../src/trace/event.ts'
import { encodeTraceEvent, encodeTraceHeader } from '../../../../src/trace/lines.ts'
import { encodeMessages, type Message } from '../../../../src/wire/message/message.ts'
import { capturedSessions, randomLooking } from '../../../support/captures/captured-session.ts'
import { ORDERS, pcapFile, readCapture } from '../../../support/captures/capture-files.ts'
import { decodeBytes } from '../../../support/captures/decoded.ts'
import { leaks } from '../../../support/wire/forms-of.ts'
import { captureOf, CAPTURE_ENDS } from '../../../support/sessions/observed.ts'
import { commentsIn, remarkedFindings } from '../../../support/captures/packet-comments.ts'
import { INFO_HASH, OUR_ID, theirHandshake } from '../../../support/sessions/session.ts'

/** A capture that is written again comes to the same report, redacted or not. */

const SECRET = 'Geheimnis-4711 Passwort'
const HELLO = theirHandshake(undefined, { peerId: OUR_ID })
const DATA = encodeUtf8(SECRET.repeat(700)).subarray(0, 16_384)

const MESSAGES: readonly Message[] = [
  { type: 'unchoke' },
  { type: 'piece', piece: 1, begin: 0, block: DATA },
  { type: 'unknown', id: 99, payload: encodeUtf8(SECRET) },
]

/** A session in which the peer breaks rules, and what is around it. */
function session(transport: 'tcp' | 'utp', act: 'whole' | 'rc4' | 'half-closed' = 'whole'): Uint8Array {
  return captureOf((open) => {
    const connection = open({ transport })
    if (act === 'rc4') connection.encrypted('rc4')
    connection.data(1010, 'local', HELLO)
    connection.data(1020, 'remote', concat([theirHandshake(), encodeMessages(MESSAGES)]))
    if (act === 'half-closed') {
      connection.fin(1025, 'local')
      connection.data(1030, 'remote', encodeMessages([{ type: 'choke' }]))
      connection.fin(1040, 'remote')
    } else connection.closed(1040, { by: 'peer', kind: 'fin' })
  })
}

/** Packets left out of a capture; what is left begins with the first one that is kept. */
function without(capture: Uint8Array, isLost: (index: number, length: number) => boolean): Uint8Array {
  const packets = readCapture([capture]).filter(({ bytes }, index) => !isLost(index, bytes.length))
  return pcapFile(
    ORDERS['big-endian'],
    {},
    packets.map(({ bytes, at = 0 }) => ({ seconds: 1, fraction: Math.round(at * 1000) % 1_000_000, bytes })),
  )
}

const INPUTS: readonly (readonly [name: string, input: Uint8Array])[] = [
  ['sessions over TCP and uTP, a web server, an encrypted connection', capturedSessions()],
  ['one over TCP', session('tcp')],
  ['one over uTP', session('utp')],
  ['one that was encrypted', session('tcp', 'rc4')],
  ['one whose sides close one after the other', session('tcp', 'half-closed')],
  ['packets inside a block are lost', without(session('tcp'), (index) => index >= 9 && index < 11)],
  ['packets with the head of a message are lost', without(capturedSessions(), (index) => index === 7)],
  ['the begin is lost', without(capturedSessions([{}]), (index) => index < 8)],
  ['one that was refused', captureOf((open) => open().closed(1001, { by: 'peer', kind: 'rst' }))],
]

/** Decodes and writes again. */
async function rewritten(
  input: Uint8Array,
  redactor?: Redactor,
): Promise<{ readonly report: DecodeReport; readonly file: Uint8Array }> {
  const blocks: Uint8Array[] = []
  const rewrite = { write: (bytes: Uint8Array) => void blocks.push(bytes), redactor }
  const report = await decodeBytes(input, { rewrite })
  return { report, file: concat(blocks) }
}

const newRedactor = () => new Redactor(new Uint8Array(32).fill(7), [])

function comparable({ capture, report, connection }: DecodeReport) {
  return {
    connection,
    findings: report?.findings.map(({ id, severity }) => ({ id, severity })),
    session: report?.session,
    connections: capture?.connections.map((one) => ({
      ...one,
      // acknowledgements are made anew, and where the begin is missing the next message is the first byte
      packets: null,
      bytes: null,
      lostBytes: one.whole ? one.lostBytes : null,
      startedMs: null,
      durationMs: null,
      initiator: null,
      responder: null,
    })),
  }
}

describe.each(INPUTS)('%s', (_, input) => {
  test('comes to the same report', async () => {
    const { report, file } = await rewritten(input)
    expect(comparable(await decodeBytes(file))).toStrictEqual(comparable(report))
  })

  test('redacted as well, and has nothing of the originals', async () => {
    const { report, file } = await rewritten(input, newRedactor())
    expect(comparable(await decodeBytes(file))).toStrictEqual(comparable(report))
    const originals = [INFO_HASH, SECRET, 'GET /', '404 Not Found', randomLooking(1, 200).subarray(0, 96)]
    // addresses of the ranges for documentation name nobody, and stay
    expect(leaks(file, originals)).toStrictEqual([])
  })
})

test('findings are comments, and the same in a redacted file', async () => {
  const { report, file } = await rewritten(session('tcp'))
  const ids = (report.report?.findings ?? []).map(({ id }) => id).toSorted()
  expect(ids.length).toBeGreaterThan(1)
  expect(remarkedFindings(file)).toStrictEqual(ids)
  expect((await decodeBytes(file)).report?.timing).toStrictEqual(report.report?.timing)
  const clean = await rewritten(session('tcp'), newRedactor())
  expect(commentsIn(clean.file)).toStrictEqual(commentsIn(file))
})

test('nothing is remarked where messages are missing', async () => {
  const { file } = await rewritten(without(session('tcp'), (index) => index < 4))
  expect(remarkedFindings(file)).toStrictEqual([])
})

test('real addresses become pseudonyms, and ports stay', async () => {
  const ends = { ...CAPTURE_ENDS, remote: { address: '81.2.69.142', port: 6881 } }
  const input = captureOf((open) => open({ ends }).data(1001, 'local', HELLO))
  const { file } = await rewritten(input, newRedactor())
  expect(leaks(file, ['81.2.69.142', Uint8Array.of(81, 2, 69, 142)])).toStrictEqual([])
  const { capture } = await decodeBytes(file)
  expect(capture?.connections[0]?.responder).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+:6881$/)
})

test('the choice of a connection is what is written', async () => {
  const blocks: Uint8Array[] = []
  const rewrite = { write: (bytes: Uint8Array) => void blocks.push(bytes), redactor: undefined }
  await decodeBytes(capturedSessions(), { rewrite, connection: 2 })
  const { capture } = await decodeBytes(concat(blocks))
  expect(capture?.connections.map(({ transport }) => transport)).toStrictEqual(['utp'])
})

describe('a trace', async () => {
  const trace = await tracedSession()

  test.each([
    ['as it is', undefined],
    ['redacted', newRedactor()],
  ] as const)('%s gives packets with the same messages', async (_, redactor) => {
    const { report, file } = await rewritten(trace, redactor)
    const { report: again } = await decodeBytes(file)
    expect(again?.messages).toStrictEqual(report.report?.messages)
    expect(again?.handshake?.features).toStrictEqual(report.report?.handshake?.features)
    expect(again?.findings.map(({ id }) => id)).toStrictEqual(report.report?.findings.map(({ id }) => id))
    expect(remarkedFindings(file)).toStrictEqual(report.report?.findings.map(({ id }) => id).toSorted())
    if (redactor !== undefined) expect(leaks(file, [INFO_HASH])).toStrictEqual([])
  })
})

/** The trace of the session above. */
async function tracedSession(): Promise<Uint8Array> {
  const lines = [encodeTraceHeader({ version: '0', startedAt: '2026-01-02T03:04:05Z' })]
  const trace = (event: TraceEvent) => void lines.push(encodeTraceEvent(event, lines.length))
  await decodeBytes(session('tcp'), { trace })
  trace({ at: 50, type: 'ended', phase: 'done', error: null })
  return encodeUtf8(lines.join(''))
}

/** A handshake, messages of every shape, and raw bytes, as a trace says them. */
async function oddTrace(): Promise<readonly string[]> {
  const lines = new TextDecoder()
    .decode(await tracedSession())
    .trimEnd()
    .split('\n')
  const [header = '', ...events] = lines
  const read = events.map((line) => JSON.parse(line) as Record<string, unknown>)
  const begin = read.findIndex(({ type }) => type === 'received')
  const place = { at: read[begin]?.['at'], offset: 68, length: 40 }
  const extended = { type: 'extended', id: 1, extension: 'ut_pex', length: 34 }
  const more = [
    { ...place, type: 'raw', direction: 'received', bytes: 'abcd' },
    { ...place, type: 'received', what: 'message', message: extended },
    { ...place, type: 'sent', what: 'message', message: { ...extended, extension: null } },
    { ...place, type: 'received', what: 'message', message: { type: 'have', piece: 3 } },
    { ...place, type: 'received', what: 'message', message: { type: 'bitfield', bits: 'ff' } },
  ]
  const all = read.toSpliced(begin + 1, 0, ...more)
  return [header, ...all.map((event, i) => JSON.stringify({ ...event, seq: i + 1 }))]
}

/** The same line with each number in it made huge or zero, and each run of hex digits cut. */
function mutations(line: string): readonly string[] {
  const parts = [...line.matchAll(/(?<=":)\d+(?=[,}])|(?<=":")[0-9a-f]{4,}(?=")/g)]
  return parts.flatMap(({ 0: text, index }) => {
    const put = (by: string) => line.slice(0, index) + by + line.slice(index + text.length)
    return /^\d+$/.test(text) ? [put('9007199254740991'), put('0')] : [put(''), put(text.slice(0, 2))]
  })
}

test('whatever lengths and numbers a trace claims, what is written is bounded', async () => {
  const lines = await oddTrace()
  const whole = await rewritten(encodeUtf8(lines.join('\n') + '\n'))
  expect(whole.report.error?.code).toBe('E_CHECK_FAILED')
  for (const [i, line] of lines.entries()) {
    if (i === 0) continue
    for (const mutation of mutations(line)) {
      const { report, file } = await rewritten(encodeUtf8(lines.with(i, mutation).join('\n') + '\n'))
      expect(report.error?.code, mutation).not.toBe('E_INTERNAL')
      expect(file.length, mutation).toBeLessThan(8 * 1024 * 1024)
    }
  }
})

test('one direction cannot be written', async () => {
  const { report, file } = await rewritten(concat([theirHandshake(), encodeMessages(MESSAGES)]))
  expect(report).toMatchObject({ exitCode: 2, error: { code: 'E_USAGE' } })
  expect(file).toHaveLength(0)
})
