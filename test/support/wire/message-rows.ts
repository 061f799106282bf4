import { fromHex } from '../../../src/base/bytes.ts'
import type { Message } from '../../../src/wire/message/message.ts'

export interface MessageRow {
  readonly name: string
  /** Hex, with the length prefix. */
  readonly wire: string
  readonly message: Message
}

const RANGE = { piece: 5, begin: 16_384, length: 16_384 }
const ROOT = '00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f'
const HASH_REQUEST = { piecesRoot: fromHex(ROOT), baseLayer: 0, index: 512, length: 512, proofLayers: 8 }
const HASH_REQUEST_WIRE = `${ROOT} 00000000 00000200 00000200 00000008`
const HASH = 'ab'.repeat(32)

/** Every message in every shape, as bytes and as a value. */
export const MESSAGE_ROWS: readonly MessageRow[] = [
  { name: 'keep-alive', wire: '00000000', message: { type: 'keep-alive' } },
  { name: 'choke', wire: '00000001 00', message: { type: 'choke' } },
  { name: 'unchoke', wire: '00000001 01', message: { type: 'unchoke' } },
  { name: 'interested', wire: '00000001 02', message: { type: 'interested' } },
  { name: 'not-interested', wire: '00000001 03', message: { type: 'not-interested' } },
  { name: 'have', wire: '00000005 04 01020304', message: { type: 'have', piece: 0x01020304 } },
  {
    name: 'have of the last index',
    wire: '00000005 04 ffffffff',
    message: { type: 'have', piece: 4_294_967_295 },
  },
  {
    name: 'have of index 2^31',
    wire: '00000005 04 80000000',
    message: { type: 'have', piece: 2_147_483_648 },
  },
  {
    name: 'bitfield of some',
    wire: '00000003 05 c0c0',
    message: { type: 'bitfield', bits: fromHex('c0c0') },
  },
  { name: 'bitfield of all', wire: '00000003 05 ffc0', message: { type: 'bitfield', bits: fromHex('ffc0') } },
  {
    name: 'bitfield of nothing',
    wire: '00000001 05',
    message: { type: 'bitfield', bits: new Uint8Array(0) },
  },
  { name: 'request', wire: '0000000d 06 00000005 00004000 00004000', message: { type: 'request', ...RANGE } },
  {
    name: 'request of nothing',
    wire: '0000000d 06 00000005 00000000 00000000',
    message: { type: 'request', piece: 5, begin: 0, length: 0 },
  },
  {
    name: 'request of 2^32 - 1',
    wire: '0000000d 06 00000005 00000000 ffffffff',
    message: { type: 'request', piece: 5, begin: 0, length: 4_294_967_295 },
  },
  {
    name: 'piece',
    wire: '0000000d 07 00000005 00004000 deadbeef',
    message: { type: 'piece', piece: 5, begin: 16_384, block: fromHex('deadbeef') },
  },
  {
    name: 'piece without data',
    wire: '00000009 07 d580a98e 0127b4a6',
    message: { type: 'piece', piece: 3_581_979_022, begin: 0x127b4a6, block: new Uint8Array(0) },
  },
  { name: 'cancel', wire: '0000000d 08 00000005 00004000 00004000', message: { type: 'cancel', ...RANGE } },
  { name: 'port', wire: '00000003 09 1ae1', message: { type: 'port', port: 6881 } },
  { name: 'port 65535', wire: '00000003 09 ffff', message: { type: 'port', port: 65_535 } },
  { name: 'suggest', wire: '00000005 0d 00000007', message: { type: 'suggest', piece: 7 } },
  { name: 'have-all', wire: '00000001 0e', message: { type: 'have-all' } },
  { name: 'have-none', wire: '00000001 0f', message: { type: 'have-none' } },
  { name: 'reject', wire: '0000000d 10 00000005 00004000 00004000', message: { type: 'reject', ...RANGE } },
  {
    name: 'reject that nothing asked for',
    wire: '0000000d 10 0000000d 0d100000 00004000',
    message: { type: 'reject', piece: 13, begin: 0x0d100000, length: 16_384 },
  },
  { name: 'allowed-fast', wire: '00000005 11 00000423', message: { type: 'allowed-fast', piece: 1059 } },
  {
    name: 'extension handshake',
    wire: '00000004 14 00 6465',
    message: { type: 'extended', id: 0, payload: fromHex('6465') },
  },
  {
    name: 'extended without a payload',
    wire: '00000002 14 ff',
    message: { type: 'extended', id: 255, payload: new Uint8Array(0) },
  },
  {
    name: 'hash-request',
    wire: `00000031 15 ${HASH_REQUEST_WIRE}`,
    message: { type: 'hash-request', request: HASH_REQUEST },
  },
  {
    name: 'hashes',
    wire: `00000071 16 ${HASH_REQUEST_WIRE} ${HASH} ${HASH}`,
    message: { type: 'hashes', request: HASH_REQUEST, hashes: fromHex(HASH + HASH) },
  },
  {
    name: 'hashes without any',
    wire: `00000031 16 ${HASH_REQUEST_WIRE}`,
    message: { type: 'hashes', request: HASH_REQUEST, hashes: new Uint8Array(0) },
  },
  {
    name: 'hash-reject',
    wire: `00000031 17 ${HASH_REQUEST_WIRE}`,
    message: { type: 'hash-reject', request: HASH_REQUEST },
  },
  ...[10, 11, 12, 18, 19, 24, 99, 255].map((id): MessageRow => ({
    name: `id ${id}, which nobody defined`,
    wire: `00000003 ${id.toString(16).padStart(2, '0')} beef`,
    message: { type: 'unknown', id, payload: fromHex('beef') },
  })),
  {
    name: 'an unknown id alone',
    wire: '00000001 63',
    message: { type: 'unknown', id: 0x63, payload: new Uint8Array(0) },
  },
  ...[0, 1, 2, 3].map((size) => malformedRow('have', '04', size, '4')),
  malformedRow('have', '04', 5, '4'),
  malformedRow('request', '06', 11, '12'),
  malformedRow('request', '06', 13, '12'),
  malformedRow('port', '09', 1, '2'),
  malformedRow('choke', '00', 1, '0'),
  malformedRow('extended', '14', 0, '1 to 2097151'),
  ...[0, 1, 4, 7].map((size) => malformedRow('piece', '07', size, '8 to 2097151')),
  malformedRow('hash-request', '15', 47, '48'),
  malformedRow('hash-reject', '17', 49, '48'),
  malformedRow('hashes', '16', 47, '48 to 264240'),
  {
    name: 'hashes with half a hash',
    wire: `00000041 16 ${HASH_REQUEST_WIRE} ${'cd'.repeat(16)}`,
    message: {
      type: 'malformed',
      id: 22,
      payload: fromHex(HASH_REQUEST_WIRE + 'cd'.repeat(16)),
      reason: 'hashes: expected whole hashes of 32 bytes, got 16 bytes',
    },
  },
]

function malformedRow(name: string, id: string, size: number, wanted: string): MessageRow {
  const payload = Uint8Array.from({ length: size }, (_, i) => i)
  const hex = Array.from(payload, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return {
    name: `${name} with ${size} payload bytes`,
    wire: `${(size + 1).toString(16).padStart(8, '0')} ${id} ${hex}`,
    message: {
      type: 'malformed',
      id: Number.parseInt(id, 16),
      payload,
      reason: `${name}: expected a payload of ${wanted} bytes, got ${size}`,
    },
  }
}
