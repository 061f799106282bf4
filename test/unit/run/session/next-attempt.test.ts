import { describe, expect, test } from 'vitest'
import { NO_MSE_FACTS, type MseFacts } from '../../../../src/session/mse/facts.ts'
import { ENCRYPTION_PLANS } from '../../../../src/run/session/encryption-plan.ts'
import { type AttemptPlan, type FailedTry, nextAttempt } from '../../../../src/run/session/next-attempt.ts'

type Tried = Partial<FailedTry>

const KEY: MseFacts = { ...NO_MSE_FACTS, secretBeginsWithZero: false }
const mse = (facts: Partial<MseFacts> = {}): Tried => ({
  variant: 'mse',
  mse: { ...KEY, failure: 'closed', ...facts },
})
/** The peer closed on plaintext without a byte. */
const CLOSED: Tried = {}
const MSE_CLOSED = mse()
const SPOILED = mse({ secretBeginsWithZero: true })
const VC_CLOSED = mse({ knowsTorrent: true })
const SELECTED = mse({ knowsTorrent: true, isSelected: true, isEstablished: true, failure: undefined })
const SELECTED_INSIDE: Tried = { ...SELECTED, variant: 'mse-with-handshake' }
const SILENT: Tried = { closedByPeer: false }
const MSE_SILENT: Tried = { ...mse({ failure: 'timeout' }), closedByPeer: false }
const ANSWERED: Tried = { hasAnswered: true }
const BARRED: Tried = { reach: 'barred', closedByPeer: false }
const NOWHERE: Tried = { reach: 'nowhere', closedByPeer: false }
const utp = (tried: Tried, closeReason?: number): Tried => ({ ...tried, transport: 'utp', closeReason })
const at = (address: number, tried: Tried): Tried => ({ ...tried, address })

const AUTO: AttemptPlan = { addressCount: 1, transports: ['tcp', 'utp'], variants: ENCRYPTION_PLANS.auto }
const TCP: AttemptPlan = { ...AUTO, transports: ['tcp'] }
const UTP: AttemptPlan = { ...AUTO, transports: ['utp'] }
const REQUIRE: AttemptPlan = { ...AUTO, variants: ENCRYPTION_PLANS.require }
const PREFER: AttemptPlan = { ...AUTO, variants: ENCRYPTION_PLANS.prefer }
const OFF: AttemptPlan = { ...AUTO, variants: ENCRYPTION_PLANS.off }
const TWO: AttemptPlan = { ...AUTO, addressCount: 2 }

interface Row {
  readonly name: string
  readonly plan: AttemptPlan
  readonly tried: readonly Tried[]
  /** `TRANSPORT VARIANT`, with the number of the address if it is not the first. */
  readonly next: string | undefined
}

const ENCRYPTION: readonly Row[] = [
  { name: 'plaintext first', plan: TCP, tried: [], next: 'tcp plaintext' },
  { name: 'MSE first', plan: REQUIRE, tried: [], next: 'tcp mse' },
  { name: 'MSE after a close', plan: TCP, tried: [CLOSED], next: 'tcp mse' },
  { name: 'not after silence', plan: TCP, tried: [SILENT], next: undefined },
  { name: 'not after an answer', plan: TCP, tried: [ANSWERED], next: undefined },
  { name: 'no more after both', plan: TCP, tried: [CLOSED, MSE_CLOSED], next: undefined },
  {
    name: 'RC4 with the handshake inside',
    plan: TCP,
    tried: [CLOSED, SELECTED],
    next: 'tcp mse-with-handshake',
  },
  { name: 'not without crypto_select', plan: TCP, tried: [CLOSED, VC_CLOSED], next: undefined },
  { name: 'again with another secret', plan: TCP, tried: [CLOSED, SPOILED], next: 'tcp mse' },
  { name: 'not for ever', plan: TCP, tried: [CLOSED, SPOILED, SPOILED, SPOILED], next: undefined },
  { name: 'plaintext last, prefer', plan: PREFER, tried: [MSE_CLOSED], next: 'tcp plaintext' },
  { name: 'plaintext after silence, prefer', plan: PREFER, tried: [MSE_SILENT], next: 'tcp plaintext' },
]

