import { MAX_FRAME_LENGTH, MAX_HASHES, MAX_UNKNOWN_FRAME_LENGTH } from '../../base/limits.ts'
import { HASH_LENGTH, HASH_REQUEST_LENGTH } from './hash-request.ts'

/** The ids of BEP 3, 5, 6, 10 and 52. */
export const MessageId = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  'not-interested': 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  'have-all': 14,
  'have-none': 15,
  reject: 16,
  'allowed-fast': 17,
  extended: 20,
  'hash-request': 21,
  hashes: 22,
  'hash-reject': 23,
} as const

/** A message that has an id, by name. */
export type MessageName = keyof typeof MessageId

/** The BEP of a message, and the limits of its payload in bytes. */
export interface MessageLayout {
  readonly reference: string
  readonly min: number
  readonly max: number
}

const VARIABLE = MAX_FRAME_LENGTH - 1
const HASHES = HASH_REQUEST_LENGTH + HASH_LENGTH * MAX_HASHES

const LAYOUTS: Readonly<Record<MessageName, MessageLayout>> = {
  choke: { reference: 'BEP 3', min: 0, max: 0 },
  unchoke: { reference: 'BEP 3', min: 0, max: 0 },
  interested: { reference: 'BEP 3', min: 0, max: 0 },
  'not-interested': { reference: 'BEP 3', min: 0, max: 0 },
  have: { reference: 'BEP 3', min: 4, max: 4 },
  bitfield: { reference: 'BEP 3', min: 0, max: VARIABLE },
  request: { reference: 'BEP 3', min: 12, max: 12 },
  piece: { reference: 'BEP 3', min: 8, max: VARIABLE },
  cancel: { reference: 'BEP 3', min: 12, max: 12 },
  port: { reference: 'BEP 5', min: 2, max: 2 },
  suggest: { reference: 'BEP 6', min: 4, max: 4 },
  'have-all': { reference: 'BEP 6', min: 0, max: 0 },
  'have-none': { reference: 'BEP 6', min: 0, max: 0 },
  reject: { reference: 'BEP 6', min: 12, max: 12 },
  'allowed-fast': { reference: 'BEP 6', min: 4, max: 4 },
  extended: { reference: 'BEP 10', min: 1, max: VARIABLE },
  'hash-request': { reference: 'BEP 52', min: HASH_REQUEST_LENGTH, max: HASH_REQUEST_LENGTH },
  hashes: { reference: 'BEP 52', min: HASH_REQUEST_LENGTH, max: HASHES },
  'hash-reject': { reference: 'BEP 52', min: HASH_REQUEST_LENGTH, max: HASH_REQUEST_LENGTH },
}

/** A message id that a BEP defines: its name, the BEP, and the bounds of its payload in bytes. */
export interface MessageDescription extends MessageLayout {
  readonly name: MessageName
}

const DESCRIPTIONS: readonly (MessageDescription | undefined)[] = describeAllIds()

function describeAllIds(): (MessageDescription | undefined)[] {
  const descriptions: (MessageDescription | undefined)[] = Array.from({ length: 256 }, () => undefined)
  for (const name of Object.keys(LAYOUTS) as MessageName[]) {
    descriptions[MessageId[name]] = { name, ...LAYOUTS[name] }
  }
  return descriptions
}

/** The description of a message id; undefined when no BEP defines it. */
export function describeMessageId(id: number): MessageDescription | undefined {
  return DESCRIPTIONS[id]
}

/** Largest length prefix of any message, in bytes: a larger one is refused, whatever the id. */
export const MAX_LENGTH_PREFIX = 1 + Math.max(...Object.values(LAYOUTS).map(({ max }) => max))

/**
 * Largest length prefix that is accepted for an id, in bytes. Messages with one exact length are read up to
 * `MAX_UNKNOWN_FRAME_LENGTH`, so that a wrong length can be reported as `malformed` instead of ending the session.
 */
export function maxLengthPrefix(id: number): number {
  return Math.max(1 + (DESCRIPTIONS[id]?.max ?? 0), MAX_UNKNOWN_FRAME_LENGTH)
}