const TRANSPORTS: readonly Row[] = [
  { name: 'uTP after a closed or filtered port', plan: AUTO, tried: [BARRED], next: 'utp plaintext' },
  { name: 'uTP with MSE, if it is required', plan: REQUIRE, tried: [BARRED], next: 'utp mse' },
  { name: 'not if TCP only', plan: TCP, tried: [BARRED], next: undefined },
  { name: 'not without a route', plan: AUTO, tried: [NOWHERE], next: undefined },
  { name: 'not after silence', plan: AUTO, tried: [SILENT], next: undefined },
  { name: 'not after an answer', plan: AUTO, tried: [ANSWERED], next: undefined },
  { name: 'MSE before uTP', plan: AUTO, tried: [CLOSED], next: 'tcp mse' },
  { name: 'uTP after both closed', plan: AUTO, tried: [CLOSED, MSE_CLOSED], next: 'utp plaintext' },
  { name: 'uTP after a close, without MSE', plan: OFF, tried: [CLOSED], next: 'utp plaintext' },
  {
    name: 'uTP after a close that follows VC',
    plan: AUTO,
    tried: [CLOSED, VC_CLOSED],
    next: 'utp plaintext',
  },
  {
    name: 'uTP after MSE was completed twice',
    plan: AUTO,
    tried: [CLOSED, SELECTED, SELECTED_INSIDE],
    next: 'utp plaintext',
  },
  { name: 'not if MSE was silent', plan: AUTO, tried: [CLOSED, MSE_SILENT], next: undefined },
  {
    name: 'a spoiled attempt says nothing of uTP',
    plan: AUTO,
    tried: [CLOSED, { ...SPOILED, closedByPeer: false }, MSE_CLOSED],
    next: 'utp plaintext',
  },
  {
    name: 'no MSE over uTP after it failed over TCP',
    plan: AUTO,
    tried: [CLOSED, MSE_CLOSED, utp(CLOSED)],
    next: undefined,
  },
  { name: 'MSE over uTP if TCP did not connect', plan: AUTO, tried: [BARRED, utp(CLOSED)], next: 'utp mse' },
  { name: 'uTP once', plan: AUTO, tried: [CLOSED, MSE_CLOSED, utp(BARRED)], next: undefined },
  { name: 'uTP alone', plan: UTP, tried: [], next: 'utp plaintext' },
  { name: 'uTP alone is closed', plan: UTP, tried: [utp(CLOSED)], next: 'utp mse' },
  { name: 'uTP alone is not answered', plan: UTP, tried: [utp(BARRED)], next: undefined },
]

const REASONS: readonly Row[] = [
  ...[1, 2, 15, 257].map((code) => ({
    name: `reason ${code} is an answer`,
    plan: UTP,
    tried: [utp(CLOSED, code)],
    next: undefined,
  })),
  ...[0, 5, 256].map((code) => ({
    name: `reason ${code} is not`,
    plan: UTP,
    tried: [utp(CLOSED, code)],
    next: 'utp mse',
  })),
  {
    name: 'MSE over uTP after reason 13, although MSE failed over TCP',
    plan: AUTO,
    tried: [CLOSED, MSE_CLOSED, utp(CLOSED, 13)],
    next: 'utp mse',
  },
  {
    name: 'the reason behind it is the answer',
    plan: AUTO,
    tried: [BARRED, utp(CLOSED, 13), utp(MSE_CLOSED, 257)],
    next: undefined,
  },
  { name: '13 twice', plan: AUTO, tried: [BARRED, utp(CLOSED, 13), utp(MSE_CLOSED, 13)], next: undefined },
  { name: 'no MSE after 13 if it is off', plan: OFF, tried: [BARRED, utp(CLOSED, 13)], next: undefined },
  {
    name: 'the reason of a spoiled attempt is not an answer',
    plan: AUTO,
    tried: [BARRED, utp(CLOSED, 13), utp(SPOILED, 257)],
    next: 'utp mse',
  },
]

const ADDRESSES: readonly Row[] = [
  { name: 'the next address before uTP', plan: TWO, tried: [BARRED], next: 'tcp plaintext 1' },
  { name: 'then uTP to the first', plan: TWO, tried: [BARRED, at(1, BARRED)], next: 'utp plaintext' },
  {
    name: 'then uTP to the second',
    plan: TWO,
    tried: [BARRED, at(1, BARRED), utp(BARRED)],
    next: 'utp plaintext 1',
  },
  {
    name: 'uTP not to an address without a route',
    plan: TWO,
    tried: [NOWHERE, at(1, BARRED)],
    next: 'utp plaintext 1',
  },
  {
    name: 'an address that accepts is the last',
    plan: TWO,
    tried: [CLOSED, MSE_CLOSED, utp(BARRED)],
    next: undefined,
  },
  {
    name: 'also over uTP',
    plan: TWO,
    tried: [BARRED, at(1, CLOSED), at(1, MSE_CLOSED)],
    next: 'utp plaintext 1',
  },
  {
    name: 'all tried',
    plan: TWO,
    tried: [BARRED, at(1, BARRED), utp(BARRED), utp(at(1, BARRED))],
    next: undefined,
  },
]

describe.each([
  { about: 'encryption', rows: ENCRYPTION },
  { about: 'transports', rows: TRANSPORTS },
  { about: 'close reasons', rows: REASONS },
  { about: 'addresses', rows: ADDRESSES },
])('$about', ({ rows }) => {
  test.each(rows)('$name', ({ plan, tried, next }) => {
    const failed = tried.map((one): FailedTry => ({
      address: 0,
      transport: 'tcp',
      variant: 'plaintext',
      reach: 'connected',
      hasAnswered: false,
      closedByPeer: true,
      mse: NO_MSE_FACTS,
      ...one,
    }))
    const way = nextAttempt(plan, failed)
    const where = way === undefined || way.address === 0 ? '' : ` ${way.address}`
    expect(way && `${way.transport} ${way.variant}${where}`).toBe(next)
  })
})
